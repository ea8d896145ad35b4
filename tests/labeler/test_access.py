"""Every route states who may call it, and holds to it: all routes as stranger, labeler, reviewer, admin."""

import gzip
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from labeler.accounts.access import ANYBODY, MEMBER, allow
from labeler.accounts.models import ROLES, User
from labeler.labeling import answers, leases
from labeler.labeling.answers import Answer
from labeler.labeling.models import Annotation, Post, Project
from labeler.review import gold
from labeler.review.models import Import, Release, Ruling
from pipeline.schema import Raw

STRANGER = "stranger"
CALLERS = (STRANGER, *ROLES)


def patterns(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """All routes outside the admin and the HTTP API, by name."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = ":".join(filter(None, (namespace, entry.namespace)))
            if inner not in ("admin", "api"):  # walked by a table of their own
                yield from patterns(entry, inner)
        else:
            yield ":".join(filter(None, (namespace, entry.name))), entry


ROUTES = dict(patterns(get_resolver()))
_OF_JOBS = ("job", "upload", "arrived", "archive-now", "confirm", "cancel", "retry", "delete", "download", "send")
OWNED = (
    "labeling:correct",
    "labeling:correct-plain",
    *(f"jobs:{name}" for name in _OF_JOBS),
)  # what is behind these is there for its owner alone


@pytest.fixture
def callers(person: Callable[..., User]) -> dict[str, Client]:
    made = {STRANGER: Client()}
    for role in ROLES:
        made[role] = Client()
        made[role].force_login(person(role, role))
    return made


@pytest.fixture
def world(cloud: Any, project: Project, person: Callable[..., User], take: Callable[..., Post]) -> dict[str, Any]:
    """Something behind every route: a project, a post with its archived page, an annotation, a ruling."""
    warc = b"WARC/1.1\r\nWARC-Type: response\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>welder</p>"
    cloud.posts.put("raw/page.warc.gz", gzip.compress(warc))
    post = take(raw=Raw("raw/page.warc.gz", 0, ""))
    ann = person("ann")
    lease = leases.next_task(project, ann)
    assert lease
    answers.submit(lease.token, ann, Answer("labels", spans=[(4, 5, "Role")]), "key-0001")
    decided = gold.decide(post.task, [(4, 5, "Role")], by="system")
    ruling = Ruling.objects.create(project=project, phrase="welder", label="Role", by=ann)
    now = timezone.now()
    fields = {"project": project, "by": ann.labeler_id, "began_at": now, "beat_at": now}
    imported = Import.objects.create(name="a.jsonl", form="jsonl", options={"source": "import:a"}, **fields)
    release = Release.objects.create(version=1, state="published", manifest={"posts": 1}, **fields)
    for name in ("card.html", "manifest.json"):
        cloud.releases.put(f"{release.prefix}{name}", b"{}")
    return {
        "project": project,
        "post": post,
        "annotation": Annotation.objects.get(),
        "user": ann,
        "ruling": ruling,
        "gold": decided,
        "imported": imported,
        "release": release,
    }


def arguments(entry: URLPattern, world: dict[str, Any]) -> dict[str, Any]:
    known = {"slug": world["project"].slug, "pk": world["annotation"].pk, "annotation": world["annotation"].pk}
    known |= {"job": "0" * 20, "what": "log", "key": "none", "uidb36": "1"}
    known |= {"task": world["post"].task.pk, "post": world["post"].pk, "ruling": world["ruling"].pk}
    known |= {"name": "work", "imported": world["imported"].pk, "release": world["release"].pk, "path": "manifest.json"}
    return {name: known[name] for name in entry.pattern.converters}


@pytest.mark.parametrize("name", ROUTES)
def test_each_route_states_who_may_call_it(name: str) -> None:
    assert getattr(ROUTES[name].callback, "allowed", None) in (*ROLES, ANYBODY, MEMBER)


@pytest.mark.parametrize("name", ROUTES)
def test_each_route_lets_in_whom_it_states(name: str, world: dict[str, Any], callers: dict[str, Client]) -> None:
    entry = ROUTES[name]
    address = reverse(name, kwargs=arguments(entry, world))
    needed = entry.callback.allowed
    for caller, client in callers.items():
        response = client.post(address) if client.get(address).status_code == 405 else client.get(address)
        sent_to_login = response.status_code == 302 and reverse("login") in response["Location"]
        if caller == STRANGER and needed != ANYBODY:
            assert sent_to_login, f"{caller} at {address}: {response.status_code}"
            continue
        lowest = needed if needed in ROLES else "labeler"
        if caller != STRANGER and ROLES.index(caller) < ROLES.index(lowest):
            assert response.status_code == 403, f"{caller} at {address}: {response.status_code}"
        elif name in OWNED:
            assert response.status_code == 404, f"{caller} at {address}: {response.status_code}"
        else:
            assert response.status_code not in (401, 403, 404, 500), f"{caller} at {address}: {response.status_code}"


READ, WRITE, NONE = "read", "write", "none"
ADMIN = [
    # page, its object, and what each caller may do there
    ("index", None, {"reviewer": READ, "admin": READ}),
    ("review_comparison_changelist", None, {"reviewer": READ, "admin": READ}),
    ("review_gold_changelist", None, {"reviewer": READ, "admin": READ}),
    ("review_gold_change", "gold", {"reviewer": READ, "admin": READ}),
    ("review_gold_delete", "gold", {}),
    ("review_bulkaction_changelist", None, {"reviewer": READ, "admin": READ}),
    ("review_bulkaction_add", None, {"admin": WRITE}),
    ("review_import_changelist", None, {"reviewer": READ, "admin": READ}),
    ("review_import_change", "imported", {"reviewer": READ, "admin": READ}),
    ("review_import_add", None, {"admin": WRITE}),
    ("review_import_delete", "imported", {}),
    ("review_release_changelist", None, {"reviewer": READ, "admin": READ}),
    ("review_release_change", "release", {"reviewer": READ, "admin": READ}),
    ("review_release_add", None, {"admin": WRITE}),
    ("review_release_delete", "release", {}),
    ("review_auditentry_changelist", None, {"admin": READ}),
    ("review_auditentry_add", None, {}),
    ("labeling_project_changelist", None, {"reviewer": READ, "admin": READ}),
    ("labeling_project_change", "project", {"reviewer": READ, "admin": WRITE}),
    ("labeling_project_add", None, {"admin": WRITE}),
    ("labeling_project_delete", "project", {}),
    ("labeling_post_changelist", None, {"reviewer": READ, "admin": READ}),
    ("labeling_post_change", "post", {"reviewer": READ, "admin": READ}),
    ("labeling_post_add", None, {}),
    ("labeling_post_delete", "post", {}),
    ("labeling_annotation_changelist", None, {"reviewer": READ, "admin": READ}),
    ("labeling_annotation_change", "annotation", {"reviewer": READ, "admin": READ}),
    ("labeling_annotation_add", None, {}),
    ("labeling_annotation_delete", "annotation", {}),
    ("accounts_user_changelist", None, {"admin": READ}),
    ("accounts_user_change", "user", {"admin": WRITE}),
    ("accounts_user_add", None, {"admin": WRITE}),
    ("accounts_user_delete", "user", {}),
    ("auth_group_changelist", None, {"admin": READ}),
    ("auth_group_add", None, {}),
    ("jobs_annotationjob_changelist", None, {"admin": READ}),
    ("jobs_annotationjob_totals", None, {"admin": READ}),
    ("jobs_annotationjob_mails", None, {"admin": READ}),
    ("jobs_planchange_changelist", None, {"admin": READ}),
    ("jobs_planchange_add", None, {"admin": WRITE}),
]


@pytest.mark.parametrize(("name", "kind", "allowed"), ADMIN, ids=[row[0] for row in ADMIN])
def test_the_admin_lets_in_whom_the_table_says(
    name: str, kind: str | None, allowed: dict[str, str], world: dict[str, Any], callers: dict[str, Client]
) -> None:
    address = reverse(f"admin:{name}", args=[world[kind].pk] if kind else [])
    for caller, client in callers.items():
        right = allowed.get(caller, NONE)
        response = client.get(address)
        if caller in (STRANGER, "labeler"):
            assert response.status_code == 302, caller
            assert "login" in response["Location"]
        else:
            assert response.status_code == (403 if right == NONE else 200), caller
        saves = b'name="_save"' in response.content
        assert saves == (right == WRITE), f"{caller} at {address}"


def test_a_script_without_a_session_gets_401(world: dict[str, Any]) -> None:
    response = Client().get(reverse("labeling:home"), headers={"accept": "application/json"})
    assert response.status_code == 401


def test_an_account_switched_off_has_no_role(person: Callable[..., User]) -> None:
    user = person("ann", "admin")
    user.is_active = False
    assert user.roles == frozenset()


def test_a_role_that_does_not_exist_cannot_be_stated() -> None:
    with pytest.raises(ValueError, match="allowed: labeler, reviewer, admin, anybody, member"):
        allow("manager")
