"""What we tell allauth: where accounts get their data subject from."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from accounts.models import User
from accounts.services.identity import subject_adopt


class AccountAdapter(DefaultAccountAdapter):
    """A visitor who signs up keeps the conversations of their session."""

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:  # noqa: FBT001, FBT002 - allauth's signature
        saved: User = super().save_user(request, user, form, commit)
        if commit:
            subject_adopt(user=saved, session=request.session)
        return saved
