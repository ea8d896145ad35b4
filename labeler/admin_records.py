"""How admins see objects of record: listed without counting them all, read but never edited in place."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.db.models import Model
from django.http import HttpRequest

from labeler.pagination import KeysetChangeList, Leading

if TYPE_CHECKING:  # the theme's admin is Django's drawn otherwise, and has no types of its own
    from django.contrib.admin import ModelAdmin as _ModelAdmin

    ModelAdmin = _ModelAdmin[Any]
else:
    from unfold.admin import ModelAdmin

Admin = TypeVar("Admin")
Row = TypeVar("Row", bound=Model)
Shown = TypeVar("Shown")


def once(show: Callable[[Admin, Row], Shown]) -> Callable[[Admin, Row], Shown]:
    """What a field shows of a row: worked out once, though the theme asks for each field five times."""

    @wraps(show)
    def shown(self: Admin, row: Row) -> Shown:
        held = row.__dict__.setdefault("_shown", {})
        if show not in held:
            held[show] = show(self, row)
        return held[show]  # type: ignore[no-any-return]

    return shown


def is_list(request: HttpRequest) -> bool:
    """Whether it is for the list of an admin, and not for one row."""
    return request.resolver_match is not None and (request.resolver_match.url_name or "").endswith("changelist")


class RoleAdmin(ModelAdmin):
    """Reviewers read, admins change."""

    show_full_result_count = False
    ordering: ClassVar[tuple[str, ...]] = ("-pk",)
    sortable_by = ()
    list_per_page = 25  # a page of 50 takes the theme 120 ms to draw
    read_role, write_role = "reviewer", "admin"

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[KeysetChangeList]:
        return KeysetChangeList

    def leading(self, request: HttpRequest) -> Leading | None:
        """Where a filter is on another model: which of its rows, in a list that is ordered by `-pk`."""
        return None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.is_authenticated and self.read_role in request.user.roles

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.is_authenticated and self.write_role in request.user.roles

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class RecordAdmin(RoleAdmin):
    """What S3 holds: a change is a new event or a new annotation, made where those are made."""

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
