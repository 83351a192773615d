"""What the pages of bots, intents and entities share: language tabs, line editors, history."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import Model, TextField
from django.forms import Script
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from conversations.admin.history import LinesDone, message_with
from conversations.admin.languages import (
    LinesForm,
    Tab,
    TextWidget,
    lines_saved,
    localized,
    shown_language,
    tab_of,
)
from conversations.services.phrases import Replaced


@dataclass(frozen=True, slots=True)
class Panel:
    """One language of a page: its tab, its texts and its line editor."""

    tab: Tab
    texts: Sequence[forms.BoundField]
    lines: forms.BoundField


class TeachingAdmin(ModelAdmin):
    """A page on which staff teach; who may not change it does not see it either."""

    translated: ClassVar[tuple[str, ...]] = ()
    parts: ClassVar[int] = 1
    """How many things a language needs to be complete."""
    warn_unsaved_form = True
    formfield_overrides: ClassVar = {
        **ModelAdmin.formfield_overrides,
        TextField: {"widget": TextWidget},
    }
    list_filter_sheet = False
    actions = None

    class Media:
        js = (Script("js/admin/teach.js", type="module"),)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(self.has_change_permission(request, obj))

    def lines_replace(self, obj: Any, code: str, lines: list[str]) -> Replaced:
        """Save the lines of one language by the service."""
        raise NotImplementedError

    def lines_message(self, done: LinesDone) -> list[str]:
        """What the history says about changed lines."""
        raise NotImplementedError

    def missing(self, form: LinesForm, code: str) -> list[str]:
        """What this language still lacks, in words."""
        raise NotImplementedError

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            # Without the buttons that open other pages in small windows.
            field.widget = field.widget.widget
        return field

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        super().save_related(request, form, formsets, change)
        form.lines_done = lines_saved(
            form.changed_lines(),
            lambda code, lines: self.lines_replace(form.instance, code, lines),
        )

    def construct_change_message(
        self,
        request: HttpRequest,
        form: Any,
        formsets: Any,
        add: bool = False,  # noqa: FBT001, FBT002 - Django's signature
    ) -> Any:
        # Our own words tell more about lines than "Changed phrases_de".
        editors = {form.lines_field(code) for code in form.codes}
        form.changed_data = [name for name in form.changed_data if name not in editors]
        standard = super().construct_change_message(request, form, formsets, add)
        return message_with(standard, self.lines_message(form.lines_done))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        form: LinesForm = context["adminform"].form
        bot = form.owner()
        shown = shown_language(request, form.codes, bot.default_language if bot else "")
        panels = [
            Panel(
                self._tab(form, code, shown),
                [form[name] for name in localized(self.translated, [code])],
                form[form.lines_field(code)],
            )
            for code in form.codes
        ]
        context |= {"form": form, "panels": panels, "tabs": [panel.tab for panel in panels]}
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response

    def _tab(self, form: LinesForm, code: str, shown: str) -> Tab:
        if form.instance.pk is None:
            return tab_of(code, [_("nothing yet")], parts=1, shown=code == shown)
        return tab_of(code, self.missing(form, code), parts=self.parts, shown=code == shown)
