"""The token page without scripts: one step a request, the steps so far kept as the server's draft."""

import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe

from labeler.accounts.access import MemberRequest
from labeler.labeling.answering import answers
from labeler.labeling.models import Annotation, Project
from labeler.labeling.pages import drafts, fragments, guideline, lanes, page, work
from labeler.labeling.pages.forms import REASON_WORDS, PlainForm
from labeler.labeling.tasks import leases
from pipeline.errors import InvalidInput

Spans = list[list[Any]]  # [first token, last token + 1, label], and a score on a suggestion nobody decided on

# What the page after an answer says, by the word in its address.
SAID = {
    "stored": "Stored.",
    "waiting": "Saved, waiting for storage.",
    "second-opinion": "Somebody else finished that post. Your answer is kept as a second opinion.",
    "lost": "Your time on that post ran out and somebody else has it now. Here is the next one.",
}


def context(
    project: Project,
    lease: leases.Lease | None,
    corrected: Annotation | None = None,
    said: str = "",
    error: str = "",
    **form: Any,
) -> dict[str, Any]:
    """`corrected`: the own answer that is given anew; `form`: what was filled in before an error."""
    base = {"here": "label", "project": project, "said": said, "error": error, "title": project.name, "lease": None}
    if lease is None:
        return base
    post, ranges = lease.post, lease.post.ranges()
    labels = guideline.labels(project.settings.labels)
    state = drafts.load(lease)
    spans = _spans(lease, state)
    colors = {one.name: one.color for one in labels}
    drawn = [(first, last, name) for first, last, name, *_ in spans]
    return {
        **base,
        "said": said or state.get("left_out", ""),
        "here": "mine" if corrected else "label",
        "corrected": corrected,
        "sent_back": fragments.sent_back(lease.assignment),
        "title": fragments.title(post),
        "details": fragments.details(post),
        "facts": fragments.facts(post, page.word_count(post.text, ranges, post.words)),
        "url": fragments.url(post),
        "language": "" if post.language == "und" else post.language,
        "lease": lease.token,
        "key": secrets.token_hex(16),
        "labels": labels,
        "guideline": mark_safe(guideline.html(project.settings.guidelines)),  # noqa: S308  (sanitised there)
        "reasons": REASON_WORDS.items(),
        "text": mark_safe(  # noqa: S308  (escaped there)
            page.form_html(page.blocks(post.text, ranges), post.words, lanes.classes(len(ranges), drawn, colors))
        ),
        "spans": [
            {
                "words": post.text[ranges[first][0] : ranges[last - 1][1]],
                "label": name,
                "color": colors.get(name, lanes.NO_COLOR),
                "score": score[0] if score else None,
            }
            for first, last, name, *score in spans
        ],
        "chosen": form.get("label", ""),
        "flagged": form.get("flagged", state.get("flagged", False)),
        "comment": form.get("comment", state.get("comment", "")),
    }


def answer(request: MemberRequest, project: Project, corrected: Annotation | None = None) -> HttpResponse:
    """One step: label the ticked words, take a span away, submit, skip."""
    try:
        lease = work.correction(corrected) if corrected else _own_lease(request)
    except leases.LeaseLost:
        return _again(project, "lost")
    settings = project.settings
    form = PlainForm(request.POST, tokens=len(lease.post.words), labels=[one.name for one in settings.labels])
    if not form.is_valid():
        first = next(iter(form.errors.values()))[0]
        label = request.POST.get("label", "")
        return _show(request, project, lease, corrected, error=first, status=400, label=label)
    data = form.cleaned_data
    kept = drafts.load(lease)
    kept.pop("left_out", "")
    state = {**kept, "flagged": data["flagged"], "comment": data["comment"]}
    spans = _spans(lease, state)
    step, _, number = data["do"].partition("-")
    if step in ("submit", "skip"):
        given = _answer(data, [] if step == "skip" else spans, state)
        try:
            saved = answers.submit(lease.token, request.user, given, data["key"])
        except InvalidInput as error:
            return _show(request, project, lease, corrected, error=str(error), status=400, label=data["label"])
        return _next(project, saved, corrected)
    if step == "add":
        added = [[first, last, data["label"]] for first, last in runs(data["word"], lease.post.words)]
        spans += [one for one in added if one not in spans]
    elif int(number) < len(spans):
        one = spans.pop(int(number))
        if step == "accept":
            spans.append(one[:3])
    drafts.save(lease, {**state, "spans": sorted(spans, key=lambda one: one[:3])})
    return _show(request, project, lease, corrected, label=data["label"])


def _own_lease(request: HttpRequest) -> leases.Lease:
    """The lease of the form, renewed. Raises `LeaseLost`."""
    token = request.POST.get("lease", "")
    if leases.open_token(token).labeler_id != request.user.pk:
        raise leases.LeaseLost("this lease is somebody else's")
    return leases.renew(token)


def runs(ticked: Sequence[int], words: Sequence[int]) -> list[tuple[int, int]]:
    """Token ranges of ticked words (each by its first token); words side by side make one range."""
    found: list[tuple[int, int]] = []
    for token in sorted(ticked):
        first, last = page.word_range(words, token)
        if found and found[-1][1] == first:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def _spans(lease: leases.Lease, state: dict[str, Any]) -> Spans:
    if "spans" in state:
        return [list(one) for one in state["spans"]]
    return [list(one) for one in fragments.suggested(lease.post.ranges(), lease.suggestions)]


def _answer(data: dict[str, Any], spans: Spans, state: dict[str, Any]) -> answers.Answer:
    active = state.get("active")  # of a page with scripts, whose draft this was
    return answers.Answer(
        kind="skip" if data["do"] == "skip" else "labels",
        spans=[(first, last, name) for first, last, name, *score in spans if not score],
        reason=data["reason"] if data["do"] == "skip" else "",
        comment=data["comment"],
        flagged=data["flagged"],
        active_seconds=active if isinstance(active, int | float) else 0,
    )


def _next(project: Project, saved: answers.Saved, corrected: Annotation | None) -> HttpResponse:
    """The page after an answer: the next post, or the list that a correction began in."""
    if corrected:
        return redirect("labeling:mine")
    if saved.second_opinion:
        return _again(project, "second-opinion")
    return _again(project, "stored" if saved.stored else "waiting")


def _show(
    request: HttpRequest,
    project: Project,
    lease: leases.Lease,
    corrected: Annotation | None,
    status: int = 200,
    **form: Any,
) -> HttpResponse:
    return render(request, "labeling/plain.html", context(project, lease, corrected, **form), status=status)


def _again(project: Project, said: str) -> HttpResponse:
    return redirect(f"{reverse('labeling:plain', args=[project.slug])}?{urlencode({'said': said})}")
