"""Read projects, posts, annotations and agreement; propose labels."""

from collections.abc import Iterator
from typing import Annotated, Any

from django.db import transaction
from django.http import HttpRequest
from ninja import Query, Router, Status

from labeler.api import shown
from labeler.api.access import ApiKeyBearer
from labeler.api.paging import After, Limit, page
from labeler.api.repeats import once
from labeler.api.routes import found
from labeler.api.schemas import Out, Suggest, SuggestedPost
from labeler.labeling.models import Annotation, Post, Project, Task
from labeler.labeling.spans import Refused
from labeler.review.agreement.tally import Tally
from labeler.review.releases.choosing import Filters, choices
from pipeline.schema import Suggestion

router = Router(tags=["read"])
READ = ApiKeyBearer("read")
MOST_AGREEMENT = 20_000  # posts counted while a request waits

Word = Annotated[str, Query(max_length=200)]


@router.get("/projects", auth=READ, response=Out)
def projects(request: HttpRequest, after: After = "", limit: Limit = 50) -> Any:
    return page(Project.objects.all(), after, limit, shown.project)


@router.get("/projects/{slug}", auth=READ, response={200: dict[str, Any]})
def project(request: HttpRequest, slug: found.Slug) -> Any:
    """Its label set, tokenizer and guideline version."""
    return shown.project(found.project(slug))


@router.get("/projects/{slug}/posts", auth=READ, response={200: Out})
def posts(
    request: HttpRequest, slug: found.Slug, after: After = "", limit: Limit = 50, language: Word = "", source: Word = ""
) -> Any:
    """All texts of all posts that are not deleted, without the texts themselves."""
    rows = Post.objects.filter(project=found.project(slug)).select_related("task")
    rows = rows.exclude(task__state=Task.State.DELETED)
    rows = rows.defer("text", "packed_steps", "packed_words", "suggested", "extra")
    if language:
        rows = rows.filter(language=language)
    if source:
        rows = rows.filter(source=source)
    return page(rows, after, limit, shown.post)


@router.get("/projects/{slug}/posts/{post_id}", auth=READ, response={200: dict[str, Any]})
def post(request: HttpRequest, slug: found.Slug, post_id: found.PostId, revision: Word = "") -> Any:
    """With text, tokens and suggestions; the current text unless a revision is named."""
    return shown.whole_post(found.post(found.project(slug), post_id, revision))


@router.get("/projects/{slug}/annotations", auth=READ, response={200: Out})
def annotations(request: HttpRequest, slug: found.Slug, after: After = "", limit: Limit = 50) -> Any:
    """Every answer, corrected and withdrawn ones too, as it lies in S3."""
    rows = Annotation.objects.filter(project=found.project(slug)).select_related("project", "task__post", "labeler")
    return page(rows, after, limit, shown.annotation)


@router.get("/projects/{slug}/agreement", auth=READ, response={200: dict[str, Any]})
def agreement(request: HttpRequest, slug: found.Slug) -> Any:
    """Of posts with two answers or more: F1 of spans and alpha of tokens, in all, per label, pair and week."""
    tally = Tally()
    for choice in choices(found.project(slug), Filters()):
        if len(choice.answers) > 1:
            held = {row.labeler.labeler_id: row.spans for row in choice.answers}
            tally.add(held, len(choice.task.post.words), max(row.submitted_at for row in choice.answers))
            if tally.posts >= MOST_AGREEMENT:
                break
    return {**tally.to_json(), "complete": tally.posts < MOST_AGREEMENT}


@router.post(
    "/projects/{slug}/suggestions",
    auth=ApiKeyBearer("suggest"),
    tags=["suggest"],
    response={200: dict[str, Any]},
)
def suggest(request: HttpRequest, slug: found.Slug, given: Suggest) -> Any:
    """Proposes labels for posts. Answered posts are passed over and counted. `Idempotency-Key` is honoured."""
    row = found.project(slug)
    return Status(*once(request, lambda: (200, _suggest(row, given))))


def _suggest(project: Project, given: Suggest) -> dict[str, Any]:
    names = {one.name for one in project.settings.labels}
    changed = answered = 0
    with transaction.atomic():
        for at, one in enumerate(given.posts):
            row = found.post(project, one.post_id, one.revision)
            proposed = list(_proposed(f"posts[{at}]", one, row, names, given.by))
            if row.task.state != Task.State.OPEN:
                answered += 1
                continue
            kept = [held for held in row.suggestions if held.by != given.by]
            both = sorted([*kept, *proposed], key=lambda held: (held.start, held.end, held.label))
            Post.objects.filter(pk=row.pk).update(suggested=[held.to_json() for held in both])
            changed += 1
    return {"changed": changed, "answered": answered}


def _proposed(where: str, one: SuggestedPost, row: Post, names: set[str], by: str) -> Iterator[Suggestion]:
    for at, span in enumerate(one.spans):
        if not span.start < span.end <= len(row.text):
            allowed = f"start < end <= {len(row.text)}, the length of the text"
            raise Refused(f"{where}.spans[{at}]", [span.start, span.end], allowed)
        if span.label not in names:
            raise Refused(f"{where}.spans[{at}].label", span.label, ", ".join(sorted(names)))
        yield Suggestion(span.start, span.end, span.label, span.score, by)
