"""A person's own pages."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods

from accounts.cookies import remember
from accounts.forms import PreferencesForm
from accounts.models import Preferences, User
from accounts.policy import may_enter_admin, roles_of
from accounts.selectors import preferences_of
from accounts.services.identity import subject_id_of
from accounts.services.preferences import name_update, preferences_update


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def me(request: HttpRequest) -> HttpResponse:
    """Name, language, appearance; ways to the address, the password and the end of the session."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - tells the type checker what login_required holds
    form = PreferencesForm(request.POST or None, initial=_initial(user))
    if request.method == "POST" and form.is_valid():
        return _saved(request, user, form)
    context = {"form": form, "roles": roles_of(user), "may_enter_admin": may_enter_admin(user)}
    return render(request, "accounts/me.html", context)


def _initial(user: User) -> dict[str, str]:
    preferences = preferences_of(user) or Preferences()
    return {"name": user.name, "language": preferences.language, "theme": preferences.theme}


def _saved(request: HttpRequest, user: User, form: PreferencesForm) -> HttpResponse:
    chosen = form.cleaned_data
    with transaction.atomic():
        name_update(user=user, name=chosen["name"])
        preferences = preferences_update(
            subject_id=subject_id_of(request.session, user),
            language=chosen["language"],
            theme=chosen["theme"],
        )
    response = redirect("me")
    remember(response, preferences)
    with override(preferences.language or request.LANGUAGE_CODE):
        messages.success(request, _("Your settings are saved."))
    return response
