"""Decided answers: read and decide."""

from django.http import HttpRequest
from ninja import Router, Status

from labeler.adjudication import decisions as adjudicating
from labeler.adjudication.models import Gold
from labeler.api import representations
from labeler.api.authentication import ApiKeyBearer, user_of
from labeler.api.paging import After, Limit, page
from labeler.api.repeats import once
from labeler.api.routes import found
from labeler.api.schemas import Decide, Out
from pipeline.schema import Json

router = Router(tags=["gold"])


@router.get("/projects/{slug}/gold", auth=ApiKeyBearer("read"), response={200: Out})
def decisions(request: HttpRequest, slug: found.Slug, after: After = "", limit: Limit = 50) -> Json:
    """Every decision, overruled ones too, as it lies in S3."""
    rows = Gold.objects.filter(project=found.project(slug)).select_related(*Gold.RELATED)
    return page(rows, after, limit, representations.gold)


@router.post(
    "/projects/{slug}/posts/{post_id}/gold",
    auth=ApiKeyBearer("gold"),
    response={201: Json},
)
def decide(request: HttpRequest, slug: found.Slug, post_id: found.PostId, given: Decide) -> Status[Json]:
    """Decides on a post; another decision later overrules it. `Idempotency-Key` is honoured."""
    row = found.post(found.project(slug), post_id, given.revision)

    def work() -> tuple[int, Json]:
        spans = [(one.first, one.last, one.label) for one in given.spans]
        return 201, representations.gold(
            adjudicating.decide(row.task, spans, user_of(request).labeler_id, given.comment, independent=True)
        )

    return Status(*once(request, work))
