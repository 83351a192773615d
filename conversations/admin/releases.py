"""Releases: what is live, how a training goes, what its report says, the way back."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.forms import Script
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display

from chatbot_site.lib.errors import ApplicationError
from conversations.admin.changes import changes_between
from conversations.admin.reports import report_view
from conversations.content import snapshot_of
from conversations.models import Release
from conversations.services.releases import release_rollback

MAY_PUBLISH = "conversations.add_release"
UNFINISHED = (Release.State.QUEUED, Release.State.TRAINING)
LABELS = {
    "live": "success",
    Release.State.QUEUED: "info",
    Release.State.TRAINING: "info",
    Release.State.READY: "primary",
    Release.State.FAILED: "danger",
}
STEPS = {
    "reading phrases": gettext_lazy("Reading the phrases"),
    "embedding": gettext_lazy("Reading the phrases"),
    "held-out scores": gettext_lazy("Testing each phrase on what the others teach"),
    "fitting": gettext_lazy("Learning from all phrases"),
    "written": gettext_lazy("Storing what was learned"),
}
"""What the steps of a training are called for people."""


@admin.register(Release)
class ReleaseAdmin(ModelAdmin):
    """Releases never change; a new one is made by publishing a bot."""

    change_form_template = "conversations_admin/release.html"
    list_display = ("shown_number", "bot", "shown_state", "note", "created_by", "created_at")
    list_filter = ("bot", "state")
    list_filter_sheet = False
    list_select_related = ("bot", "created_by")
    search_fields = ("note",)
    ordering = ("-pk",)
    fields = ("bot", "note")

    class Media:
        js = (Script("js/admin/progress.js", type="module"),)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Release]:
        found: QuerySet[Release] = super().get_queryset(request)
        # Content is the whole bot; a list of releases must not read it.
        return found.defer("content", "report").select_related("bot", "created_by")

    @admin.display(description=gettext_lazy("release"), ordering="number")
    def shown_number(self, release: Release) -> str:
        return _("Release %(number)d") % {"number": release.number}

    @display(description=gettext_lazy("state"), label=LABELS)  # type: ignore[untyped-decorator] # unfold's
    def shown_state(self, release: Release) -> tuple[str, str]:
        if release.bot.live_release_id == release.pk:
            return "live", _("Live")
        return release.state, release.get_state_display()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        release: Release = kwargs["obj"]
        is_live = release.bot.live_release_id == release.pk
        may_publish = request.user.has_perm(MAY_PUBLISH)
        context |= {
            "release": release,
            "title": self.shown_number(release),
            "subtitle": str(release.bot),
            "is_live": is_live,
            "step": _step(release),
            "is_unfinished": release.state in UNFINISHED,
            "report": report_view(release.report, release.bot_id),
            "may_publish": may_publish,
            "may_teach": request.user.has_perm("conversations.change_intent"),
            "may_roll_back": may_publish and not is_live and release.state == Release.State.READY,
        }
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "conversations_release_{}".format
        own = [
            path("<int:pk>/progress/", view(self.progress), name=name("progress")),
            path("<int:pk>/rollback/", view(self.rollback), name=name("rollback")),
        ]
        return own + list(super().get_urls())

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far the training is, for the page that shows it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = Release.objects.only("state", "progress", "step")
        release = get_object_or_404(rows, pk=pk)
        return JsonResponse(
            {
                "state": release.state,
                "label": release.get_state_display(),
                "progress": release.progress,
                "step": _step(release),
                "done": release.state not in UNFINISHED,
            }
        )

    def rollback(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask first, naming the release and what it brings back; then serve it again."""
        if not request.user.has_perm(MAY_PUBLISH):
            raise PermissionDenied
        rows = Release.objects.select_related("bot__live_release")
        release = get_object_or_404(rows, pk=pk)
        live = release.bot.live_release
        if release == live or release.state != Release.State.READY:
            return redirect(reverse("admin:conversations_release_change", args=[pk]))
        if request.method == "POST":
            return self._roll_back(request, release)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Roll back to release %(number)d") % {"number": release.number},
            "release": release,
            "live": live,
            "changes": changes_between(live.content if live else None, release.content),
            "draft_differs": bool(changes_between(release.content, snapshot_of(release.bot))),
        }
        return render(request, "conversations_admin/rollback.html", context)

    def _roll_back(self, request: HttpRequest, release: Release) -> HttpResponse:
        try:
            release_rollback(bot=release.bot, to=release.number, user=request.user)  # type: ignore[arg-type] # staff have accounts
        except ApplicationError as error:
            self.message_user(request, str(error.message), messages.ERROR)
        else:
            said = _("Rolled back to release %(number)d.") % {"number": release.number}
            self.log_change(request, release, said)
            self.message_user(request, said, messages.SUCCESS)
        return redirect(reverse("admin:conversations_release_change", args=[release.pk]))


def _step(release: Release) -> str:
    return str(STEPS.get(release.step, release.step) or release.get_state_display())
