"""Entities: kinds of value, with their known values and synonyms in every language."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations.admin.history import LinesDone, values_message
from conversations.admin.languages import LinesForm, only_bot
from conversations.admin.teaching import TeachingAdmin
from conversations.models import Bot, Entity
from conversations.services.phrases import Replaced, value_line, values_clean, values_replace


class EntityForm(LinesForm):
    """An entity with the values it may take in every language of its bot."""

    lines = "values"
    lines_label = gettext_lazy("Values in %(language)s")
    lines_help = gettext_lazy(
        "One value a line, followed by other words for it: Tuesday | Tue | Tues. Phrases mark such "
        "a value as [Tuesday](name of this entity)."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "bot" in self.fields and not self.instance.pk:
            self.fields["bot"].initial = only_bot()

    def owner(self) -> Bot | None:
        return self.instance.bot if self.instance.bot_id else only_bot()

    def lines_known(self) -> Mapping[str, list[str]]:
        known: dict[str, list[str]] = {}
        for row in self.instance.values.order_by("pk"):
            known.setdefault(row.language, []).append(value_line(row.value, row.synonyms))
        return known

    def lines_check(self, lines: list[str]) -> object:
        return values_clean(lines)

    def _get_validation_exclusions(self) -> set[str]:
        # The bot is not on the page of an existing entity; its names must be unique all the same.
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc] # not in the stubs
        return excluded - {"bot"}


@admin.register(Entity)
class EntityAdmin(TeachingAdmin):
    """Kinds of value that phrases can hold."""

    form = EntityForm
    change_form_template = "conversations_admin/entity.html"
    list_display = ("name", "description", "bot", "value_count")
    list_filter = ("bot",)
    list_select_related = ("bot",)
    search_fields = ("name", "description", "values__value", "values__synonyms")
    search_help_text = gettext_lazy("Name, value or synonym")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [(None, {"fields": [*([] if obj else ["bot"]), "name", "description"]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entity]:
        found: QuerySet[Entity] = super().get_queryset(request)
        return found.annotate(count=Count("values"))

    @admin.display(description=gettext_lazy("values"), ordering="count")
    def value_count(self, entity: Any) -> int:
        count: int = entity.count
        return count

    def missing(self, form: LinesForm, code: str) -> list[str]:
        return [] if form[form.lines_field(code)].initial else [_("no values")]

    def lines_replace(self, obj: Any, code: str, lines: list[str]) -> Replaced:
        return values_replace(entity=obj, language=code, lines=lines)

    def lines_message(self, done: LinesDone) -> list[str]:
        return values_message(done)
