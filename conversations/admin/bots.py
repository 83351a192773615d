"""Bots: persona, languages, thresholds, what is none of their business; and publishing them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminColorInputWidget, UnfoldAdminSelectWidget

from conversations.admin.changes import changes_between
from conversations.admin.history import LinesDone, examples_message
from conversations.admin.languages import LinesForm, languages_of, localized
from conversations.admin.teaching import TeachingAdmin
from conversations.bot.persona import palette
from conversations.content import snapshot_of
from conversations.models import Bot, Intent, Release
from conversations.services.phrases import Replaced, out_of_scope_clean, out_of_scope_replace
from conversations.services.releases import release_publish

TRANSLATED = ("name", "summary", "greeting")
OWN_FIELDS = (
    "slug",
    "tone",
    "avatar",
    "colour",
    "languages",
    "default_language",
    "answer_threshold",
    "clarify_threshold",
    "keep_percent",
)
MAX_STARTERS = 4
MAY_PUBLISH = "conversations.add_release"


class BotForm(LinesForm):
    """A bot with its persona in every language, and what it should not try to answer."""

    translated = TRANSLATED
    lines = "out_of_scope"
    lines_label = gettext_lazy("None of its business, in %(language)s")
    lines_help = gettext_lazy(
        "One message a line that people may send although this bot can't help: the weather, a "
        "joke, another company. Thirty or more per language teach it to say so instead of guessing."
    )
    lines_rows = 10

    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Speaks"),
        choices=settings.LANGUAGES,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "A language that is taken away keeps its texts; visitors just don't get it."
        ),
    )
    default_language = forms.ChoiceField(
        label=gettext_lazy("Main language"),
        choices=settings.LANGUAGES,
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy(
            "Fills gaps, and greets visitors whose language the bot does not speak."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("answer_threshold", "clarify_threshold"):
            self.fields[name].widget.attrs |= {"min": 0, "max": 1, "step": 0.01, "data-slider": ""}
        self.fields["keep_percent"].widget.attrs |= {"min": 50, "max": 100, "data-slider": ""}
        if "starters" in self.fields:
            own = Intent.objects.filter(bot=self.instance, is_enabled=True).order_by("name")
            self.fields["starters"].queryset = own  # type: ignore[attr-defined] # a ModelMultipleChoiceField
            self.fields["starters"].help_text = _("Four at most. Visitors see them as buttons.")
            self.fields["starters"].widget = forms.CheckboxSelectMultiple(
                choices=[(intent.pk, intent.title or intent.name) for intent in own]
            )

    def owner(self) -> Bot | None:
        return self.instance if self.instance.pk else None

    def lines_known(self) -> Mapping[str, list[str]]:
        known: dict[str, list[str]] = {}
        for code, text in self.instance.out_of_scope.values_list("language", "text"):
            known.setdefault(code, []).append(text)
        return known

    def lines_check(self, lines: list[str]) -> object:
        return out_of_scope_clean(lines)

    def clean_starters(self) -> Any:
        starters = self.cleaned_data["starters"]
        if len(starters) > MAX_STARTERS:
            raise ValidationError(_("Choose four at most."))
        return starters

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        values = self.cleaned_data
        main = values.get("default_language")
        if main and main not in values.get("languages", [main]):
            self.add_error("default_language", _("The bot has to speak its main language."))
        elif main and not values.get(f"name_{main}", "?"):
            self.add_error(f"name_{main}", _("The bot needs a name in its main language."))
        if values.get("clarify_threshold", 0) > values.get("answer_threshold", 1):
            self.add_error(
                "clarify_threshold", _("This can't be higher than “sure enough to answer”.")
            )
        return cleaned


@admin.register(Bot)
class BotAdmin(TeachingAdmin):
    """Who talks, in which languages, and how sure it must be."""

    form = BotForm
    change_form_template = "conversations_admin/bot.html"
    translated = TRANSLATED
    parts = 3
    list_display = ("shown_name", "slug", "intent_count", "live")
    search_fields = ("slug", *localized(["name"], languages_of(None)))
    list_select_related = ("live_release",)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        texts = localized(TRANSLATED, languages_of(None))
        starters = ["starters"] if obj else []
        return [(None, {"fields": [*OWN_FIELDS, *starters, *texts]})]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "colour":
            kwargs["widget"] = UnfoldAdminColorInputWidget(attrs={"type": "color"})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Bot]:
        found: QuerySet[Bot] = super().get_queryset(request)
        return found.annotate(count=Count("intents", filter=Q(intents__is_enabled=True)))

    @admin.display(description=gettext_lazy("name"))
    def shown_name(self, bot: Bot) -> str:
        return str(bot)

    @admin.display(description=gettext_lazy("intents in use"), ordering="count")
    def intent_count(self, bot: Any) -> int:
        count: int = bot.count
        return count

    @admin.display(description=gettext_lazy("live release"))
    def live(self, bot: Bot) -> str:
        return str(bot.live_release.number) if bot.live_release else _("not published yet")

    def missing(self, form: LinesForm, code: str) -> list[str]:
        bot = form.instance
        checks = (
            (bool(getattr(bot, f"name_{code}")), _("no name")),
            (bool(getattr(bot, f"greeting_{code}")), _("no greeting")),
            (bool(form[form.lines_field(code)].initial), _("no out-of-scope examples")),
        )
        return [problem for is_there, problem in checks if not is_there]

    def lines_replace(self, obj: Any, code: str, lines: list[str]) -> Replaced:
        return out_of_scope_replace(bot=obj, language=code, lines=lines)

    def lines_message(self, done: LinesDone) -> list[str]:
        return examples_message(done)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        bot: Bot | None = kwargs.get("obj")
        context["may_publish"] = request.user.has_perm(MAY_PUBLISH)
        context["palette"] = _palette(context["adminform"].form["colour"].value())
        context["live"] = bot.live_release if bot else None
        return super().render_change_form(request, context, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("palette/", view(self.palette), name="conversations_bot_palette"),
            path("<int:pk>/publish/", view(self.publish), name="conversations_bot_publish"),
        ]
        return own + list(super().get_urls())

    def palette(self, request: HttpRequest) -> HttpResponse:
        """The shades of a colour, for the preview on the page."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        found = _palette(request.GET.get("colour", ""))
        if found is None:
            return HttpResponseBadRequest()
        return JsonResponse(found)

    def publish(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask first, saying what would change; then freeze the draft and train it."""
        if not request.user.has_perm(MAY_PUBLISH):
            raise PermissionDenied
        bot: Bot = get_object_or_404(Bot.objects.select_related("live_release"), pk=pk)
        if request.method == "POST":
            note = request.POST.get("note", "").strip()[:300]
            release = release_publish(bot=bot, note=note, user=request.user)  # type: ignore[arg-type] # staff have accounts
            self.log_change(request, bot, _("Published as release %d.") % release.number)
            return redirect(reverse("admin:conversations_release_change", args=[release.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Publish %(bot)s") % {"bot": bot},
            "bot": bot,
            "live": bot.live_release,
            "changes": changes_between(
                bot.live_release.content if bot.live_release else None, snapshot_of(bot)
            ),
            "unfinished": bot.releases.filter(
                state__in=(Release.State.QUEUED, Release.State.TRAINING)
            ).first(),
        }
        return render(request, "conversations_admin/publish.html", context)


def _palette(colour: Any) -> dict[str, Any] | None:
    try:
        found = palette(str(colour))
    except ValueError:
        return None
    return {
        "adjusted": found.adjusted,
        **{
            f"{name}_{appearance}": getattr(shades, name)
            for appearance, shades in (("light", found.light), ("dark", found.dark))
            for name in ("accent", "tint", "on_accent")
        },
    }
