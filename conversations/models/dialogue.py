"""What people say and what became of it: personal, encrypted, expiring."""

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.crypto import EncryptedTextField
from chatbot_site.lib.datamap import DataClass, Erasure, FieldPrivacy
from chatbot_site.lib.ids import uuid7

MESSAGES = "90 days after the last activity"


def _with_the_conversation(
    purpose: str, kind: DataClass = DataClass.PERSONAL, erasure: Erasure = Erasure.DELETE_ROW
) -> FieldPrivacy:
    return FieldPrivacy(kind, purpose, MESSAGES, export=True, erasure=erasure)


class Conversation(models.Model):
    """One thread between a person and a bot, with a gap-free sequence of messages."""

    class Mode(models.TextChoices):
        BOT = "bot", _("Bot")
        WAITING = "waiting", _("Waiting for a person")
        AGENT = "agent", _("With a person")
        CLOSED = "closed", _("Closed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    bot = models.ForeignKey("Bot", on_delete=models.PROTECT, related_name="conversations")
    subject = models.ForeignKey(
        "accounts.Subject", on_delete=models.CASCADE, related_name="conversations"
    )
    language = models.CharField(max_length=10)
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.BOT)
    epoch = models.PositiveIntegerField(default=1)
    last_seq = models.PositiveIntegerField(default=0)
    state = models.JSONField(default=dict)
    state_version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    active_at = models.DateTimeField(default=timezone.now)

    privacy: ClassVar = {
        "language": _with_the_conversation("answers in the person's language"),
        "state": _with_the_conversation("remembers what was said before"),
        "created_at": _with_the_conversation("orders conversations"),
        "active_at": _with_the_conversation("orders conversations, ends their retention"),
    }
    not_personal: ClassVar = ("id", "bot", "subject", "mode", "epoch", "last_seq", "state_version")

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        indexes: ClassVar = [
            models.Index(fields=["subject", "-active_at"], name="conversation_recent")
        ]

    def __str__(self) -> str:
        return str(self.id)


class Message(models.Model):
    """One event of a conversation: who said what, at which place of the one order.

    `body` is JSON text, encrypted: an object with at least `text`.
    """

    class Author(models.TextChoices):
        USER = "user", _("Person")
        BOT = "bot", _("Bot")
        AGENT = "agent", _("Support team")
        SYSTEM = "system", _("Notice")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="messages"
    )
    seq = models.PositiveIntegerField()
    client_id = models.UUIDField(null=True)
    author = models.CharField(max_length=10, choices=Author.choices)
    kind = models.CharField(max_length=20)
    body = EncryptedTextField()
    turn = models.ForeignKey("Turn", null=True, on_delete=models.SET_NULL, related_name="answers")
    part = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    privacy: ClassVar = {
        "body": _with_the_conversation("the conversation itself", erasure=Erasure.DESTROY_KEY),
        "client_id": _with_the_conversation("stores a message once", DataClass.PSEUDONYMOUS),
        "created_at": _with_the_conversation("shows when something was said"),
    }
    not_personal: ClassVar = ("id", "conversation", "seq", "author", "kind", "turn", "part")

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="message_seq_once"),
            models.UniqueConstraint(
                fields=["conversation", "client_id"], name="message_client_id_once"
            ),
            models.UniqueConstraint(fields=["turn", "part"], name="message_turn_part_once"),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.seq}"

    @property
    def data_subject_id(self) -> UUID:
        """Whose key seals the body."""
        return self.conversation.subject_id


class Turn(models.Model):
    """The duty to answer one message; leased by the process that works on it."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        DONE = "done", _("Answered")
        FAILED = "failed", _("Apologised")

    class Outcome(models.TextChoices):
        ANSWERED = "answered", _("Answered")
        CLARIFIED = "clarified", _("Asked back")
        FELL_BACK = "fell_back", _("Not understood")
        APOLOGISED = "apologised", _("Apologised")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="turns")
    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="own_turn")
    seq = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=1)
    lease_until = models.DateTimeField()
    release = models.ForeignKey("Release", null=True, on_delete=models.SET_NULL, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    language = models.CharField(max_length=10, blank=True)
    intent = models.CharField(max_length=100, blank=True)
    confidence = models.FloatField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    privacy: ClassVar = {
        name: _with_the_conversation(purpose, DataClass.PSEUDONYMOUS)
        for name, purpose in {
            "language": "answers in the person's language",
            "intent": "shows what the bot understood",
            "confidence": "shows what the bot understood",
            "outcome": "shows whether the bot helped",
            "created_at": "measures waiting",
            "finished_at": "measures waiting",
        }.items()
    }
    not_personal: ClassVar = (
        "id",
        "conversation",
        "message",
        "seq",
        "state",
        "attempts",
        "lease_until",
        "release",
    )

    class Meta:
        verbose_name = _("turn")
        verbose_name_plural = _("turns")
        indexes: ClassVar = [
            models.Index(fields=["lease_until"], name="turn_pending", condition=Q(state="pending")),
            models.Index(
                fields=["conversation", "seq"], name="turn_order", condition=Q(state="pending")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.seq}"


class Feedback(models.Model):
    """A thumb on a bot message, with the reason a person gave."""

    class Value(models.TextChoices):
        UP = "up", _("Helpful")
        DOWN = "down", _("Not helpful")

    class Reason(models.TextChoices):
        NONE = "", "–"
        WRONG = "wrong", _("Wrong")
        UNCLEAR = "unclear", _("Unclear")
        INCOMPLETE = "incomplete", _("Not complete")
        RUDE = "rude", _("Rude")
        OTHER = "other", _("Something else")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="feedback")
    value = models.CharField(max_length=4, choices=Value.choices)
    reason = models.CharField(max_length=12, choices=Reason.choices, blank=True)
    comment = EncryptedTextField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    privacy: ClassVar = {
        name: FieldPrivacy(
            DataClass.PERSONAL,
            "shows whether an answer helped",
            "180 days",
            export=True,
            erasure=Erasure.DESTROY_KEY if name == "comment" else Erasure.DELETE_ROW,
        )
        for name in ("value", "reason", "comment", "created_at")
    }
    not_personal: ClassVar = ("id", "message")

    class Meta:
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")

    def __str__(self) -> str:
        return f"{self.message_id} {self.value}"

    @property
    def data_subject_id(self) -> UUID:
        """Whose key seals the comment."""
        return self.message.conversation.subject_id


class Event(models.Model):
    """What happened, for analytics: no text and no person, only the conversation's pseudonym."""

    name = models.CharField(max_length=40)
    bot = models.ForeignKey("Bot", on_delete=models.CASCADE, related_name="+")
    conversation = models.UUIDField()
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    privacy: ClassVar = {
        "conversation": FieldPrivacy(
            DataClass.PSEUDONYMOUS,
            "counts what happened",
            "30 days",
            export=False,
            erasure=Erasure.DELETE_ROW,
        ),
        "data": FieldPrivacy(
            DataClass.PSEUDONYMOUS,
            "counts what happened",
            "30 days",
            export=False,
            erasure=Erasure.DELETE_ROW,
        ),
    }
    not_personal: ClassVar = ("id", "name", "bot", "created_at")

    def __str__(self) -> str:
        return f"{self.name} {self.created_at:%Y-%m-%d %H:%M}"
