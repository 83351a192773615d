"""The frame of the admin: its navigation and its home page."""

from typing import Any, Final

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

GROUPS: Final[tuple[tuple[Promise, tuple[tuple[str, str], ...]], ...]] = (
    (
        _("Content"),
        (
            ("conversations.Bot", "smart_toy"),
            ("conversations.Intent", "lightbulb"),
            ("conversations.Entity", "label"),
        ),
    ),
    (_("Releases"), (("conversations.Release", "rocket_launch"),)),
    (_("Conversations"), (("conversations.Conversation", "forum"),)),
    (
        _("People"),
        (
            ("accounts.User", "person"),
            ("accounts.Subject", "fingerprint"),
            ("accounts.DataKey", "key"),
        ),
    ),
)
"""Groups of the navigation: models in their order, each with an icon of Material Symbols."""


STYLES: Final = ("tokens", "admin", "admin-forms", "admin-figures")


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """What this person may see, grouped; a group without entries is left out."""
    home = {"title": _("Home"), "icon": "home", "link": reverse("admin:index")}
    home["active"] = request.path == home["link"]
    groups: list[dict[str, Any]] = [{"items": [home]}]
    for title, entries in GROUPS:
        items = [item for entry in entries for item in _item(request, *entry)]
        if items:
            groups.append({"title": title, "items": items})
    return groups


def _item(request: HttpRequest, label: str, icon: str) -> list[dict[str, Any]]:
    model = apps.get_model(label)
    if not admin.site.is_registered(model):
        return []
    if not admin.site.get_model_admin(model).has_view_or_change_permission(request):
        return []
    name = f"{model._meta.app_label}_{model._meta.model_name}"
    link = reverse(f"admin:{name}_changelist")
    is_active = request.path.startswith(link)
    title = str(model._meta.verbose_name_plural).capitalize()
    return [{"title": title, "icon": icon, "link": link, "active": is_active}]


def frame(request: HttpRequest) -> dict[str, Any]:
    """What every page of the admin looks like."""
    icon = {"rel": "icon", "type": "image/svg+xml", "href": static("img/favicon.svg")}
    return {
        # The theme would write its colours into an inline style sheet, which the policy refuses;
        # they stand in admin.css.
        "colors": None,
        "styles": [static(f"css/{name}.css") for name in STYLES],
        "site_favicons": [icon],
    }
