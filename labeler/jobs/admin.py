"""Annotation jobs of all users in admin: found, looked into, retried and cancelled; totals; mails in doubt."""

from collections.abc import Callable, Collection
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from labeler.accounts.access import member
from labeler.accounts.models import User
from labeler.admin_records import RecordAdmin, RoleAdmin
from labeler.audit import audit_log
from labeler.jobs import admin_actions, plans, presenters
from labeler.jobs.models import AnnotationJob, PlanChange
from labeler.jobs.presenters import PILLS, Shown
from labeler.jobs.queries import where
from labeler.jobs.search import AGES, Wanted, search, total, totals
from labeler.jobs.views import LINK_SECONDS, is_there
from labeler.numbers import read_number
from labeler.services import job_services
from pipeline.annotator import registry
from pipeline.schema.job import FREE, STATES, Doubt, Job

MOST_DOUBTS = 100


@admin.register(AnnotationJob)
class AnnotationJobAdmin(RecordAdmin):
    """The pages stand where a model's would: the theme's menu and the rights of admins hold for them too."""

    read_role = "admin"

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(self._admins(view)), name=f"jobs_annotationjob_{name}")

        return [
            page("", self.jobs, "changelist"),
            page("act", self.act, "act"),
            page("totals/", self.totals, "totals"),
            page("mails/", self.mails, "mails"),
            page("mails/settle", self.settle, "settle"),
            page("<str:user>/<str:job>/", self.job, "change"),
            page("<str:user>/<str:job>/log", self.log, "log"),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def _admins(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        def guarded(request: HttpRequest, **given: str) -> HttpResponse:
            if not self.has_view_permission(request):
                raise PermissionDenied("annotation jobs of others are for admins")
            return view(request, **given)

        return guarded

    def _page(self, request: HttpRequest, name: str, title: str, **found: Any) -> HttpResponse:
        doubts = job_services().jobs.table.doubts(MOST_DOUBTS)
        site = self.admin_site.each_context(request)
        context = {**site, "title": title, "here": name, "doubts": doubts, "is_fullwidth": "1", **found}
        return render(request, f"admin/jobs/{name}.html", context)

    def jobs(self, request: HttpRequest) -> HttpResponse:
        """Filters: state, user, annotator, age."""
        given = request.GET
        words, at = given.get("user", "").strip(), job_services()
        owner = _user(words) if words else None
        wanted = Wanted(
            state=given["state"] if given.get("state") in STATES else "",
            user=owner.labeler_id if owner else words,
            annotator=given.get("annotator", ""),
            age=given.get("age", ""),
        )
        found = search(at.jobs.table, wanted, at.jobs.now(), given.get("before", ""))
        filters = given.copy()
        filters.pop("before", None)
        return self._page(
            request,
            "jobs",
            "Annotation jobs",
            rows=list(zip((_shown(job) for job in found.jobs), _names(found.jobs), strict=True)),
            older=f"{filters.urlencode()}&before={found.older}" if found.older else "",
            back=given.urlencode(),
            given=given,
            filtered=any(given.values()),
            states=[(name, pill) for name, (pill, _) in PILLS.items()],
            annotators=registry.names(),
            ages=[(name, words) for name, (words, _, _) in AGES.items()],
            total=total(at.jobs.table, owner, plans.of(owner).plan) if owner else None,
        )

    def job(self, request: HttpRequest, user: str, job: str) -> HttpResponse:
        found = _job(user, job)
        owner = job_services().jobs.table.owner(user)
        return self._page(
            request,
            "job",
            "Annotation job",
            row=_shown(found, owner.plan if owner else ""),
            job=found,
            owner=owner,
            account=User.objects.filter(labeler_id=user).first(),
            attempts=presenters.attempts(found),
            events=list(presenters.events(found))[::-1],
            files=list(job_services().jobs.files.list(found.prefix)),
        )

    def act(self, request: HttpRequest) -> HttpResponse:
        """`do`: retry, cancel; `job`: user/job, many times."""
        return _posted(request, self._act)

    def _act(self, request: HttpRequest) -> HttpResponse:
        given = (one.partition("/")[::2] for one in request.POST.getlist("job"))
        chosen = [(user, job) for user, job in given if user and where(job)]
        done = admin_actions.act(member(request), request.POST.get("do", ""), chosen)
        for words in done.refused:
            messages.error(request, words)
        if done.moved or not chosen:
            messages.success(request, f"{done.moved} {'job was' if done.moved == 1 else 'jobs were'} {done.word}.")
        if "back" in request.POST or not chosen:
            return _to("changelist", QueryDict(request.POST.get("back", "")).urlencode())
        return redirect("admin:jobs_annotationjob_change", *chosen[0])

    def log(self, request: HttpRequest, user: str, job: str) -> HttpResponse:
        found = _job(user, job)
        if not _shown(found).has_log or not is_there(found.log_key):
            messages.error(request, f"{found.file_name} has no log.")
            return redirect("admin:jobs_annotationjob_change", user, job)
        audit_log.record(member(request), admin_actions.subject(found), "log read", {}, {"log": found.log_key})
        return HttpResponseRedirect(
            job_services().jobs.files.link(found.log_key, f"{found.file_name}.log.txt", LINK_SECONDS)
        )

    def totals(self, request: HttpRequest) -> HttpResponse:
        after = read_number(request.GET.get("after", "")) or 0
        found, after = totals(job_services().jobs.table, after)
        return self._page(request, "totals", "Totals of users", totals=found, after=after)

    def mails(self, request: HttpRequest) -> HttpResponse:
        table = job_services().jobs.table
        doubts = table.doubts(MOST_DOUBTS)
        rows = [(one, table.get(one.user, one.job), table.owner(one.user)) for one in doubts]
        return self._page(request, "mails", "Mails in doubt", rows=rows)

    def settle(self, request: HttpRequest) -> HttpResponse:
        """`do`: sent, again."""
        return _posted(request, self._settle)

    def _settle(self, request: HttpRequest) -> HttpResponse:
        given = request.POST
        doubt = Doubt(given.get("user", ""), given.get("job", ""), given.get("event", ""))
        error, words = admin_actions.settle(member(request), doubt, given.get("do", ""))
        (messages.error if error else messages.success)(request, words)
        return _to("mails")


@require_POST
def _posted(request: HttpRequest, view: Callable[[HttpRequest], HttpResponse]) -> HttpResponse:
    return view(request)


def _to(name: str, query: str = "") -> HttpResponse:
    return HttpResponseRedirect(reverse(f"admin:jobs_annotationjob_{name}") + (f"?{query}" if query else ""))


def _job(user: str, job: str) -> Job:
    found = job_services().jobs.table.get(user, job) if where(job) else None  # what is no job lies in its table too
    if found is None:
        raise Http404("no such job")
    return found


def _shown(job: Job, plan: str = "") -> Shown:
    return Shown(job, job_services().jobs.now(), plan == FREE)


def _user(words: str) -> User | None:
    for name in ("username", "labeler_id", "email__iexact"):
        if found := User.objects.filter(**{name: words}).first():
            return found
    return None


def _names(jobs: Collection[Job]) -> list[str]:
    """Of the owners; their ids where an account is gone."""
    known = dict(User.objects.filter(labeler_id__in={job.user for job in jobs}).values_list("labeler_id", "username"))
    return [known.get(job.user, job.user) for job in jobs]


@admin.register(PlanChange)
class PlanChangeAdmin(RoleAdmin):
    """A new row is the new plan; rows are never edited."""

    read_role = "admin"
    list_display = ("user", "plan", "n", "by", "at", "told_at")
    list_filter = ("plan",)
    search_fields = ("=user__username", "user__email")
    autocomplete_fields = ("user",)
    fields = ("user", "plan")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str | list[str]]:
        given = super().get_changeform_initial_data(request)
        if read_number(str(given.get("user", ""))) is None:
            given.pop("user", None)
        return given

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and "admin" in request.user.roles

    def save_model(self, request: HttpRequest, obj: PlanChange, form: object, change: bool) -> None:
        before = plans.of(obj.user).plan
        made = plans.change(obj.user, obj.plan, by=request.user.get_username())
        obj.pk, obj.n = made.pk, made.n
        audit_log.record(member(request), f"user {obj.user.username}", "plan", {"plan": before}, {"plan": made.plan})
