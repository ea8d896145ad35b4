"""Comparisons and decisions in admin: found by state and agreement, read as they are in S3."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from labeler.accounts.models import User
from labeler.adjudication.models import Comparison, Gold, Touched
from labeler.admin_records import RecordAdmin, once
from labeler.labeling.admin.filters import ProjectFilter, StateFilter
from labeler.labeling.admin.posts import WIDE, PostAdmin
from labeler.labeling.models import Post
from labeler.labeling.pages.drawing import drawn
from pipeline.schema import Span

MOST_SHOWN = 20  # events of a post


admin.site.unregister(Post)


class AgreementFilter(admin.SimpleListFilter):
    """Posts by what comparing their annotations found."""

    title = parameter_name = "agreement"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(one, one) for one in ("agreed", "disputed", "sent back", "decided")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(comparison__state=self.value()) if self.value() else queryset


@admin.register(Post)
class ReviewedPostAdmin(PostAdmin):
    """Posts with what their annotations agree on, and what reviewers did to them."""

    list_filter = (ProjectFilter, StateFilter, AgreementFilter, *PostAdmin.list_filter[2:])
    leads = {"agreement": lambda given: Comparison.objects.filter(state=given), **PostAdmin.leads}
    fields = (*PostAdmin.fields[:3], "done", *PostAdmin.fields[3:])
    readonly_fields = fields

    @admin.display(description="what was done to it")
    @once
    def done(self, post: Post) -> SafeString | str:
        """By whom, when and why: the last first."""
        touched = Touched.objects.filter(task=post.task).select_related("event").order_by("-event__n")
        rows = [one.event for one in touched[:MOST_SHOWN]]
        names = dict(User.objects.filter(labeler_id__in=[one.by for one in rows]).values_list("labeler_id", "username"))
        told = [(one.kind, names.get(one.by, one.by), f"{one.at:%F %R}", one.why) for one in rows]
        return format_html_join(mark_safe("<br>"), "{} by {}, {}: {}", told) or "nothing"


@admin.register(Comparison)
class ComparisonAdmin(RecordAdmin):
    list_display = ("heading", "state", "answers", "agreement", "at", "project", "decide")
    list_filter = (ProjectFilter, "state")
    list_select_related = ("post", "project")
    ordering = ("-id",)
    fields = ("heading", "project", "state", "answers", "agreement", "at", "reviewer", "decide")
    readonly_fields = fields
    search_fields = ("post__post_id__exact",)
    search_help_text = "post id"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Comparison]:
        return super().get_queryset(request).defer(*(f"post__{name}" for name in WIDE))

    @admin.display(description="post")
    def heading(self, row: Comparison) -> str:
        return str(row.post)

    @admin.display(description="span F1, exact")
    def agreement(self, row: Comparison) -> str:
        return f"{row.exact:.2f}"

    @admin.display(description="decide")
    def decide(self, row: Comparison) -> SafeString:
        return format_html(
            '<a href="{}">open</a>', reverse("adjudication:dispute", args=[row.project.slug, row.task_id])
        )


@admin.register(Gold)
class GoldAdmin(RecordAdmin):
    list_display = ("post", "n", "current", "by", "decided_at", "stored", "project")
    list_filter = (ProjectFilter, "current")
    list_select_related = ("task__post", "project")
    ordering = ("-id",)
    search_fields = ("task__post__post_id__exact", "by__exact")
    search_help_text = "post id, or the id of who decided"
    fields = ("post", "by", "decided_at", "labelled", "comment", "basis", "n", "current", "stored", "key")
    readonly_fields = fields

    class Media:
        css = {"all": ("labelmill/tokens.css", "labelmill/spans.css", "labelmill/admin.css")}

    @admin.display(description="post")
    def post(self, row: Gold) -> str:
        return str(row.task.post)

    @admin.display(description="in S3", boolean=True)
    def stored(self, row: Gold) -> bool:
        return row.stored_at is not None

    @admin.display(description="object in S3")
    def key(self, row: Gold) -> str:
        return row.record().key

    @admin.display(description="rests on")
    def basis(self, row: Gold) -> str:
        return "\n".join(row.extra.get("basis", ())) or "nothing that is recorded"

    @admin.display(description="text as decided")
    @once
    def labelled(self, row: Gold) -> SafeString:
        spans = [Span.from_json(one) for one in row.spans]
        return drawn(row.task.post, spans, {one.name: one.color for one in row.project.settings.labels})
