"""What we tell allauth: whose conversations an account keeps, where to go, how mail is sent."""

import logging
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cookies import remember
from accounts.models import User
from accounts.selectors import preferences_of
from accounts.services.identity import subject_adopt

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """A visitor who signs up keeps the conversations of their session."""

    error_messages: ClassVar = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": gettext_lazy(
            "This address and password don't belong together. Check both, or reset your password."
        ),
        "email_taken": gettext_lazy(
            "There is already an account with this address. Sign in, or reset your password."
        ),
        "duplicate_email": gettext_lazy("This is already the address of your account."),
        "enter_current_password": gettext_lazy("This is not your current password."),
        "incorrect_password": gettext_lazy("This is not your password."),
        "too_many_login_attempts": gettext_lazy(
            "There were too many attempts. Please wait a few minutes before the next one."
        ),
    }

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:  # noqa: FBT001, FBT002 - allauth's signature
        saved: User = super().save_user(request, user, form, commit)
        if commit:
            subject_adopt(user=saved, session=request.session)
        return saved

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """The browser gets the person's language and appearance, when they ever chose them."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        preferences = preferences_of(user)
        if preferences is not None:
            remember(response, preferences)
        return response

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("me")

    def get_email_verification_redirect_url(self, email_address: Any) -> str:
        signed_in = self.request.user.is_authenticated
        return reverse("me") if signed_in else reverse("account_login")

    def get_client_ip(self, request: HttpRequest) -> str:
        """The visitor's address: the connection's, or what the trusted proxies say of it.

        allauth's own answers 500 when a proxy adds no header and 403 on a Unix socket.
        """
        hops = settings.TRUSTED_PROXIES
        names = [n.strip() for n in request.headers.get("x-forwarded-for", "").split(",")]
        if hops and len(names) >= hops and names[-hops]:
            return str(names[-hops])
        return str(request.META.get("REMOTE_ADDR") or "unknown")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail server that does not answer costs the mail, not the sign-up."""
        try:
            super().send_mail(template_prefix, email, {"site_name": settings.SITE_NAME, **context})
        except OSError as error:  # what smtplib raises, too
            log.warning("mail %s was not sent: %s", template_prefix, type(error).__name__)
            messages.error(
                self.request,
                _("We could not send you an e-mail just now. Please try again in a few minutes."),
            )
