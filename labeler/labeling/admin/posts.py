"""Posts in admin: found by id, title and filters; the text drawn with everybody's spans."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from labeler.admin_records import RecordAdmin, is_list, once
from labeler.labeling.admin.filters import (
    EmploymentFilter,
    EndedFilter,
    LanguageFilter,
    NearFilter,
    PostLabelFilter,
    ProjectFilter,
    SourceFilter,
    StateFilter,
    WorkplaceFilter,
)
from labeler.labeling.models import Annotation, LabeledSpan, Post, Task
from labeler.labeling.pages import fragments
from labeler.labeling.pages.drawing import drawn
from labeler.pagination import Leading
from pipeline.schema import Span

MOST_WORDS = 8  # of a search
MOST_SHOWN = 20  # other posts
WIDE = ("text", "packed_steps", "packed_words", "suggested")


@admin.register(Post)
class PostAdmin(RecordAdmin):
    """Apps that do more with posts register a class of their own instead, made from this one."""

    list_display = ("heading", "company", "language", "state", "current", "project", "fetched_at")
    list_display_links = ("heading",)
    list_filter: ClassVar[tuple[Any, ...]] = (
        ProjectFilter,
        StateFilter,
        PostLabelFilter,
        LanguageFilter,
        SourceFilter,
        NearFilter,
        EmploymentFilter,
        WorkplaceFilter,
        EndedFilter,
        "current",
    )
    list_select_related = ("project", "task")
    search_fields = ("title",)  # that there is a search; what it does is in `get_search_results`
    search_help_text = "post id, external id, or words of title and company"
    ordering = ("-pk",)
    fields: ClassVar[tuple[str, ...]] = (
        *("heading", "address", "state", "answers", "labelled", "alike", "project", "company", "location", "says"),
        *("date_posted", "language", "source", "external_id", "post_id", "revision", "fetched_at", "current", "tokens"),
        "tokenizer",
    )
    readonly_fields = fields
    # By parameter of a filter: rows of another model whose column `post` holds the posts that it lets through.
    leads: Mapping[str, Callable[[str], QuerySet[Any]]] = {
        "label": lambda given: LabeledSpan.objects.filter(label=given),
        "state": lambda given: Task.objects.filter(state=given),
    }

    class Media:
        css = {"all": ("labelmill/tokens.css", "labelmill/spans.css", "labelmill/admin.css")}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Post]:
        rows = super().get_queryset(request)
        if not is_list(request):
            return rows.select_related("project", "task")
        if request.GET.get("state") not in Task.State.values:
            rows = rows.exclude(task__state=Task.State.DELETED)
        return rows.defer(*WIDE)  # a list needs no texts

    def leading(self, request: HttpRequest) -> Leading | None:
        given = ((rows, request.GET.get(name)) for name, rows in self.leads.items())
        return next(((rows(value), "post") for rows, value in given if value), None)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Post], search_term: str
    ) -> tuple[QuerySet[Post], bool]:
        return found(queryset, search_term), False

    @admin.display(description="title")
    def heading(self, post: Post) -> str:
        return post.title or post.post_id

    @admin.display(description="state")
    def state(self, post: Post) -> str:
        return post.task.state

    @admin.display(description="nearly the same")
    @once
    def alike(self, post: Post) -> SafeString | str:
        if post.near is None:
            return "no other post"
        others = Post.objects.filter(near=post.near).exclude(pk=post.pk).order_by("pk").only("title", "post_id")
        pairs = [(reverse("admin:labeling_post_change", args=[one.pk]), str(one)) for one in others[:MOST_SHOWN]]
        every = format_html(' (<a href="{}?near={}">all</a>)', reverse("admin:labeling_post_changelist"), post.near)
        return format_html_join(", ", '<a href="{}">{}</a>', pairs) + every

    @admin.display(description="address")
    def address(self, post: Post) -> SafeString | str:
        if not post.url.startswith(("https://", "http://")):
            return post.url
        return format_html('<a href="{0}" rel="noopener noreferrer" target="_blank">{0}</a>', post.url)

    @admin.display(description="details")
    def says(self, post: Post) -> str:
        return " · ".join(fragments.details(post)) or "none known"

    @admin.display(description="tokens")
    def tokens(self, post: Post) -> int:
        return len(post.steps) // 2

    @admin.display(description="tokenizer")
    def tokenizer(self, post: Post) -> str:
        return f"{post.tokenizer_name} {post.tokenizer_version} ({post.tokenizer_sha256[:12]})"

    @admin.display(description="annotations")
    @once
    def answers(self, post: Post) -> SafeString | str:
        links = [
            (reverse("admin:labeling_annotation_change", args=[one.pk]), one.labeler.username, one.n, one.kind)
            for one in self._current(post)
        ]
        return format_html_join(", ", '<a href="{}">{} ({}): {}</a>', links) or "none yet"

    @admin.display(description="text, with the spans of all current annotations")
    @once
    def labelled(self, post: Post) -> SafeString:
        spans = {Span.from_json(span) for one in self._current(post) for span in one.spans}
        return drawn(post, sorted(spans), {one.name: one.color for one in post.project.settings.labels})

    @once
    def _current(self, post: Post) -> list[Annotation]:
        rows = Annotation.objects.filter(task__post=post, current=True)
        return list(rows.select_related("labeler").order_by("id"))


def found(posts: QuerySet[Post], search_term: str) -> QuerySet[Post]:
    """Each word is in the title or company, or is an id. Every condition has an index of its own, so that all have."""
    for word in search_term.split()[:MOST_WORDS]:
        words = Q(title__icontains=word) | Q(company__icontains=word)
        posts = posts.filter(words | Q(post_id=word) | Q(external_id=word))
    return posts
