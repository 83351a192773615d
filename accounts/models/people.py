"""People: data subjects with their keys, accounts that sign in, preferences."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chatbot_site.lib.datamap import DataClass, Erasure, FieldPrivacy
from chatbot_site.lib.ids import uuid7

ACCOUNT_FIELD = FieldPrivacy(
    DataClass.PERSONAL,
    "sign-in",
    "while the account exists",
    export=True,
    erasure=Erasure.DELETE_ROW,
)


class Subject(models.Model):
    """A person whose data we hold, signed in or not."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    erased_at = models.DateTimeField(null=True, editable=False)

    privacy: ClassVar = {
        "id": FieldPrivacy(
            DataClass.PSEUDONYMOUS,
            "tells people apart",
            "with the data",
            export=True,
            erasure=Erasure.KEEP,
        ),
    }
    not_personal: ClassVar = ("created_at", "erased_at")

    class Meta:
        verbose_name = _("data subject")
        verbose_name_plural = _("data subjects")

    def __str__(self) -> str:
        return str(self.id)


class DataKey(models.Model):
    """A subject's data key, wrapped by the master key; deleting the row erases what it sealed."""

    subject = models.OneToOneField(Subject, on_delete=models.CASCADE, related_name="key")
    key_id = models.BigIntegerField(unique=True, editable=False)
    kek_id = models.CharField(max_length=16, editable=False)
    wrapped = models.BinaryField(editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    privacy: ClassVar = {
        "wrapped": FieldPrivacy(
            DataClass.SECRET,
            "opens the person's texts",
            "until erasure",
            export=False,
            erasure=Erasure.DESTROY_KEY,
        ),
    }
    not_personal: ClassVar = ("id", "subject", "key_id", "kek_id", "created_at")

    def __str__(self) -> str:
        return f"{self.key_id:016x}"


class UserManager(BaseUserManager["User"]):
    """Makes accounts; an e-mail address is the only name a person needs."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.full_clean(exclude=["subject"])
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """An account. Signs in by e-mail; staff roles are groups."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    is_staff = models.BooleanField(_("may enter the admin"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)
    subject = models.OneToOneField(
        Subject,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="user",
        editable=False,
    )

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    privacy: ClassVar = {
        "email": ACCOUNT_FIELD,
        "name": ACCOUNT_FIELD,
        "last_login": ACCOUNT_FIELD,
        "date_joined": ACCOUNT_FIELD,
        "password": FieldPrivacy(
            DataClass.SECRET,
            "sign-in",
            "while the account exists",
            export=False,
            erasure=Erasure.DELETE_ROW,
        ),
    }
    not_personal: ClassVar = (
        "id",
        "subject",
        "is_staff",
        "is_active",
        "is_superuser",
        "groups",
        "user_permissions",
    )

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("email"), name="accounts_user_email_any_case")
        ]

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name or self.email.partition("@")[0]


class Preferences(models.Model):
    """How a person likes the site; kept across conversations and devices once signed in."""

    class Theme(models.TextChoices):
        SYSTEM = "system", _("Like the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    subject = models.OneToOneField(Subject, on_delete=models.CASCADE, related_name="preferences")
    language = models.CharField(_("language"), max_length=10, blank=True)
    theme = models.CharField(
        _("appearance"), max_length=10, choices=Theme.choices, default=Theme.SYSTEM
    )

    privacy: ClassVar = {
        name: FieldPrivacy(
            DataClass.PERSONAL,
            "shows the site as the person likes it",
            "while the account exists",
            export=True,
            erasure=Erasure.DELETE_ROW,
        )
        for name in ("language", "theme")
    }
    not_personal: ClassVar = ("id", "subject")

    class Meta:
        verbose_name = _("preferences")
        verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return f"{self.language or '–'}, {self.theme}"
