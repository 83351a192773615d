"""Replies on the page of their intent, each with its choices and link buttons."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import TextField
from django.forms import BaseInlineFormSet, inlineformset_factory
from django.forms.formsets import DELETION_FIELD_NAME
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from conversations.admin.languages import (
    TextWidget,
    keep_languages,
    languages_in,
    languages_of,
    localized,
    only_bot,
)
from conversations.models import Bot, Intent, Reply, ReplyButton, ReplyChoice

TRANSLATED = ("title", "text", "image_alt")
CHOICES = 8
BUTTONS = 4


class OwnIntents:
    """The intents that a choice may lead to, read once for all rows of a page."""

    def __init__(self, bot: Bot | None) -> None:
        self.queryset = Intent.objects.filter(bot=bot)

    @cached_property
    def choices(self) -> list[tuple[Any, str]]:
        found = [(intent.pk, intent.title or intent.name) for intent in self.queryset]
        return [("", str(_("Choose an intent"))), *found]


class RowForm(forms.ModelForm):  # type: ignore[type-arg] # Django can not be subscripted here
    """A choice or a link button; its caption in every language of the bot."""

    def __init__(self, *args: Any, codes: list[str], intents: OwnIntents, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keep_languages(self, ["title"], codes)
        self.captions = [
            (code, self[name])
            for code, name in zip(codes, localized(["title"], codes), strict=True)
        ]
        for _code, caption in self.captions:
            attrs = caption.field.widget.attrs
            caption.field.widget = UnfoldAdminTextInputWidget(
                attrs={"lang": attrs["lang"], "dir": attrs["dir"]}
            )
        if "intent" in self.fields:
            # One query for all rows; validation still asks the queryset.
            self.fields["intent"].queryset = intents.queryset  # type: ignore[attr-defined] # a ModelChoiceField
            self.fields["intent"].widget = UnfoldAdminSelectWidget(choices=intents.choices)
        else:
            self.fields["url"].widget = UnfoldAdminTextInputWidget(
                attrs={"placeholder": "https://", "inputmode": "url", "dir": "ltr"}
            )


class ButtonForm(RowForm):
    """A button needs a caption in one language at least; the others fall back to it."""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not any(self.cleaned_data.get(name) for name in self.fields if name.startswith("title")):
            raise ValidationError(_("Give the button a caption in at least one language."))
        return cleaned


class RowFormSet(BaseInlineFormSet):  # type: ignore[type-arg] # Django can not be subscripted here
    """Rows of one reply; new ones come last, in their order on the page."""

    title: Any
    word: Any
    """What the history calls them."""

    def save_new(self, form: Any, commit: bool = True) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        form.instance.position = next_position(self, form)
        return super().save_new(form, commit=commit)


class ChoiceRowFormSet(RowFormSet):
    title = _("Choices below this reply")
    word = _("choices")


class ButtonRowFormSet(RowFormSet):
    title = _("Links below this reply")
    word = _("link buttons")


CAPTIONS = localized(["title"], languages_of(None))
ChoiceRows = inlineformset_factory(
    Reply,
    ReplyChoice,
    form=RowForm,
    formset=ChoiceRowFormSet,
    fk_name="reply",
    fields=["intent", *CAPTIONS],
    extra=0,
    max_num=CHOICES,
)
ButtonRows = inlineformset_factory(
    Reply,
    ReplyButton,
    form=ButtonForm,
    formset=ButtonRowFormSet,
    fields=["url", *CAPTIONS],
    extra=0,
    max_num=BUTTONS,
)


class ReplyForm(forms.ModelForm):  # type: ignore[type-arg] # Django can not be subscripted here
    """One reply; counts as changed when only its choices or buttons did."""

    rows: tuple[RowFormSet, ...] = ()

    @cached_property
    def changed_data(self) -> list[str]:
        own: list[str] = super().changed_data
        return own + [str(rows.word) for rows in self.rows if rows.has_changed()]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        kind = self.cleaned_data.get("kind")
        if kind == Reply.Kind.IMAGE and not self.cleaned_data.get("image"):
            self.add_error("image", _("Upload the picture that this reply shows."))
        if kind == Reply.Kind.IMAGE and not self._any("image_alt_"):
            raise ValidationError(_("Describe the picture for people who can't see it."))
        if kind == Reply.Kind.TEXT and not self._any("text_"):
            raise ValidationError(_("Write the text of this reply in at least one language."))
        if kind == Reply.Kind.CARD and not (self._any("title_") or self._any("text_")):
            raise ValidationError(_("Give the card a title or a text in at least one language."))
        return cleaned

    def _any(self, start: str) -> bool:
        values = ((name, value) for name, value in self.cleaned_data.items())
        return any(name.startswith(start) and value for name, value in values)

    def texts(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """The translated fields, language by language."""
        for code in languages_in(self.fields, "text"):
            yield code, [self[name] for name in localized(TRANSLATED, [code])]


class ReplyFormSet(BaseInlineFormSet):  # type: ignore[type-arg] # Django can not be subscripted here
    """The replies of an intent together with the rows that hang on each."""

    @cached_property
    def bot(self) -> Bot | None:
        known: Intent = self.instance
        return known.bot if known.bot_id else only_bot()

    @cached_property
    def intents(self) -> OwnIntents:
        return OwnIntents(self.bot)

    @cached_property
    def codes(self) -> list[str]:
        return languages_of(self.bot)

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        keep_languages(form, TRANSLATED, self.codes)
        form.rows = tuple(
            rows(
                data=form.data if form.is_bound else None,
                instance=form.instance,
                prefix=f"{form.prefix}-{name}",
                form_kwargs={"codes": self.codes, "intents": self.intents},
            )
            for name, rows in (("choices", ChoiceRows), ("buttons", ButtonRows))
        )

    def is_valid(self) -> bool:
        return super().is_valid() and all(
            rows.is_valid() for form in self._kept() for rows in form.rows
        )

    def _kept(self) -> list[Any]:
        return [form for form in self.forms if not form.cleaned_data.get(DELETION_FIELD_NAME)]

    def save(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        saved = super().save(commit=commit)
        for form in self._kept():
            if form.instance.pk and form.has_changed():
                for rows in form.rows:
                    rows.save()
        return saved

    def save_new(self, form: Any, commit: bool = True) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        if "position" not in form.changed_data:
            form.instance.position = next_position(self, form)
        return super().save_new(form, commit=commit)


def next_position(formset: Any, form: Any) -> int:
    """The place of a new row: behind all stored ones, in the order of the page."""
    last = max((known.instance.position for known in formset.initial_forms), default=0)
    index: int = formset.extra_forms.index(form)
    return last + index + 1


class ReplyInline(StackedInline):
    """What the bot says, below the phrases that ask for it."""

    model = Reply
    form = ReplyForm
    formset = ReplyFormSet
    template = "conversations_admin/replies.html"
    extra = 0
    ordering: ClassVar = ("position", "id")
    formfield_overrides: ClassVar = {
        **StackedInline.formfield_overrides,
        TextField: {"widget": TextWidget},
    }

    fields = ("kind", "position", "image", *localized(TRANSLATED, languages_of(None)))

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        # Tells how many empty replies wait to be written: one where there is none yet.
        return int(obj is None or not obj.replies.exists())
