"""People in the admin: accounts with their roles; subjects and keys to look at, never to touch."""

from typing import Any, ClassVar

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.models import DataKey, Subject, User

# Staff come in by the site's own sign-in, with its limits on attempts.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # as allauth documents it
admin.site.unregister(Group)
admin.site.unregister(EmailAddress)  # people confirm and change their address on their own pages


class AccountCreationForm(UserCreationForm):
    """Addresses in small letters, so that nobody has two accounts that differ in one capital."""

    class Meta:
        model = User
        fields = ("email", "name")

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if User.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError(_("There is already an account with this address."))
        return email


@admin.register(User)
class AccountAdmin(UserAdmin, ModelAdmin):  # type: ignore[type-arg]  # unfold has no types
    """Who may sign in, and as what. Accounts are closed here, never deleted: erasure does that."""

    form = UserChangeForm
    add_form = AccountCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "name", "roles", "is_staff", "is_active", "last_login")
    list_filter = ("groups", "is_staff", "is_active")
    list_filter_sheet = False
    search_fields = ("email", "name")
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        (_("Access"), {"fields": ("is_active", "is_staff", "groups", "is_superuser")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        found: QuerySet[User] = super().get_queryset(request)
        return found.prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """An address is changed by its owner, who proves it; superusers are made by superusers."""
        fixed: tuple[str, ...] = self.readonly_fields
        if obj is not None:
            fixed = (*fixed, "email")
        return fixed if request.user.is_superuser else (*fixed, "is_superuser")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.display(description=_("roles"))
    def roles(self, user: User) -> str:
        return ", ".join(sorted(group.name for group in user.groups.all())) or "–"


@admin.register(Group)
class RoleAdmin(GroupAdmin, ModelAdmin):
    """Roles and their permissions."""


class ReadOnlyAdmin(ModelAdmin):
    """A list without pages behind it: nothing to add, change or delete."""

    list_display_links = None
    actions = None
    date_hierarchy = "created_at"
    ordering = ("-created_at",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        urls: list[URLPattern] = super().get_urls()
        return [url for url in urls if str(url.name).endswith("_changelist")]


@admin.register(Subject)
class SubjectAdmin(ReadOnlyAdmin):
    """People whose data is held, whether their texts can still be read, when they were erased."""

    list_display = ("id", "user", "created_at", "has_key", "erased_at")
    list_select_related = ("user", "key")
    search_fields = ("id", "user__email")

    @admin.display(description=_("key exists"), boolean=True)
    def has_key(self, subject: Subject) -> bool:
        return hasattr(subject, "key")


@admin.register(DataKey)
class DataKeyAdmin(ReadOnlyAdmin):
    """That a key exists, and which master key wraps it; never the key."""

    list_display = ("subject", "created_at", "kek_id")
    list_filter: ClassVar[Any] = ("kek_id",)
    list_select_related = ("subject",)
