"""Intents: the list that shows gaps, and the page on which their phrases are typed."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from conversations.admin.figures import ENOUGH_PHRASES, too_few, with_phrase_counts
from conversations.admin.history import LinesDone, phrases_message
from conversations.admin.languages import (
    LinesForm,
    language_name,
    languages_of,
    localized,
    only_bot,
)
from conversations.admin.replies import ReplyInline
from conversations.admin.teaching import TeachingAdmin
from conversations.models import Bot, Entity, Intent
from conversations.services.phrases import (
    Replaced,
    phrases_clean,
    phrases_elsewhere,
    phrases_replace,
)

CODES = languages_of(None)


class IntentForm(LinesForm):
    """An intent with its title and its phrases in every language of its bot."""

    translated = ("title",)
    lines = "phrases"
    lines_label = gettext_lazy("Phrases in %(language)s")
    lines_help = gettext_lazy(
        "One phrase a line, just as people would type it: short and long, polite and hurried, with "
        "and without question marks. Mark a value as [Tuesday](date) when the bot has an entity "
        "of that name."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        intent: Intent | None = kwargs.get("instance")
        if intent is None:
            # Languages, choices and entities depend on the bot, so it is needed before saving.
            kwargs["instance"] = intent = Intent()
            intent.bot = self._bot_asked(args, kwargs)  # type: ignore[assignment] # None until saved
        super().__init__(*args, **kwargs)
        if "bot" in self.fields:
            self.fields["bot"].initial = intent.bot_id

    @staticmethod
    def _bot_asked(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Bot | None:
        data = args[0] if args else kwargs.get("data")
        wanted = str((data or kwargs.get("initial") or {}).get("bot", ""))
        found = Bot.objects.filter(pk=wanted).first() if wanted.isdecimal() else None
        return found or only_bot()

    def owner(self) -> Bot | None:
        return self.instance.bot if self.instance.bot_id else None

    def lines_known(self) -> Mapping[str, list[str]]:
        known: dict[str, list[str]] = {}
        for code, text in self.instance.phrases.values_list("language", "text"):
            known.setdefault(code, []).append(text)
        return known

    def lines_check(self, lines: list[str]) -> object:
        return phrases_clean(lines, entities=self.entities())

    def entities(self) -> set[str]:
        bot = self.cleaned_data.get("bot") or self.instance.bot_id
        if not hasattr(self, "_entities"):
            names = Entity.objects.filter(bot=bot).values_list("name", flat=True)
            self._entities = set(names)
        return self._entities

    def _get_validation_exclusions(self) -> set[str]:
        # The bot is not on the page of an existing intent; its names must be unique all the same.
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc] # not in the stubs
        return excluded - {"bot"}


class FewPhrasesFilter(admin.SimpleListFilter):
    """Intents that need more phrases in a language."""

    title = gettext_lazy("too few phrases in")
    parameter_name = "few"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(code, language_name(code)) for code in CODES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        code = self.value()
        return queryset.filter(too_few(code)) if code in CODES else queryset


@admin.register(Intent)
class IntentAdmin(TeachingAdmin):
    """What people want, in whose words, and what the bot says to it."""

    form = IntentForm
    change_form_template = "conversations_admin/intent.html"
    inlines = (ReplyInline,)
    translated = ("title",)
    parts = 3
    list_display = ("name", "shown_title", "bot", "phrases", "replies", "is_enabled")
    list_filter = ("bot", FewPhrasesFilter, "is_enabled")
    list_select_related = ("bot",)
    list_per_page = 50
    search_fields = ("name", *localized(["title"], CODES), "phrases__text")
    search_help_text = gettext_lazy("Name, title or words of a phrase")
    ordering = ("bot", "name")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        own = ["name", "description", "is_enabled", "is_urgent"]
        bot = [] if obj else ["bot"]
        return [(None, {"fields": [*bot, *own, *localized(["title"], CODES)]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Intent]:
        return with_phrase_counts(super().get_queryset(request), CODES)

    @admin.display(description=gettext_lazy("title"))
    def shown_title(self, intent: Intent) -> str:
        return intent.title

    @admin.display(description=gettext_lazy("phrases"))
    def phrases(self, intent: Intent) -> SafeString:
        counts = ((code, getattr(intent, f"phrases_{code}")) for code in languages_of(intent.bot))
        chips = format_html_join(
            "",
            '<span class="ca-count{}" title="{}"><span class="ca-count-code">{}</span> {}</span>',
            ((*_few(code, count), code, count) for code, count in counts),
        )
        return format_html('<span class="ca-counts">{}</span>', chips)

    @admin.display(description=gettext_lazy("reply"), boolean=True)
    def replies(self, intent: Intent) -> bool:
        return bool(intent.has_reply)  # type: ignore[attr-defined] # annotated

    def missing(self, form: LinesForm, code: str) -> list[str]:
        intent: Any = form.instance
        checks = (
            (bool(getattr(intent, f"title_{code}")), _("no title")),
            (len(form[form.lines_field(code)].initial) >= ENOUGH_PHRASES, _("too few phrases")),
            (any(_speaks(reply, code) for reply in intent.replies.all()), _("no reply")),
        )
        return [problem for is_there, problem in checks if not is_there]

    def lines_replace(self, obj: Any, code: str, lines: list[str]) -> Replaced:
        return phrases_replace(intent=obj, language=code, lines=lines)

    def lines_message(self, done: LinesDone) -> list[str]:
        return phrases_message(done)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        super().save_related(request, form, formsets, change)
        self._warn_of_doubles(request, form)

    def _warn_of_doubles(self, request: HttpRequest, form: IntentForm) -> None:
        """Two intents can't be told apart by a phrase that both have."""
        doubles = phrases_elsewhere(intent=form.instance, texts=form.changed_lines())
        for phrase in doubles[:3]:
            text = _("“%(phrase)s” is also a phrase of %(intent)s. Keep it in one of the two.")
            said = text % {"phrase": phrase.text, "intent": phrase.intent}
            self.message_user(request, said, messages.WARNING)


def _few(code: str, count: int) -> tuple[str, str]:
    text = ngettext("%(count)d phrase in %(language)s", "%(count)d phrases in %(language)s", count)
    said = text % {"count": count, "language": language_name(code)}
    if count >= ENOUGH_PHRASES:
        return "", said
    few = _("%(count)s; at least %(enough)d are needed") % {"count": said, "enough": ENOUGH_PHRASES}
    return " is-few", few


def _speaks(reply: Any, code: str) -> bool:
    return bool(getattr(reply, f"text_{code}") or getattr(reply, f"title_{code}"))
