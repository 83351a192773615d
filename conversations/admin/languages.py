"""Content in several languages on one page: which ones, their fields, one line editor for each."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from modeltranslation.utils import build_localized_fieldname
from unfold.widgets import UnfoldAdminTextareaWidget

from conversations.models import Bot
from conversations.services.phrases import LinesError

State = Literal["empty", "partial", "complete"]
EDITING: Final = "editing_language"
"""Name of the radio buttons that say which language is shown."""


@dataclass(frozen=True, slots=True)
class Tab:
    """One language of a page, how complete its content is, and what is missing."""

    code: str
    name: str
    bidi: bool
    state: State
    note: str
    shown: bool


def language_name(code: str) -> str:
    """The language's name in the language of the reader."""
    return str(dict(settings.ALL_LANGUAGES).get(code, code))


def languages_of(bot: Bot | None) -> list[str]:
    """The languages a bot speaks, in the site's order; those of the site while there is no bot."""
    codes = [code for code, _name in settings.LANGUAGES]
    if bot is None or bot.pk is None:
        return codes
    return [code for code in settings.MODELTRANSLATION_LANGUAGES if code in bot.languages] or codes


def only_bot() -> Bot | None:
    """The bot new content belongs to when there is no choice."""
    bots = list(Bot.objects.all()[:2])
    return bots[0] if len(bots) == 1 else None


def localized(names: Iterable[str], codes: Iterable[str]) -> list[str]:
    """The names of the fields that hold these in these languages."""
    return [build_localized_fieldname(name, code) for name in names for code in codes]


def tab_of(code: str, missing: Sequence[str], *, parts: int, shown: bool) -> Tab:
    """The tab of a language that lacks these of its `parts`."""
    state: State = "complete"
    if missing:
        state = "empty" if len(missing) >= parts else "partial"
    note = ", ".join(missing) if missing else _("complete")
    return Tab(code, language_name(code), is_bidi(code), state, note, shown)


def is_bidi(code: str) -> bool:
    """Whether this language is written from right to left."""
    return bool(get_language_info(code)["bidi"])


def shown_language(request: HttpRequest, codes: Sequence[str], main: str) -> str:
    """The language to show first: the one just edited, else the bot's main one."""
    wanted = request.POST.get(EDITING, "")
    return next((code for code in (wanted, main) if code in codes), codes[0])


class TextWidget(UnfoldAdminTextareaWidget):
    """A text whose lines end as they are stored: browsers send two characters for one.

    Otherwise each save of an unchanged page would count as a change of the bot.
    """

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        value = super().value_from_datadict(data, files, name)
        return value.replace("\r\n", "\n") if isinstance(value, str) else value


class LinesField(forms.Field):
    """A text of lines; its value is the list of lines as typed, so that they keep their numbers."""

    widget = UnfoldAdminTextareaWidget

    def to_python(self, value: Any) -> list[str]:
        if isinstance(value, list):
            return value
        return str(value or "").splitlines()

    def prepare_value(self, value: Any) -> str:
        return "\n".join(value) if isinstance(value, list) else str(value or "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return _said(self.to_python(initial)) != _said(self.to_python(data))


def _said(lines: Iterable[str]) -> list[str]:
    return [said for line in lines if (said := " ".join(line.split()))]


class LinesForm(forms.ModelForm):  # type: ignore[type-arg] # Django can not be subscripted here
    """A form with one line editor per language beside the fields of its model."""

    translated: ClassVar[tuple[str, ...]] = ()
    lines: ClassVar[str]
    lines_label: ClassVar[Any]
    lines_help: ClassVar[Any]
    lines_rows: ClassVar[int] = 12

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.codes = languages_of(self.owner())
        keep_languages(self, self.translated, self.codes)
        known = self.lines_known() if self.instance.pk else {}
        for code in self.codes:
            self.fields[self.lines_field(code)] = self._editor(code, known.get(code, []))

    def owner(self) -> Bot | None:
        """The bot whose languages are written here."""
        raise NotImplementedError

    def lines_known(self) -> Mapping[str, list[str]]:
        """The stored lines of each language."""
        raise NotImplementedError

    def lines_check(self, lines: list[str]) -> object:
        """Raise `LinesError` for lines that can't be stored."""
        raise NotImplementedError

    def lines_field(self, code: str) -> str:
        return f"{self.lines}_{code}"

    def changed_lines(self) -> dict[str, list[str]]:
        """The lines of each language whose lines were changed."""
        return {
            code: self.cleaned_data[name]
            for code in self.codes
            if (name := self.lines_field(code)) in self.changed_data
        }

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        for code in self.codes:
            name = self.lines_field(code)
            self._check_lines(name, self.cleaned_data.get(name, []))
        return cleaned

    def _editor(self, code: str, known: list[str]) -> LinesField:
        attrs = {"rows": self.lines_rows, "data-lines": "", "spellcheck": "true", "wrap": "off"}
        field = LinesField(
            label=str(self.lines_label) % {"language": language_name(code)},
            help_text=self.lines_help,
            required=False,
            initial=known,
            widget=UnfoldAdminTextareaWidget(attrs=attrs),
        )
        mark_language(field, code)
        return field

    def _check_lines(self, name: str, lines: list[str]) -> None:
        try:
            self.lines_check(lines)
        except LinesError as error:
            say = _("Line %(number)d: %(problem)s.")
            self.add_error(
                name,
                [
                    ValidationError(say % {"number": number, "problem": problem.rstrip(".")})
                    for number, problem in error.problems
                ],
            )


def keep_languages(form: Any, names: Iterable[str], codes: Sequence[str]) -> None:
    """Leave only the fields of these languages in a form, and mark each with its language."""
    for name in names:
        for code in languages_in(form.fields, name):
            field_name = build_localized_fieldname(name, code)
            if code in codes:
                field = form.fields[field_name]
                label = form._meta.model._meta.get_field(field_name).translated_field.verbose_name
                field.label = labelled(str(label), code)
                mark_language(field, code)
            else:
                del form.fields[field_name]


def labelled(label: str, code: str) -> str:
    """The label of a field that stands there once per language."""
    text = _("%(label)s (%(language)s)")
    return capfirst(text % {"label": label, "language": language_name(code)})


def languages_in(fields: Iterable[str], name: str) -> list[str]:
    """The languages in which a form has the field of this name."""
    codes = settings.MODELTRANSLATION_LANGUAGES
    return [code for code in codes if build_localized_fieldname(name, code) in fields]


def mark_language(field: forms.Field, code: str) -> None:
    """Tell browsers and screen readers in which language a field is written."""
    field.widget.attrs |= {"lang": code, "dir": "rtl" if is_bidi(code) else "ltr"}


def lines_saved(
    changed: Mapping[str, list[str]], replace: Callable[[str, list[str]], Any]
) -> list[tuple[str, int, int]]:
    """Save the changed lines; returns language, number added and number removed of each."""
    done = []
    for code, lines in changed.items():
        result = replace(code, lines)
        done.append((code, result.added, result.removed))
    return done
