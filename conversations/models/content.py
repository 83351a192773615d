"""What staff teach: bots, intents, phrases, entities, replies. The draft of the next release."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from conversations.models.validators import (
    validate_colour,
    validate_image,
    validate_languages,
    validate_link,
)

NAME = RegexValidator(
    r"^[a-z][a-z0-9_]*\Z", _("Use small letters, digits and underscores, starting with a letter.")
)


def all_languages() -> list[str]:
    """Every language of the site: what a new bot speaks."""
    return [code for code, _name in settings.LANGUAGES]


class Bot(models.Model):
    """A persona with its languages, its content and its live release."""

    class Tone(models.TextChoices):
        WARM = "warm", _("Warm")
        NEUTRAL = "neutral", _("Neutral")
        FORMAL = "formal", _("Formal")

    slug = models.SlugField(
        _("short name"), unique=True, help_text=_("Used in addresses and commands.")
    )
    name = models.CharField(_("name"), max_length=80, help_text=_("What visitors see."))
    summary = models.CharField(
        _("what it can do"),
        max_length=200,
        blank=True,
        help_text=_("One sentence, shown at the start."),
    )
    greeting = models.TextField(_("greeting"), blank=True, help_text=_("The first words."))
    tone = models.CharField(_("tone"), max_length=10, choices=Tone.choices, default=Tone.WARM)
    avatar = models.FileField(
        _("picture"),
        upload_to="bots/",
        blank=True,
        validators=[validate_image],
        help_text=_("PNG, JPEG or WebP, square, at most 1 MB."),
    )
    colour = models.CharField(
        _("colour"),
        max_length=7,
        default="#0f6e6a",
        validators=[validate_colour],
        help_text=_("The accent. Shades that would be hard to read are adjusted."),
    )
    languages = models.JSONField(
        _("languages"), default=all_languages, validators=[validate_languages]
    )
    default_language = models.CharField(
        _("main language"),
        max_length=10,
        default="en",
        help_text=_("Used when a visitor's language is not one of the bot's."),
    )
    answer_threshold = models.FloatField(
        _("sure enough to answer"),
        default=0.55,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_("From 0 to 1. Below it the bot asks which of two meanings was meant."),
    )
    clarify_threshold = models.FloatField(
        _("sure enough to ask back"),
        default=0.2,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_("From 0 to 1. Below it the bot says that it did not understand."),
    )
    keep_percent = models.PositiveSmallIntegerField(
        _("share of understood messages to keep"),
        default=95,
        validators=[MinValueValidator(50), MaxValueValidator(100)],
        help_text=_("Per cent. Lower it to reject more of what is none of the bot's business."),
    )
    providers = models.JSONField(_("language engines, in order"), default=list, blank=True)
    starters: "models.ManyToManyField[Intent, models.Model]" = models.ManyToManyField(
        "Intent",
        verbose_name=_("suggested at the start"),
        blank=True,
        related_name="+",
        help_text=_("Four at most."),
    )
    live_release = models.ForeignKey(
        "Release",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("live release"),
    )

    not_personal: ClassVar = (
        "id",
        "slug",
        "name",
        "summary",
        "greeting",
        "tone",
        "avatar",
        "colour",
        "languages",
        "default_language",
        "answer_threshold",
        "clarify_threshold",
        "keep_percent",
        "providers",
        "starters",
        "live_release",
    )

    class Meta:
        verbose_name = _("bot")
        verbose_name_plural = _("bots")
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.name or self.slug


class Intent(models.Model):
    """What a person wants."""

    bot = models.ForeignKey(
        Bot, on_delete=models.CASCADE, related_name="intents", verbose_name=_("bot")
    )
    name = models.CharField(
        _("name"),
        max_length=100,
        validators=[NAME],
        help_text=_("For staff, such as opening_hours."),
    )
    title = models.CharField(
        _("title"),
        max_length=60,
        blank=True,
        help_text=_("What a visitor sees on a button that leads here."),
    )
    description = models.CharField(_("description"), max_length=300, blank=True)
    is_urgent = models.BooleanField(
        _("wins over everything"),
        default=False,
        help_text=_("For emergencies: answered even when another meaning is a little nearer."),
    )
    is_enabled = models.BooleanField(_("in use"), default=True)

    not_personal: ClassVar = (
        "id",
        "bot",
        "name",
        "title",
        "description",
        "is_urgent",
        "is_enabled",
    )

    class Meta:
        verbose_name = _("intent")
        verbose_name_plural = _("intents")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["bot", "name"],
                name="intent_name_once_per_bot",
                violation_error_message=_("This bot already has an intent of that name."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Phrase(models.Model):
    """An example of an intent in one language. `[Tuesday](date)` marks an entity in the line."""

    intent = models.ForeignKey(
        Intent, on_delete=models.CASCADE, related_name="phrases", verbose_name=_("intent")
    )
    language = models.CharField(_("language"), max_length=10)
    text = models.CharField(_("phrase"), max_length=500)

    not_personal: ClassVar = ("id", "intent", "language", "text")

    class Meta:
        verbose_name = _("phrase")
        verbose_name_plural = _("phrases")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["intent", "language", "text"],
                name="phrase_once_per_intent",
                violation_error_message=_("This phrase stands here already."),
            )
        ]

    def __str__(self) -> str:
        return self.text


class OutOfScopeExample(models.Model):
    """A message that this bot should not try to answer."""

    bot = models.ForeignKey(
        Bot, on_delete=models.CASCADE, related_name="out_of_scope", verbose_name=_("bot")
    )
    language = models.CharField(_("language"), max_length=10)
    text = models.CharField(_("message"), max_length=500)

    not_personal: ClassVar = ("id", "bot", "language", "text")

    class Meta:
        verbose_name = _("out-of-scope example")
        verbose_name_plural = _("out-of-scope examples")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["bot", "language", "text"], name="out_of_scope_once_per_bot"
            )
        ]

    def __str__(self) -> str:
        return self.text


class Entity(models.Model):
    """A kind of value that phrases can hold, with its known values."""

    bot = models.ForeignKey(
        Bot, on_delete=models.CASCADE, related_name="entities", verbose_name=_("bot")
    )
    name = models.CharField(_("name"), max_length=100, validators=[NAME])
    description = models.CharField(_("description"), max_length=300, blank=True)

    not_personal: ClassVar = ("id", "bot", "name", "description")

    class Meta:
        verbose_name = _("entity")
        verbose_name_plural = _("entities")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bot", "name"], name="entity_name_once_per_bot")
        ]

    def __str__(self) -> str:
        return self.name


class EntityValue(models.Model):
    """One value of an entity in one language, with other words for it."""

    entity = models.ForeignKey(
        Entity, on_delete=models.CASCADE, related_name="values", verbose_name=_("entity")
    )
    language = models.CharField(_("language"), max_length=10)
    value = models.CharField(_("value"), max_length=200)
    synonyms = models.TextField(_("synonyms"), blank=True, help_text=_("One a line."))

    not_personal: ClassVar = ("id", "entity", "language", "value", "synonyms")

    class Meta:
        verbose_name = _("entity value")
        verbose_name_plural = _("entity values")
        ordering: ClassVar = ["value"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["entity", "language", "value"], name="value_once_per_entity"
            )
        ]

    def __str__(self) -> str:
        return self.value


class Reply(models.Model):
    """One message of the answer to an intent; several are said in order of position."""

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        CARD = "card", _("Card")
        IMAGE = "image", _("Image")

    intent = models.ForeignKey(
        Intent, on_delete=models.CASCADE, related_name="replies", verbose_name=_("intent")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.TEXT)
    title = models.CharField(_("title"), max_length=120, blank=True, help_text=_("For cards."))
    text = models.TextField(
        _("text"),
        blank=True,
        help_text=_("Markdown. A line of three dashes (---) separates wordings; one is chosen."),
    )
    image = models.FileField(
        _("image"),
        upload_to="replies/",
        blank=True,
        validators=[validate_image],
        help_text=_("PNG, JPEG or WebP, at most 1 MB."),
    )
    image_alt = models.CharField(
        _("what the image shows"),
        max_length=300,
        blank=True,
        help_text=_("For people who can't see it."),
    )

    not_personal: ClassVar = (
        "id",
        "intent",
        "position",
        "kind",
        "title",
        "text",
        "image",
        "image_alt",
    )

    class Meta:
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        ordering: ClassVar = ["intent", "position", "id"]

    def __str__(self) -> str:
        return (self.title or self.text or self.get_kind_display())[:60]


class ReplyChoice(models.Model):
    """A chip under a reply that leads to another intent."""

    reply = models.ForeignKey(
        Reply, on_delete=models.CASCADE, related_name="choices", verbose_name=_("reply")
    )
    intent = models.ForeignKey(
        Intent, on_delete=models.CASCADE, related_name="+", verbose_name=_("leads to")
    )
    title = models.CharField(
        _("caption"), max_length=60, blank=True, help_text=_("Empty: the title of the intent.")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=1)

    not_personal: ClassVar = ("id", "reply", "intent", "title", "position")

    class Meta:
        verbose_name = _("choice")
        verbose_name_plural = _("choices")
        ordering: ClassVar = ["position", "id"]

    def __str__(self) -> str:
        return self.title or str(self.intent)


class ReplyButton(models.Model):
    """A link under a reply."""

    reply = models.ForeignKey(
        Reply, on_delete=models.CASCADE, related_name="buttons", verbose_name=_("reply")
    )
    title = models.CharField(_("caption"), max_length=60)
    url = models.CharField(
        _("address"),
        max_length=500,
        validators=[validate_link],
        help_text=_("https://…, mailto:… or tel:…"),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=1)

    not_personal: ClassVar = ("id", "reply", "title", "url", "position")

    class Meta:
        verbose_name = _("link button")
        verbose_name_plural = _("link buttons")
        ordering: ClassVar = ["position", "id"]

    def __str__(self) -> str:
        return self.title
