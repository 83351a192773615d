"""Forms of the account pages: allauth's, in our words, with the focus on what is wrong."""

from typing import Any, ClassVar, Final

from allauth.account import forms as allauth
from allauth.core.exceptions import ImmediateHttpResponse
from django import forms
from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from accounts.models import Preferences, User

EMAIL_CHARACTERS: Final = 254
"""The longest address that the table holds; without it PostgreSQL refuses with an error page."""
OFFERED_A_RESET: Final = ("oldpassword", "password")
"""Where allauth links to the reset in the help text; our pages do it below the form."""


class AccountForm(forms.Form):
    """Our labels, no placeholders that repeat them, and the first wrong field gets the focus."""

    labels: ClassVar[dict[str, Any]] = {
        "login": _("E-mail address"),
        "email": _("E-mail address"),
        "password": _("Password"),
        "password1": _("Password"),
        "password2": _("The same password again"),
        "oldpassword": _("Current password"),
        "remember": _("Keep me signed in on this device"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            if name in OFFERED_A_RESET:
                field.help_text = ""
            if isinstance(field, forms.EmailField):
                field.validators.append(MaxLengthValidator(EMAIL_CHARACTERS))
                field.widget.attrs["maxlength"] = EMAIL_CHARACTERS
                field.widget.attrs["dir"] = "ltr"

    def full_clean(self) -> None:
        super().full_clean()
        wrong = next((name for name in self.fields if name in self.errors), None)
        if wrong is not None:
            self.fields[wrong].widget.attrs["autofocus"] = True


class SignInForm(AccountForm, allauth.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What password managers look for beside a password.
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class SignUpForm(AccountForm, allauth.SignupForm):
    def try_save(self, request: HttpRequest) -> Any:
        """Account, subject and address at once; a second click finds the account made."""
        try:
            with transaction.atomic():
                return super().try_save(request)
        except IntegrityError as error:
            raise ImmediateHttpResponse(redirect("account_login")) from error


class AskForResetForm(AccountForm, allauth.ResetPasswordForm):
    pass


class ResetPasswordForm(AccountForm, allauth.ResetPasswordKeyForm):
    labels: ClassVar = AccountForm.labels | {"password1": _("New password")}


class ChangePasswordForm(AccountForm, allauth.ChangePasswordForm):
    labels: ClassVar = AccountForm.labels | {"password1": _("New password")}


class SetPasswordForm(AccountForm, allauth.SetPasswordForm):
    pass


class ConfirmPasswordForm(AccountForm, allauth.ReauthenticateForm):
    pass


class ChangeEmailForm(AccountForm, allauth.AddEmailForm):
    labels: ClassVar = AccountForm.labels | {"email": _("New e-mail address")}


def language_choices() -> list[tuple[str, Any]]:
    """Every language of the site under its own name, and the browser's choice."""
    named = [
        (code, get_language_info(code)["name_local"].capitalize())
        for code, _name in settings.LANGUAGES
    ]
    return [("", _("The language of my browser")), *named]


class PreferencesForm(forms.Form):
    """A person's own settings."""

    name = forms.CharField(
        label=_("Name"),
        max_length=User._meta.get_field("name").max_length,
        required=False,
        help_text=_("How we address you. Leave it empty if you like."),
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
    )
    language = forms.ChoiceField(label=_("Language"), choices=language_choices, required=False)
    theme = forms.ChoiceField(label=_("Appearance"), choices=Preferences.Theme.choices)
