"""How a person likes the site, and how they want to be called."""

from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Preferences, User
from accounts.services.identity import subject_ensure


def preferences_update(
    *, subject_id: UUID, language: str | None = None, theme: str | None = None
) -> Preferences:
    """Change what is given, keep what is None; an empty language follows the browser.

    Raises Django's `ValidationError`, by field, for a language or theme that the site lacks.
    """
    with transaction.atomic():
        subject = subject_ensure(subject_id)
        preferences, _created = Preferences.objects.select_for_update().get_or_create(
            subject=subject
        )
        if language is not None:
            _check_language(language)
            preferences.language = language
        if theme is not None:
            preferences.theme = theme
        preferences.full_clean(exclude=["subject"])
        preferences.save()
    return preferences


def _check_language(language: str) -> None:
    if language and language not in dict(settings.LANGUAGES):
        raise ValidationError({"language": _("This site does not speak that language.")})


def name_update(*, user: User, name: str) -> None:
    """Change how the person is called; empty means by e-mail address."""
    user.name = name.strip()
    user.clean_fields(exclude=[f.name for f in User._meta.fields if f.name != "name"])
    user.save(update_fields=["name"])
