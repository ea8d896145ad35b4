"""Accounts in admin: for admins alone."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from labeler.accounts.models import User
from labeler.admin_records import RoleAdmin

if TYPE_CHECKING:
    _AnyUserAdmin = DjangoUserAdmin[User]
else:  # Django's class takes no parameter at run time
    _AnyUserAdmin = DjangoUserAdmin

admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(_AnyUserAdmin, RoleAdmin):
    """Accounts are switched off, not deleted: their annotations stay."""

    form, add_form, change_password_form = UserChangeForm, UserCreationForm, AdminPasswordChangeForm
    read_role = "admin"
    list_display = ("username", "email", "in_groups", "is_active", "last_login", "labeler_id")
    list_filter = ("is_active", "groups")
    search_fields = ("=username", "=labeler_id", "email")
    readonly_fields = ("labeler_id", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password", "labeler_id")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Rights", {"fields": ("is_active", "groups")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    filter_horizontal = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="groups")
    def in_groups(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all())


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, RoleAdmin):
    """The roles; who is in one is set at the account."""

    read_role = "admin"
    fields = ("name",)
    readonly_fields = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
