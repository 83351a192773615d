"""The shape of every body, both ways, field by field; the schema is made from these.

They declare and do not validate: requests are checked by `conversations.frames`, as on the socket,
so that both doors refuse the same things with the same codes. Tests hold answers against them.
"""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Preferences
from chatbot_site.lib.text import MAX_CODE_POINTS
from conversations import frames
from conversations.bot.replies import KINDS
from conversations.models import Conversation, Message

THEMES = list(Preferences.Theme.values)
LANGUAGES = [code for code, _name in settings.LANGUAGES]


# No docstring: the schema would repeat it with every component.
class Shape(serializers.Serializer[Any]):
    pass


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "minLength": 1, "maxLength": MAX_CODE_POINTS},
            {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "minProperties": 1,
                "maxProperties": frames.MAX_FORM_FIELDS,
            },
        ]
    }
)
class SaidField(serializers.JSONField):
    """Text, the payload of a choice, or the fields of a form."""


class ProblemSerializer(Shape):
    code = serializers.CharField(help_text=_("For programs; never translated."))
    retry = serializers.BooleanField(
        help_text=_("Whether the same request may succeed if it is sent again.")
    )
    message = serializers.CharField(help_text=_("For people, in the language of the request."))
    field = serializers.CharField(
        required=False, help_text=_("The field, parameter or header at fault.")
    )
    after_ms = serializers.IntegerField(
        required=False, min_value=1, help_text=_("Milliseconds to wait before the next attempt.")
    )


class ErrorSerializer(Shape):
    error = ProblemSerializer()


class ChoiceSerializer(Shape):
    title = serializers.CharField(help_text=_("What the choice says."))
    payload = serializers.CharField(help_text=_("Send it as the body of a postback."))


class LinkSerializer(Shape):
    title = serializers.CharField()
    url = serializers.CharField(help_text=_("An https, mailto or tel address."))


class BodySerializer(Shape):
    text = serializers.CharField(
        allow_blank=True, help_text=_("The whole message as plain text; always there.")
    )
    html = serializers.CharField(
        required=False, help_text=_("The same with emphasis and links; only from the bot.")
    )
    title = serializers.CharField(required=False)
    image = serializers.CharField(required=False)
    image_alt = serializers.CharField(required=False)
    choices = ChoiceSerializer(many=True, required=False)
    buttons = LinkSerializer(many=True, required=False)
    intent = serializers.CharField(required=False, help_text=_("What the bot understood."))
    payload = serializers.CharField(
        required=False, help_text=_("The payload of the choice that a person made.")
    )
    fields_ = serializers.DictField(child=serializers.CharField(), required=False)
    missing = serializers.ChoiceField(
        ["erased", "damaged"], required=False, help_text=_("Why there is no text any more.")
    )

    def get_fields(self) -> dict[str, Any]:
        """`fields` is a name that the base class has taken."""
        return {name.rstrip("_"): field for name, field in super().get_fields().items()}


class EventSerializer(Shape):
    conv = serializers.UUIDField(help_text=_("The conversation."))
    seq = serializers.IntegerField(
        min_value=1, help_text=_("The place in the conversation's one order; without gaps.")
    )
    kind = serializers.ChoiceField(sorted({*frames.SEND_KINDS, *KINDS}))
    author = serializers.ChoiceField(Message.Author.values)
    body = BodySerializer()
    ts = serializers.DateTimeField()
    id = serializers.UUIDField(
        required=False, help_text=_("The Idempotency-Key under which a person sent it.")
    )
    generated_by = serializers.CharField(
        required=False, help_text=_("Present when a machine wrote the message.")
    )


class BotSerializer(Shape):
    slug = serializers.SlugField()
    name = serializers.CharField()
    summary = serializers.CharField(allow_blank=True)
    greeting = serializers.CharField(allow_blank=True)
    starters = ChoiceSerializer(many=True, help_text=_("Suggestions for the first message."))
    languages = serializers.ListField(child=serializers.CharField())
    default_language = serializers.CharField()


class BotsSerializer(Shape):
    bots = BotSerializer(many=True)


class OpenSerializer(Shape):
    bot = serializers.SlugField(
        required=False, help_text=_("The short name of a bot; without it, the site's first one.")
    )
    lang = serializers.CharField(
        required=False,
        max_length=100,
        help_text=_("One of the site's languages; else that of the request."),
    )


class OpenedSerializer(Shape):
    id = serializers.UUIDField()
    epoch = serializers.IntegerField(min_value=1)
    last_seq = serializers.IntegerField(min_value=0)


class SummarySerializer(Shape):
    id = serializers.UUIDField()
    bot_name = serializers.CharField()
    active_at = serializers.DateTimeField()
    preview = serializers.CharField(allow_blank=True, help_text=_("The first words."))


class SummariesSerializer(Shape):
    conversations = SummarySerializer(many=True)
    next_offset = serializers.IntegerField(
        required=False, help_text=_("Where the next page starts; missing on the last one.")
    )


class SendSerializer(Shape):
    kind = serializers.ChoiceField(frames.SEND_KINDS, default="text")
    body = SaidField(
        help_text=_("Text; for a postback the payload of a choice; for a form its fields.")
    )


class SentSerializer(Shape):
    seq = serializers.IntegerField(min_value=1)
    dup = serializers.BooleanField(
        help_text=_("Whether the message was stored by an earlier request with this key.")
    )
    events = EventSerializer(many=True, help_text=_("The message and what has followed it."))


class TranscriptSerializer(Shape):
    epoch = serializers.IntegerField(
        min_value=1, help_text=_("When it changes, drop your copy and read again from 0.")
    )
    last_seq = serializers.IntegerField(min_value=0)
    mode = serializers.ChoiceField(Conversation.Mode.values)
    events = EventSerializer(many=True)


class FeedbackSerializer(Shape):
    value = serializers.ChoiceField(frames.FEEDBACK_VALUES)
    reason = serializers.ChoiceField([r for r in frames.FEEDBACK_REASONS if r], required=False)
    comment = serializers.CharField(required=False, allow_blank=True, max_length=frames.MAX_COMMENT)


class SettingsSerializer(Shape):
    language = serializers.ChoiceField(LANGUAGES)
    theme = serializers.ChoiceField(THEMES)


class PreferencesSerializer(Shape):
    language = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=10,
        help_text=_("One of the site's languages; empty means that of each request."),
    )
    theme = serializers.ChoiceField(THEMES, required=False)


class MeSerializer(SettingsSerializer):
    subject = serializers.UUIDField(help_text=_("Names the person, signed in or not."))
    signed_in = serializers.BooleanField()
    email = serializers.EmailField(required=False)
    name = serializers.CharField(required=False, allow_blank=True)
