"""The HTTP API: who may do what, nothing twice, errors that say what is allowed."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from labeler.accounts.models import ROLES, User
from labeler.adjudication.models import Gold
from labeler.api import keys
from labeler.api.models import ApiKey, Reply
from labeler.api.urls import api
from labeler.datasets.imports import submission
from labeler.datasets.models import Import, Release
from labeler.labeling.models import Annotation, Post, Project
from labeler.worker.loop import Worker
from pipeline.errors import InvalidInput


class Caller:
    """Calls the API with one key."""

    def __init__(self, secret: str = "") -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"authorization": f"Bearer {secret}"} if secret else {}

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1{path}", query, headers=self.headers)

    def post(self, path: str, body: Any = None, kind: str = "application/json", **headers: str) -> Any:
        data = body if isinstance(body, bytes | str) else json.dumps(body)
        return self.client.post(f"/api/v1{path}", data, content_type=kind, headers={**self.headers, **headers})


@pytest.fixture
def caller(person: Callable[..., User]) -> Callable[..., Caller]:
    """A caller of a role with scopes; all scopes of the role by default."""

    def make(role: str = "admin", *scopes: str) -> Caller:
        user = User.objects.filter(username=f"api-{role}").first() or person(f"api-{role}", role)
        user = User.objects.get(pk=user.pk)
        wanted = scopes or [scope for scope, needed in keys.SCOPES.items() if needed in user.roles]
        return Caller(keys.make(user, "test", wanted)[1])

    return make


def test_texts_are_handed_in_taken_in_labelled_decided_and_released(
    project: Project, caller: Callable[..., Caller]
) -> None:
    admin = caller("admin")
    lines = "\n".join(json.dumps({"id": str(n), "text": f"A welder for town {n}."}) for n in range(3))
    handed = admin.post("/projects/jobs/imports", lines, "application/x-ndjson")
    assert (handed.status_code, handed.json()["state"]) == (202, "waiting")
    Worker().round(wait_seconds=0)
    done = admin.get(f"/projects/jobs/imports/{handed.json()['id']}").json()
    assert (done["state"], done["counts"]["posts new"]) == ("done", 3)

    labeler = caller("labeler")
    given = labeler.post("/projects/jobs/next").json()
    assert given["post"]["text"].startswith("A welder")
    span = {"first": 1, "last": 2, "label": "Role"}
    answer = {"token": given["token"], "key": "key-00001", "spans": [span]}
    saved = labeler.post("/submit", answer)
    assert (saved.status_code, saved.json()["stored"], saved.json()["repeated"]) == (200, True, False)
    assert labeler.post("/submit", answer).json()["repeated"] is True
    assert Annotation.objects.count() == 1

    post_id = given["post"]["post_id"]
    decided = admin.post(f"/projects/jobs/posts/{post_id}/gold", {"spans": [span], "comment": "yes"})
    assert (decided.status_code, decided.json()["n"]) == (201, 1)
    asked = admin.post("/projects/jobs/releases", {"licence": "CC0-1.0", "formats": ["jsonl"]})
    assert (asked.status_code, asked.json()["version"]) == (202, "v1")
    Worker().round(wait_seconds=0)
    release = admin.get("/projects/jobs/releases/v1").json()
    assert (release["state"], release["manifest"]["posts"], release["manifest"]["dropped"]) == ("published", 1, 0)
    (file,) = release["manifest"]["files"]
    body = admin.get(f"/projects/jobs/releases/v1/files/{file['key']}")
    assert json.loads(b"".join(body.streaming_content))["id"] == post_id
    assert len(admin.get("/projects/jobs/annotations").json()["items"]) == 1
    assert admin.get("/projects/jobs/agreement").json()["posts"] == 0


# What each operation needs. A new one without a line here fails.
OPERATIONS = {
    ("get", "/projects"): "read",
    ("get", "/projects/{slug}"): "read",
    ("get", "/projects/{slug}/posts"): "read",
    ("get", "/projects/{slug}/posts/{post_id}"): "read",
    ("get", "/projects/{slug}/annotations"): "read",
    ("get", "/projects/{slug}/agreement"): "read",
    ("post", "/projects/{slug}/suggestions"): "suggest",
    ("post", "/projects/{slug}/next"): "label",
    ("post", "/submit"): "label",
    ("get", "/projects/{slug}/gold"): "read",
    ("post", "/projects/{slug}/posts/{post_id}/gold"): "gold",
    ("post", "/projects/{slug}/imports"): "import",
    ("get", "/projects/{slug}/imports"): "import",
    ("get", "/projects/{slug}/imports/{number}"): "import",
    ("get", "/projects/{slug}/releases"): "read",
    ("post", "/projects/{slug}/releases"): "release",
    ("get", "/projects/{slug}/releases/{version}"): "read",
    ("get", "/projects/{slug}/releases/{version}/files/{path}"): "read",
}


def operations() -> set[tuple[str, str]]:
    paths = api.get_openapi_schema(path_prefix="")["paths"]
    return {(method, path) for path, methods in paths.items() for method in methods}


def test_every_operation_states_what_it_needs(db: None) -> None:
    assert operations() == set(OPERATIONS)


@pytest.mark.parametrize(("method", "path"), sorted(OPERATIONS), ids=lambda part: part)
def test_each_operation_lets_in_whom_it_states(
    method: str, path: str, project: Project, take: Callable[..., Post], caller: Callable[..., Caller]
) -> None:
    values = {"slug": "jobs", "post_id": take().post_id, "number": 1, "version": "v1", "path": "x"}
    address = path.format(**values)
    scope = OPERATIONS[method, path]

    def status(who: Caller) -> int:
        return int((who.get(address) if method == "get" else who.post(address, {})).status_code)

    assert status(Caller()) == 401
    assert status(Caller("lm_nobody")) == 401
    for role in ROLES:
        if ROLES.index(role) < ROLES.index(keys.SCOPES[scope]):
            assert status(caller(role)) == 403, role
        else:
            assert status(caller(role)) not in (401, 403, 500), role
            others = [
                one for one, needed in keys.SCOPES.items() if one != scope and needed in ROLES[: ROLES.index(role) + 1]
            ]
            if others:
                assert status(caller(role, *others)) == 403, f"{role} without {scope}"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("delete", "projects", 405), ("get", "nothing", 404), ("get", "projects?after=%00", 400), ("post", "", 404)],
)
def test_errors_before_an_operation_is_found_are_problems_too(
    client: Client, db: None, method: str, path: str, status: int
) -> None:
    answer = getattr(client, method)(f"/api/v1/{path}")
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status
    assert ("Allow" in answer.headers) == (status == 405)


def test_a_session_is_no_key(project: Project, person: Callable[..., User]) -> None:
    client = Client()
    client.force_login(person("boss", "admin"))
    assert client.get("/api/v1/projects").status_code == 401


def test_a_key_is_kept_as_a_hash_only(person: Callable[..., User]) -> None:
    key, secret = keys.make(person(), "x", ["label"])
    assert secret not in json.dumps(list(ApiKey.objects.values("prefix", "sha256", "name")), default=str)
    assert secret.startswith(key.prefix)


@pytest.mark.parametrize(
    "change",
    [
        {"expires_at": timezone.now() - timedelta(seconds=1)},
        {"revoked_at": timezone.now()},
    ],
    ids=["expired", "revoked"],
)
def test_an_ended_key_opens_nothing(change: dict[str, Any], project: Project, caller: Callable[..., Caller]) -> None:
    admin = caller()
    assert admin.get("/projects").status_code == 200
    ApiKey.objects.update(**change)
    assert admin.get("/projects").status_code == 401


def test_an_account_that_lost_its_role_lost_its_scopes(project: Project, caller: Callable[..., Caller]) -> None:
    admin = caller()
    User.objects.get(username="api-admin").groups.clear()
    assert admin.get("/projects").status_code == 403
    User.objects.update(is_active=False)
    assert admin.get("/projects").status_code == 401


def test_a_rotated_key_works_for_a_day_beside_the_new_one(project: Project, person: Callable[..., User]) -> None:
    old, secret = keys.make(person("boss", "admin"), "x", ["read"])
    new, other = keys.rotate(old)
    old.refresh_from_db()
    assert old.expires_at <= timezone.now() + timedelta(days=1)
    assert new.scopes == ["read"]
    assert Caller(secret).get("/projects").status_code == Caller(other).get("/projects").status_code == 200


def test_a_scope_above_the_role_is_refused(person: Callable[..., User]) -> None:
    with pytest.raises(InvalidInput, match="this one needs admin"):
        keys.make(person("rev", "reviewer"), "x", ["release"])


def test_requests_beyond_the_rate_wait(
    project: Project, caller: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "A_MINUTE", 2)
    admin = caller()
    key, then = ApiKey.objects.get(), datetime(2026, 1, 1, 0, 0, 15, tzinfo=UTC)
    assert [keys.count(key, then) for _ in range(3)] == [None, None, 45]
    assert keys.count(key, then + timedelta(minutes=1)) is None
    monkeypatch.setattr(keys, "A_MINUTE", 0)
    refused = admin.get("/projects")
    assert (refused.status_code, refused["Content-Type"]) == (429, "application/problem+json")
    assert 1 <= int(refused["Retry-After"]) <= 60


def test_pages_follow_each_other_to_the_end(
    project: Project, take: Callable[..., Post], caller: Callable[..., Caller]
) -> None:
    for n in range(5):
        take(str(n), f"Text {n}.")
    admin, seen, after = caller(), [], ""
    while after is not None:
        page = admin.get("/projects/jobs/posts", limit=2, after=after).json()
        seen += [one["external_id"] for one in page["items"]]
        after = page["next"]
    assert seen == ["0", "1", "2", "3", "4"]
    last = Post.objects.latest("pk").pk
    assert admin.get("/projects/jobs/posts", limit=2, after=str(last)).json() == {"items": [], "next": None}


def test_the_same_idempotency_key_does_a_thing_once(
    project: Project, take: Callable[..., Post], caller: Callable[..., Caller]
) -> None:
    admin, post_id = caller(), take().post_id
    path, header = f"/projects/jobs/posts/{post_id}/gold", {"Idempotency-Key": "once-0001"}
    first = admin.post(path, {"spans": []}, **header)
    again = admin.post(path, {"spans": []}, **header)
    assert (first.status_code, first.json()) == (again.status_code, again.json()) == (201, first.json())
    assert Gold.objects.count() == 1
    other = admin.post(path, {"spans": [], "comment": "other"}, **header)
    assert (other.status_code, other["Content-Type"]) == (422, "application/problem+json")


def test_a_refused_request_may_be_tried_again_with_its_key(
    project: Project, take: Callable[..., Post], caller: Callable[..., Caller]
) -> None:
    admin, post_id = caller(), take().post_id
    path, header = f"/projects/jobs/posts/{post_id}/gold", {"Idempotency-Key": "once-0002"}
    wrong = admin.post(path, {"spans": [{"first": 0, "last": 99, "label": "Role"}]}, **header)
    assert wrong.status_code == 400
    assert wrong.json()["errors"][0]["field"] == "spans[0]"
    assert not Reply.objects.exists()


def test_the_same_file_handed_in_again_is_the_same_import(
    project: Project, caller: Callable[..., Caller], cloud: Any
) -> None:
    admin = caller()
    ids = [admin.post("/projects/jobs/imports", '{"text": "x"}', "text/plain").json()["id"] for _ in range(2)]
    assert ids[0] == ids[1]
    assert Import.objects.count() == 1


@pytest.mark.parametrize(
    ("query", "name", "source"),
    [
        ("", "upload", "import:upload"),
        ("?name=posts.2024.jsonl.gz", "posts.2024.jsonl.gz", "import:posts.2024"),
        ("?name=posts.2025.jsonl", "posts.2025.jsonl", "import:posts.2025"),
        ("?name=a.jsonl&source=ats", "a.jsonl", "ats"),
        (f"?name={'n' * 200}", "n" * 200, f"import:{'n' * 193}"),
    ],
)
def test_ids_of_a_file_are_its_own(
    query: str, name: str, source: str, project: Project, caller: Callable[..., Caller]
) -> None:
    answer = caller().post(f"/projects/jobs/imports{query}", b'{"id": "1", "text": "a"}\n', kind="application/x-ndjson")
    assert (answer.status_code, answer.json()["name"]) == (202, name)
    made = Import.objects.get()
    assert (made.options["source"], made.options["language"]) == (source, "und")


def test_a_large_body_is_stored_in_pieces(
    project: Project, caller: Callable[..., Caller], cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:

    monkeypatch.setattr(submission, "PIECE", 1000)
    lines = "\n".join(json.dumps({"id": str(n), "text": f"Text number {n}."}) for n in range(300))
    caller().post("/projects/jobs/imports", lines, "application/x-ndjson")
    pieces = list(cloud.posts.list("handoff/imports/"))
    assert len(pieces) > 10
    assert max(one.size for one in pieces) <= 1000
    Worker().round(wait_seconds=0)
    assert Post.objects.count() == 300


def test_a_body_beyond_the_limit_is_refused(
    project: Project, caller: Callable[..., Caller], cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:

    monkeypatch.setattr(submission, "PIECE", 100)
    monkeypatch.setattr(submission, "MOST_BYTES", 250)
    answer = caller().post("/projects/jobs/imports", "x" * 1000, "text/plain")
    assert answer.status_code == 413
    assert not Import.objects.exists()


def test_suggestions_take_the_place_of_those_made_before(
    project: Project, take: Callable[..., Post], caller: Callable[..., Caller]
) -> None:
    admin, post = caller(), take()

    def propose(by: str, label: str) -> Any:
        spans = [{"start": 14, "end": 20, "label": label, "score": 0.5}]
        return admin.post(
            "/projects/jobs/suggestions", {"by": by, "posts": [{"post_id": post.post_id, "spans": spans}]}
        )

    for by, label in (("m1", "Role"), ("m2", "Skill"), ("m1", "Tool")):
        assert propose(by, label).json() == {"changed": 1, "answered": 0}
    post.refresh_from_db()
    assert [(one.by, one.label) for one in post.suggestions] == [("m2", "Skill"), ("m1", "Tool")]
    refused = propose("m1", "Nope")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "posts[0].spans[0].label")


def test_a_file_of_a_release_is_found_by_its_key_alone(
    project: Project, caller: Callable[..., Caller], cloud: Any
) -> None:
    now = timezone.now()
    fields = {"by": "x", "began_at": now, "beat_at": now, "state": "published", "manifest": {"files": []}}
    Release.objects.create(project=project, version=1, **fields)
    cloud.releases.put("releases/jobs/v1/secret", b"x")
    for path in ("secret", "../v1/secret", "data/x", "manifest.json/.."):
        assert caller().get(f"/projects/jobs/releases/v1/files/{path}").status_code == 404


def test_an_error_of_ours_tells_nothing(project: Project, caller: Callable[..., Caller], cloud: Any) -> None:
    admin = caller()

    def broken(*args: Any) -> Any:
        raise RuntimeError("s3cret")

    cloud.labels.get = broken
    answer = admin.get("/projects/unknown")
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert "s3cret" not in answer.content.decode()


def test_the_reference_shows_every_operation(db: None) -> None:
    page = Client().get("/api/v1/docs").content.decode()
    for _, path in OPERATIONS:
        assert f"/api/v1{path}</code>" in page
    assert "http" not in page.replace("https://your-address", "")
    assert Client().get("/api/v1/openapi.json").json()["info"]["title"] == "Labelmill"


def test_keys_are_made_listed_rotated_and_revoked_by_a_command(
    person: Callable[..., User], capsys: pytest.CaptureFixture[str]
) -> None:
    person("boss", "admin")
    call_command("api_key", "make", "boss", "--scope", "read", "--name", "nightly")
    secret = capsys.readouterr().out.strip()
    assert keys.recognise(secret)
    call_command("api_key", "list")
    assert f"{secret[:10]}  boss  read  until" in capsys.readouterr().out
    call_command("api_key", "rotate", secret[:10])
    assert keys.recognise(capsys.readouterr().out.strip())
    call_command("api_key", "revoke", secret[:10])
    assert keys.recognise(secret) is None
    with pytest.raises(CommandError, match="given 'nobody', allowed: a user name"):
        call_command("api_key", "make", "nobody", "--scope", "read")
