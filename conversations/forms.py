"""What the forms of the chat page may send."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from conversations.models import Feedback

MAX_DIGITS = 9
"""Of a place in a conversation; more would not fit its column."""


class MessageForm(forms.Form):
    """A text from the composer, or a chip that was pressed."""

    client_id = forms.UUIDField()
    text = forms.CharField(required=False, strip=False)
    choice = forms.CharField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("choice") and not cleaned.get("text", "").strip():
            raise ValidationError("", code="required")
        return cleaned

    @property
    def kind(self) -> str:
        return "postback" if self.cleaned_data["choice"] else "text"

    @property
    def body(self) -> str:
        return str(self.cleaned_data["choice"] or self.cleaned_data["text"])


class VoteField(forms.CharField):
    """`12 up`: which message, and what somebody thinks of it."""

    def clean(self, value: Any) -> tuple[int, str]:
        seq, _space, opinion = super().clean(value).partition(" ")
        known = opinion in Feedback.Value.values
        if not known or not seq.isascii() or not seq.isdigit() or len(seq) > MAX_DIGITS:
            raise ValidationError("", code="invalid")
        return int(seq), opinion


class FeedbackForm(forms.Form):
    """A thumb, perhaps with a reason and a comment."""

    vote = VoteField()
    reason = forms.ChoiceField(choices=Feedback.Reason.choices, required=False)
    comment = forms.CharField(max_length=1_000, required=False)
