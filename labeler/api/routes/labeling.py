"""Label as a program: the next post, and its answer."""

from django.http import HttpRequest
from ninja import Router, Status

from labeler.api import representations
from labeler.api.authentication import ApiKeyBearer, user_of
from labeler.api.routes import found
from labeler.api.schemas import Submit
from labeler.labeling.answering import answers
from labeler.labeling.tasks import leases
from pipeline.schema import Json

router = Router(tags=["label"])
LABEL = ApiKeyBearer("label")


@router.post("/projects/{slug}/next", auth=LABEL, response={200: Json, 204: None})
def next_post(request: HttpRequest, slug: found.Slug) -> Status[Json | None]:
    """Leases the next post to the key's account for ten minutes; 204 when there is none. Called again before it is
    answered, it gives the same post. `suggestions` are hidden for the share of posts that the project says."""
    lease = leases.next_task(found.project(slug), user_of(request))
    if lease is None:
        return Status(204, None)
    suggested = [one.to_json() for one in lease.suggestions]
    return Status(
        200, {"token": lease.token, "post": {**representations.whole_post(lease.post), "suggestions": suggested}}
    )


@router.post("/submit", auth=LABEL, response={200: Json})
def submit(request: HttpRequest, given: Submit) -> Status[Json]:
    """Saves an answer to a leased post. `stored`: it is in S3; else it is saved and will be."""
    answer = answers.Answer(
        kind=given.kind,
        spans=[(one.first, one.last, one.label) for one in given.spans],
        reason=given.reason,
        comment=given.comment,
        flagged=given.flagged,
        active_seconds=given.active_seconds,
    )
    saved = answers.submit(given.token, user_of(request), answer, given.key)
    return Status(
        200,
        {
            "annotation": representations.annotation(saved.annotation),
            "stored": saved.stored,
            "second_opinion": saved.second_opinion,
            "repeated": saved.repeated,
        },
    )
