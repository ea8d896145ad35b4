"""Every route of the application, walked out of its resolver, and a world with something behind each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from labeler.accounts.models import ROLES, User
from labeler.adjudication import decisions
from labeler.adjudication.models import Comparison, Ruling
from labeler.api import keys
from labeler.api.urls import api
from labeler.audit.models import AuditEntry
from labeler.datasets.models import Import, Release
from labeler.labeling import projects
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.models import Annotation, Post, Project
from labeler.labeling.tasks import leases
from labeler.operations.models import BulkAction
from pipeline.web.page import Page
from pipeline.web.warc import Segment

STRANGER, OUTSIDER = "stranger", "outsider"
CALLERS = (STRANGER, OUTSIDER, *ROLES)  # the outsider is a labeler of another project
REGEX_ARGUMENTS: dict[str, tuple[str, ...]] = {"admin:app_list": ("app_label",)}  # a pattern that tells no names
METHODS = ("get", "post", "put", "patch", "delete")


def named(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """All named routes but those of the HTTP API, which are told by method and path."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = ":".join(filter(None, (namespace, entry.namespace)))
            if inner != "api":
                yield from named(entry, inner)
        elif entry.name:
            yield ":".join(filter(None, (namespace, entry.name))), entry


ROUTES = dict(named(get_resolver()))
OPERATIONS = {
    f"{method.upper()} {path}"
    for path, methods in api.get_openapi_schema()["paths"].items()
    for method in methods
    if method in METHODS
}


@dataclass
class World:
    """`values`: arguments of addresses. `objects`: primary keys by model, for the admin."""

    values: dict[str, Any]
    objects: dict[str, Any]
    clients: dict[str, Client]
    keys: dict[str, str]

    def address(self, name: str) -> str:
        """Raises KeyError for an argument that this world has nothing for."""
        wanted = ROUTES[name].pattern.converters or REGEX_ARGUMENTS.get(name, ())
        if name.startswith("admin:") and wanted:
            model = name.removeprefix("admin:").split("_")[1] if "_" in name else ""
            known = {**self.values, "object_id": self.objects.get(model, 1), "id": self.objects.get(model, 1)}
        else:
            known = self.values
        return reverse(name, kwargs={one: known[one] for one in wanted})

    def ask(self, caller: str, name: str) -> str:
        """GET, or POST where that is refused: what came of it in a word."""
        client, address = self.clients[caller], self.address(name)
        kept = SimpleCookie(client.cookies)  # it may be a page that logs out
        response = client.get(address)
        response = client.post(address) if response.status_code == 405 else response
        client.cookies = kept
        return _outcome(response)

    def call(self, caller: str, operation: str) -> str:
        """An operation of the HTTP API by the caller's key, which has every scope that its account may have."""
        method, path = operation.split()
        values = {**self.values, "version": 1, "number": self.values["imported"]}
        headers = {"authorization": f"Bearer {self.keys[caller]}"} if caller in self.keys else {}
        client = Client(raise_request_exception=False)
        ask = getattr(client, method.lower())
        more = {} if method == "GET" else {"data": "{}", "content_type": "application/json"}
        return _outcome(ask(path.format(**values), headers=headers, **more))


def _outcome(response: Any) -> str:
    status = response.status_code
    if status == 302 and response["Location"].startswith((reverse("login"), reverse("admin:login"))):
        return "login"
    if status == 302 and response["Location"] == reverse("admin:index"):
        return "none"  # how the admin says that there is no such object
    if status in (401, 403, 404):
        return {401: "key", 403: "no", 404: "none"}[status]
    assert status < 500, f"{status} at {response.request['PATH_INFO']}"
    saves = not response.streaming and b'name="_save"' in response.content
    return "saves" if saves else "ok"


def made(cloud: Any, project: Project, person: Callable[..., User], take: Callable[..., Post]) -> World:
    """A project with members, a post with its archived page, an answer, a decision, and one of all that admins see."""
    segment = Segment("raw/page.warc.gz")
    raw = segment.add(Page("https://one.example/1", b"<p>welder</p>", "text/html", "2026-01-01T00:00:00Z"), {})
    cloud.posts.put(segment.key, segment.bytes())
    post, ann = take(raw=raw), person("ann")
    lease = leases.next_task(project, ann)
    assert lease
    answers.submit(lease.token, ann, Answer("labels", spans=[(4, 5, "Role")]), "key-0001")
    decided = decisions.decide(post.task, [(4, 5, "Role")], by="system")
    ruling = Ruling.objects.create(project=project, phrase="welder", label="Role", by=ann)
    now = timezone.now()
    fields = {"project": project, "by": ann.labeler_id, "began_at": now, "beat_at": now}
    imported = Import.objects.create(name="a.jsonl", form="jsonl", options={"source": "import:a"}, **fields)
    release = Release.objects.create(version=1, state="published", manifest={"posts": 1}, **fields)
    for name in ("card.html", "manifest.json"):
        cloud.releases.put(f"{release.prefix}{name}", b"{}")
    action = BulkAction.objects.create(project=project, kind="close", by=ann, reason="r", state="done")
    compared = Comparison.objects.create(
        project=project, task=post.task, post=post, newest=1, answers=2, exact=0, at=now, state="decided"
    )
    people = {OUTSIDER: person(OUTSIDER), **{role: person(role, role) for role in ROLES}}
    members = (ann.labeler_id, people["labeler"].labeler_id)
    projects.edit(Project.objects.get(pk=project.pk), {"members": members}, by="system")
    clients, secrets = {STRANGER: Client()}, {}
    for name, user in people.items():
        clients[name] = Client()
        clients[name].force_login(user)
        scopes = [scope for scope, role in keys.SCOPES.items() if role in user.roles]
        secrets[name] = keys.make(user, "test", scopes)[1]
    annotation = Annotation.objects.get()
    values = {
        "slug": project.slug, "pk": annotation.pk, "annotation": annotation.pk, "job": "0" * 20, "what": "log",
        "key": "none", "uidb36": "1", "task": post.task.pk, "post": post.pk, "post_id": post.post_id,
        "ruling": ruling.pk, "name": "work", "imported": imported.pk, "release": release.pk, "path": "manifest.json",
        "action": action.pk, "app_label": "labeling", "url": "x", "content_type_id": 1, "import_id": imported.pk,
        "user": ann.labeler_id,
    }  # fmt: skip
    objects = {
        "post": post.pk, "annotation": annotation.pk, "gold": decided.pk, "comparison": compared.pk,
        "bulkaction": action.pk, "auditentry": AuditEntry.objects.latest("pk").pk, "import": imported.pk,
        "release": release.pk, "project": project.pk, "user": ann.pk,
    }  # fmt: skip
    return World(values, objects, clients, secrets)
