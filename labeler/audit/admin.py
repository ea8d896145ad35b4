"""The audit log: read by admins, changed by nobody."""

import json

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from labeler.admin_records import RecordAdmin
from labeler.audit.models import AuditEntry


@admin.register(AuditEntry)
class AuditAdmin(RecordAdmin):
    read_role = "admin"
    list_display = ("at", "by", "subject", "action")
    list_display_links = ("at",)
    list_select_related = ("by",)
    search_fields = ("subject",)
    search_help_text = "how the subject begins, as `user ann` or `project jobs`; or who did it"
    ordering = ("-at", "-id")
    fields = ("at", "by", "subject", "action", "from_what", "to_what")
    readonly_fields = fields

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry], search_term: str
    ) -> tuple[QuerySet[AuditEntry], bool]:
        words = search_term.strip()
        return (queryset.filter(Q(subject__startswith=words) | Q(by__username=words)) if words else queryset), False

    def has_add_permission(self, request: object) -> bool:
        return False

    @admin.display(description="before")
    def from_what(self, row: AuditEntry) -> SafeString:
        return _shown(row.before)

    @admin.display(description="after")
    def to_what(self, row: AuditEntry) -> SafeString:
        return _shown(row.after)


def _shown(value: object) -> SafeString:
    return format_html("<pre>{}</pre>", json.dumps(value, ensure_ascii=False, indent=1))
