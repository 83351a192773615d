"""Which fields of the content exist in every language."""

from typing import ClassVar

from modeltranslation.translator import TranslationOptions, register

from conversations.models import Bot, Intent, Reply, ReplyButton, ReplyChoice


@register(Bot)
class BotTranslation(TranslationOptions):
    fields: ClassVar = ("name", "summary", "greeting")


@register(Intent)
class IntentTranslation(TranslationOptions):
    fields: ClassVar = ("title",)


@register(Reply)
class ReplyTranslation(TranslationOptions):
    fields: ClassVar = ("title", "text", "image_alt")


@register(ReplyChoice)
class ReplyChoiceTranslation(TranslationOptions):
    fields: ClassVar = ("title",)


@register(ReplyButton)
class ReplyButtonTranslation(TranslationOptions):
    fields: ClassVar = ("title",)
