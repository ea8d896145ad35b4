"""The token page and what its scripts call. All of it is for labelers, each seeing their own work alone."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from labeler.accounts.access import MemberRequest, allow
from labeler.labeling.answering import answers
from labeler.labeling.models import Annotation, Project
from labeler.labeling.pages import drafts, fragments, guideline, plain_form, work
from labeler.labeling.pages.forms import REASON_WORDS, Submission, body, text
from labeler.labeling.tasks import leases
from labeler.labeling.tasks.membership import project_for
from labeler.numbers import read_number
from pipeline.errors import InvalidInput


@require_GET
@allow("labeler")
def home(request: MemberRequest) -> HttpResponse:
    """Projects one may label, with what waits in each."""
    return render(request, "labeling/home.html", {"here": "label", "rows": work.projects(request.user)})


@require_GET
@allow("labeler")
def label(request: MemberRequest, slug: str) -> HttpResponse:
    """The token page with the next post."""
    project = project_for(request.user, slug)
    lease = leases.next_task(project, request.user)
    return _page(request, project, lease, drafts.load(lease) if lease else {})


@require_GET
@allow("labeler")
def correct(request: MemberRequest, pk: int) -> HttpResponse:
    """The token page with an own answer, to give it anew."""
    answer = _own_answer(request, pk)
    return _page(request, answer.project, work.correction(answer), drafts.state_of(answer), correcting=answer)


@require_http_methods(["GET", "POST"])
@allow("labeler")
def correct_plain(request: MemberRequest, pk: int) -> HttpResponse:
    """The same as a form, for a browser without scripts."""
    answer = _own_answer(request, pk)
    if request.method == "GET":
        given = plain_form.context(answer.project, work.correction(answer), corrected=answer)
        return render(request, "labeling/plain.html", given)
    return plain_form.answer(request, answer.project, corrected=answer)


def _own_answer(request: MemberRequest, pk: int) -> Annotation:
    """404 for what is not theirs, 403 where they are no member of its project any more."""
    own = Annotation.objects.filter(labeler=request.user, current=True).exclude(kind=Annotation.Kind.WITHDRAWN)
    answer = get_object_or_404(own.select_related("task__post", "project", "labeler"), pk=pk)
    project_for(request.user, answer.project.slug)
    return answer


def _page(
    request: MemberRequest,
    project: Project,
    lease: leases.Lease | None,
    state: dict[str, Any],
    correcting: Annotation | None = None,
) -> HttpResponse:
    settings, today = project.settings, work.today(request.user, project)
    context = {
        "here": "mine" if correcting else "label",
        "correcting": correcting,
        "project": project,
        "title": fragments.title(lease.post) if lease else project.name,
        "labels": guideline.labels(settings.labels),
        "guideline": mark_safe(guideline.html(settings.guidelines)),  # noqa: S308  (sanitised there)
        "modules": fragments.MODULES,
        "reasons": REASON_WORDS.items(),
        "today": today,
        "goal": work.goal(today, project, request.user),
        "post": mark_safe(fragments.article(lease, state)) if lease else None,  # noqa: S308  (from a template)
    }
    return render(request, "labeling/label.html", context)


@require_GET
@allow("labeler")
def next_post(request: MemberRequest, slug: str) -> HttpResponse:
    """The next post as a fragment of the page, leased to the caller; 204 when there is none.

    `exclude`: tasks the page holds already.
    """
    try:
        project = project_for(request.user, slug)
    except PermissionDenied:
        return _no_member()
    exclude = [one for one in map(read_number, request.GET.getlist("exclude")) if one is not None]
    lease = leases.next_task(project, request.user, exclude)
    if lease is None:
        return HttpResponse(status=204)
    return HttpResponse(fragments.article(lease, drafts.load(lease)))


def _no_member() -> JsonResponse:
    """For who was taken out of the project while at work in it. As JSON: scripts take other 403s for a log-out."""
    return JsonResponse({"error": "You are no longer a member of this project."}, status=403)


@require_POST
@allow("labeler")
def submit(request: MemberRequest, slug: str) -> JsonResponse:
    """Saves an answer. 400 with the reason where it does not fit the post."""
    try:
        given = Submission.read(body(request))
        saved = answers.submit(given.lease, request.user, given.answer, given.key)
    except InvalidInput as error:
        return _refused(error)
    return JsonResponse({"stored": saved.stored, "second_opinion": saved.second_opinion, "repeated": saved.repeated})


def _refused(error: InvalidInput) -> JsonResponse:
    return JsonResponse({"error": str(error), "field": error.field}, status=400)


def _own_token(request: MemberRequest) -> str:
    """The token of the request, given to the caller. Raises `InvalidInput`, `LeaseLost`."""
    token = text(body(request), "lease")
    if leases.open_token(token).labeler_id != request.user.pk:
        raise leases.LeaseLost("this lease is somebody else's")
    return token


@require_POST
@allow("labeler")
def renew(request: MemberRequest, slug: str) -> JsonResponse:
    """Ten minutes more. 409 when the post went to somebody else."""
    try:
        lease = leases.renew(_own_token(request))
    except InvalidInput as error:
        return _refused(error)
    except leases.LeaseLost as error:
        return JsonResponse({"error": str(error)}, status=409)
    return JsonResponse({"expires_at": lease.expires_at.isoformat()})


@require_POST
@allow("labeler")
def release(request: MemberRequest, slug: str) -> JsonResponse:
    """Gives a post back; silent when it was not held any more."""
    return _let_go(request, leases.release)


@require_POST
@allow("labeler")
def leave(request: MemberRequest, slug: str) -> JsonResponse:
    """The page was closed: its post is free soon, unless a reload or a second tab goes on with it."""
    return _let_go(request, leases.leave)


def _let_go(request: MemberRequest, how: Callable[[str], object]) -> JsonResponse:
    try:
        how(_own_token(request))
    except InvalidInput as error:
        return _refused(error)
    except leases.LeaseLost:
        pass
    return JsonResponse({})


@require_POST
@allow("labeler")
def draft(request: MemberRequest, slug: str) -> JsonResponse:
    """Keeps the state of the post at hand, and its lease. 409 when the post went to somebody else."""
    try:
        drafts.save(leases.renew(_own_token(request)), body(request).get("state"))
    except InvalidInput as error:
        return _refused(error)
    except leases.LeaseLost as error:
        return JsonResponse({"error": str(error)}, status=409)
    return JsonResponse({"saved": True})


@require_POST
@allow("labeler")
def undo(request: MemberRequest, slug: str) -> HttpResponse:
    """Withdraws the caller's last answer and returns its post as a fragment, with the answer as its state.

    204 when there is nothing to take back; 409 when the post cannot be leased to them again.
    """
    try:
        project = project_for(request.user, slug)
    except PermissionDenied:
        return _no_member()
    saved = answers.undo_last(request.user, project)
    if saved is None:
        return HttpResponse(status=204)
    lease = work.lease_of(saved.annotation)
    if lease is None:
        return JsonResponse({"error": "The answer is withdrawn. The post itself is somebody else's now."}, status=409)
    return HttpResponse(fragments.article(lease, drafts.state_of(work.answer_before(saved.annotation))))


@require_http_methods(["GET", "POST"])
@allow("labeler")
def plain(request: MemberRequest, slug: str) -> HttpResponse:
    """The token page as a form, for a browser without scripts."""
    project = project_for(request.user, slug)
    if request.method == "GET":
        lease = leases.next_task(project, request.user)
        said = plain_form.SAID.get(request.GET.get("said", ""), "")
        return render(request, "labeling/plain.html", plain_form.context(project, lease, said=said))
    return plain_form.answer(request, project)


@require_GET
@allow("labeler")
def mine(request: MemberRequest) -> HttpResponse:
    """Today's figures, what was sent back, and own answers, with a search in titles and labelled words."""
    return render(request, "labeling/mine.html", {"here": "mine", **work.own_annotations(request.user, request.GET)})
