"""Annotations in admin: whose, of what, where in S3, what came before, and the text as it was labelled."""

from django.contrib import admin
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Upper
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from labeler.accounts.models import User
from labeler.admin_records import RecordAdmin, is_list, once
from labeler.labeling.admin.filters import LabelFilter, ProjectFilter, StoredFilter
from labeler.labeling.admin.posts import WIDE, found
from labeler.labeling.models import Annotation, LabeledSpan, Post, Project
from labeler.labeling.pages.drawing import drawn
from pipeline.schema import Span


@admin.register(Annotation)
class AnnotationAdmin(RecordAdmin):
    list_display = ("post", "labeler", "kind", "span_count", "second_opinion", "flagged", "submitted_at", "stored")
    list_display_links = ("post",)
    list_filter = (ProjectFilter, LabelFilter, "kind", "current", "flagged", "second_opinion", StoredFilter)
    list_select_related = ("task__post", "labeler", "project")
    search_fields = ("task__post__title",)  # that there is a search; what it does is in `get_search_results`
    search_help_text = "post id, labeler, words of the title, or a labelled phrase in quotes"
    ordering = ("-submitted_at", "-id")
    fields = (
        *("post", "labeler", "kind", "labelled", "reason", "comment", "history", "flagged", "second_opinion", "n"),
        *("submitted_at", "active_seconds", "guideline_version", "settings_event", "suggestions", "stored", "key"),
    )
    readonly_fields = fields

    class Media:
        css = {"all": ("labelmill/tokens.css", "labelmill/spans.css", "labelmill/admin.css")}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Annotation]:
        rows = super().get_queryset(request)
        if is_list(request):
            rows = rows.defer(*(f"task__post__{name}" for name in WIDE))
        return rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Annotation], search_term: str
    ) -> tuple[QuerySet[Annotation], bool]:
        words = search_term.strip()
        if len(words) > 2 and words[0] == words[-1] == '"':
            # By project, which the index of phrases begins with.
            of_projects = LabeledSpan.objects.filter(project__in=list(Project.objects.values_list("pk", flat=True)))
            spans = of_projects.annotate(upper=Upper("words")).filter(upper=Upper(Value(words[1:-1])))
            return queryset.filter(pk__in=spans.values("annotation")), False
        if not words:
            return queryset, False
        if labelers := list(User.objects.filter(Q(username=words) | Q(labeler_id=words))):
            return queryset.filter(labeler__in=labelers), False
        return queryset.filter(task__post__in=found(Post.objects.all(), words).values("pk")), False

    @admin.display(description="post")
    def post(self, row: Annotation) -> str:
        return str(row.task.post)

    @admin.display(description="spans")
    def span_count(self, row: Annotation) -> int:
        return len(row.spans)

    @admin.display(description="in S3", boolean=True)
    def stored(self, row: Annotation) -> bool:
        return row.stored_at is not None

    @admin.display(description="object in S3")
    def key(self, row: Annotation) -> str:
        return row.record().key

    @admin.display(description="history of this labeler's answers")
    @once
    def history(self, row: Annotation) -> SafeString:
        answers = Annotation.objects.filter(task=row.task, labeler=row.labeler).order_by("n")
        links = [
            (reverse("admin:labeling_annotation_change", args=[one.pk]), one.n, one.kind, f"{one.submitted_at:%F %R}")
            for one in answers
        ]
        return format_html_join(" → ", '<a href="{}">{}: {}, {}</a>', links)

    @admin.display(description="text as labelled")
    @once
    def labelled(self, row: Annotation) -> SafeString:
        post = row.task.post
        link = format_html('<p><a href="{}">the post</a></p>', reverse("admin:labeling_post_change", args=[post.pk]))
        spans = [Span.from_json(one) for one in row.spans]
        return link + drawn(post, spans, {one.name: one.color for one in row.project.settings.labels})
