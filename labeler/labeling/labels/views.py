"""The label set after labelling began, and the versions of a project."""

from dataclasses import replace

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from labeler.accounts.access import MemberRequest, allow
from labeler.audit import audit_log
from labeler.labeling import links, projects
from labeler.labeling.labels import relabeling, versions
from labeler.labeling.models import LabeledSpan, Project, Task
from labeler.labeling.pages import guideline
from labeler.numbers import read_number
from pipeline import labelset
from pipeline.errors import InvalidInput
from pipeline.ports import StoreUnavailable

WORK = 100  # spans shown of a split's work list


@require_GET
@allow("reviewer")
def labels(request: MemberRequest, slug: str) -> HttpResponse:
    """The labels, what was done to them, and the spans that a split has left to decide."""
    return _labels(request, get_object_or_404(Project, slug=slug))


def _labels(
    request: MemberRequest, project: Project, error: InvalidInput | None = None, note: str = ""
) -> HttpResponse:
    done = labelset.operations(project.settings)
    split = [name for one in done if one.kind == labelset.SPLIT for name in one.labels]
    left = LabeledSpan.objects.filter(project=project, label__in=split).select_related("annotation__task__post")
    left = left.exclude(annotation__task__state=Task.State.DELETED)
    context = {
        "here": "review",
        "project": project,
        "labels": guideline.labels(project.settings.labels),
        "kinds": labelset.KINDS,
        "operations": done[::-1],
        "task_page": links.of_task[0].page if links.of_task else "",
        "left": left.order_by("label", "words", "pk")[:WORK],
        "error": error,
        "given": request.POST,
        "note": note,
    }
    return render(request, "labeling/labels.html", context, status=400 if error else 409 if note else 200)


@require_POST
@allow("admin")
def operate(request: MemberRequest, slug: str) -> HttpResponse:
    """Rename, merge, split or retire: `kind`, `labels`, and `into` as names separated by commas."""
    project = get_object_or_404(Project, slug=slug)
    into = tuple(one.strip() for one in request.POST.get("into", "").split(",") if one.strip())
    wanted = labelset.Operation(request.POST.get("kind", ""), tuple(request.POST.getlist("labels")), into)
    before = [one.name for one in project.settings.labels]
    try:
        project = relabeling.operate(project, wanted, request.user.labeler_id)
    except InvalidInput as error:
        return _labels(request, project, error)
    except (projects.Changed, StoreUnavailable) as error:
        return _labels(request, project, note=f"Nothing was changed. {error}")
    after = [one.name for one in project.settings.labels]
    audit_log.record(request.user, f"project {slug}", f"labels: {wanted}", {"labels": before}, {"labels": after})
    return redirect("labeling:labels", slug)


@require_GET
@allow("reviewer")
def history(request: MemberRequest, slug: str) -> HttpResponse:
    """The versions of a project; with `a` and `b`, what differs between two."""
    project = get_object_or_404(Project, slug=slug)
    a, b = (read_number(request.GET.get(name, "")) for name in "ab")
    context: dict[str, object] = {"here": "review", "project": project}
    try:
        context["versions"] = versions.newest(project)
        if a is not None and b is not None:
            context |= {"a": a, "b": b, "differences": versions.between(project, a, b)}
    except versions.NoVersion as error:
        return render(request, "labeling/versions.html", context | {"error": str(error)}, status=404)
    except StoreUnavailable as error:
        return render(request, "labeling/versions.html", context | {"error": f"S3 is away: {error}"}, status=503)
    return render(request, "labeling/versions.html", context)


@require_POST
@allow("admin")
def preview(request: MemberRequest) -> HttpResponse:
    """Guidelines as labelers would see them, as a fragment."""
    return HttpResponse(guideline.html(request.POST.get("guidelines", "")[:200_000]))


@require_POST
@allow("admin")
def restore(request: MemberRequest, slug: str) -> HttpResponse:
    """Makes the settings of version `n` the newest, as one more event."""
    project = get_object_or_404(Project, slug=slug)
    given = request.POST.get("n", "")
    try:
        number = read_number(given) or 0
        before = project.settings
        after = versions.restore(project, number, request.user.labeler_id).settings
    except (InvalidInput, versions.NoVersion, projects.Changed, StoreUnavailable) as error:
        context = {"here": "review", "project": project, "error": f"Nothing was restored. {error}"}
        return render(request, "labeling/versions.html", context, status=400)
    plain = replace(after, n=before.n, kind=before.kind, at=before.at, by=before.by)
    audit_log.record(request.user, f"project {slug}", f"restored version {number}", before.to_json(), plain.to_json())
    return redirect("labeling:versions", slug)
