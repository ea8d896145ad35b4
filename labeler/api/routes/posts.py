"""Read projects, posts, annotations and agreement; propose labels."""

from collections.abc import Iterator
from typing import Annotated

from django.db import transaction
from django.http import Http404, HttpRequest
from ninja import Query, Router, Status

from labeler.adjudication.agreement.tally import Tally
from labeler.api import representations
from labeler.api.authentication import ApiKeyBearer
from labeler.api.paging import After, Limit, page
from labeler.api.repeats import once
from labeler.api.routes import found
from labeler.api.schemas import Out, Suggest, SuggestedPost
from labeler.datasets.releases.selection import Filters, choices
from labeler.labeling import pushing
from labeler.labeling.models import Annotation, Post, Project, Task
from pipeline.errors import InvalidInput
from pipeline.schema import Json, Suggestion

router = Router(tags=["read"])
READ = ApiKeyBearer("read")
MOST_AGREEMENT = 20_000  # posts counted while a request waits

Word = Annotated[str, Query(max_length=200)]


@router.get("/projects", auth=READ, response=Out)
def projects(request: HttpRequest, after: After = "", limit: Limit = 50) -> Json:
    return page(Project.objects.all(), after, limit, representations.project)


@router.get("/projects/{slug}", auth=READ, response={200: Json})
def project(request: HttpRequest, slug: found.Slug) -> Json:
    """Its label set, tokenizer and guideline version."""
    return representations.project(found.project(slug))


@router.get("/projects/{slug}/posts", auth=READ, response={200: Out})
def posts(
    request: HttpRequest, slug: found.Slug, after: After = "", limit: Limit = 50, language: Word = "", source: Word = ""
) -> Json:
    """All texts of all posts that are not deleted, without the texts themselves."""
    rows = Post.objects.filter(project=found.project(slug)).select_related("task")
    rows = rows.exclude(task__state=Task.State.DELETED)
    rows = rows.defer("text", "packed_steps", "packed_words", "suggested", "extra")
    if language:
        rows = rows.filter(language=language)
    if source:
        rows = rows.filter(source=source)
    return page(rows, after, limit, representations.post)


@router.get("/projects/{slug}/posts/{post_id}", auth=READ, response={200: Json})
def post(request: HttpRequest, slug: found.Slug, post_id: found.PostId, revision: Word = "") -> Json:
    """With text, tokens and suggestions; the current text unless a revision is named."""
    return representations.whole_post(found.post(found.project(slug), post_id, revision))


@router.get("/projects/{slug}/annotations", auth=READ, response={200: Out})
def annotations(request: HttpRequest, slug: found.Slug, after: After = "", limit: Limit = 50) -> Json:
    """Every answer, corrected and withdrawn ones too, as it lies in S3."""
    rows = Annotation.objects.filter(project=found.project(slug)).select_related("project", "task__post", "labeler")
    return page(rows, after, limit, representations.annotation)


@router.get("/projects/{slug}/agreement", auth=READ, response={200: Json})
def agreement(request: HttpRequest, slug: found.Slug) -> Json:
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
    response={200: Json},
)
def suggest(request: HttpRequest, slug: found.Slug, given: Suggest) -> Status[Json]:
    """Proposes labels for posts. Answered posts are passed over and counted. `Idempotency-Key` is honoured."""
    row = found.project(slug)
    return Status(*once(request, lambda: (200, _suggest(row, given))))


def _suggest(project: Project, given: Suggest) -> Json:
    names = {one.name for one in project.settings.labels}
    with transaction.atomic():
        texts = _texts(project, given)
        proposed, answered = [], 0
        for at, one in enumerate(given.posts):
            post = texts.get((one.post_id, one.revision))
            if post is None:
                raise Http404(f"posts[{at}]: project {project.slug!r} has no such post {one.post_id} {one.revision}")
            spans = list(_proposed(f"posts[{at}]", one, post, names, given.by))
            if post.task.state == Task.State.OPEN:
                proposed.append((post, spans))
            else:
                answered += 1
        pushing.push(project, given.by, proposed)
    return {"changed": len(proposed), "answered": answered}


def _texts(project: Project, given: Suggest) -> dict[tuple[str, str], Post]:
    """By post_id and revision; the current one of a post, the newest of several languages, by the revision "" too."""
    found = {}
    for post in pushing.posts_of(project, {one.post_id for one in given.posts}):
        found[post.post_id, post.revision] = post
        if post.current:
            found[post.post_id, ""] = post
    return found


def _proposed(where: str, one: SuggestedPost, row: Post, names: set[str], by: str) -> Iterator[Suggestion]:
    for at, span in enumerate(one.spans):
        if not span.start < span.end <= len(row.text):
            allowed = f"start < end <= {len(row.text)}, the length of the text"
            raise InvalidInput(f"{where}.spans[{at}]", [span.start, span.end], allowed)
        if span.label not in names:
            raise InvalidInput(f"{where}.spans[{at}].label", span.label, ", ".join(sorted(names)))
        yield Suggestion(span.start, span.end, span.label, span.score, by)
