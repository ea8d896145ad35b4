"""A state that the version before made: upgraded whole, and its buckets alone make the same database."""

import gzip
import json
import os
import sqlite3
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import global_settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.core.management.commands import migrate
from django.db import connection, connections
from django.test import Client

from labeler import configuration, upgrade
from labeler.accounts.models import User
from labeler.adjudication.models import Gold, ReviewEvent, Ruling
from labeler.audit.models import AuditEntry
from labeler.datasets.models import Import, Release
from labeler.jobs import plans
from labeler.jobs.models import PlanChange, Transfer
from labeler.labeling.models import Annotation, Assignment, LabeledSpan, Post, Project, Pushed, SentBack, Task
from labeler.labeling.recovery import rebuild
from labeler.labeling.recovery.reconcile import differences
from tests.labeler.conftest import MemoryCloud
from tests.postgresql_cluster import NotInstalled, cluster

STATE = Path(__file__).parent / "state_before"
PASSWORD = "labelmill"
KEY = "lm_JeupIttM-8wFJz29qC733GJdCWIUT4KGG13UWcwZBsE"  # known to that state alone

POST = "post.post_id, post.revision"
OF_TASK = "JOIN labeling_task task ON task.id = row.task_id JOIN labeling_post post ON post.id = task.post_id"
WHO = "JOIN accounts_user who ON who.id = row.labeler_id"
# What the database before says, row by row without its keys, and how the models now say the same.
SAME: dict[str, tuple[str, Callable[[], Any]]] = {
    "projects": (
        "SELECT slug, name, event, body FROM labeling_project",
        lambda: Project.objects.values_list("slug", "name", "event", "body"),
    ),
    "posts": (
        f"SELECT {POST}, current, language, title, text, state, task.rank "
        "FROM labeling_task task JOIN labeling_post post ON post.id = task.post_id",
        lambda: Task.objects.values_list(
            *(f"post__{name}" for name in ("post_id", "revision", "current", "language", "title", "text")),
            "state",
            "rank",
        ),
    ),
    "suggestions": (
        "SELECT post_id, revision, suggested FROM labeling_post",
        lambda: Post.objects.values_list("post_id", "revision", "suggested"),
    ),
    "annotations": (
        f"SELECT {POST}, who.labeler_id, n, row.current, kind, spans, suggestions, submitted_at, settings_event "
        f"FROM labeling_annotation row {OF_TASK} {WHO}",
        lambda: Annotation.objects.values_list(
            "task__post__post_id",
            "task__post__revision",
            "labeler__labeler_id",
            "n",
            "current",
            "kind",
            "spans",
            "suggestions",
            "submitted_at",
            "settings_event",
        ),
    ),
    "spans": (
        'SELECT label, words, start, "end" FROM labeling_labeledspan',
        lambda: LabeledSpan.objects.values_list("label", "words", "start", "end"),
    ),
    "assignments": (  # what is leased is not kept, and which of a task's places an answer took says nothing
        f"SELECT {POST}, CASE row.state WHEN 'leased' THEN 'open' ELSE row.state END, "
        "CASE row.state WHEN 'answered' THEN who.labeler_id END "
        f"FROM labeling_place row {OF_TASK} LEFT {WHO}",
        lambda: (
            (*rest, state, labeler if state == "answered" else None)
            for *rest, state, labeler in Assignment.objects.values_list(
                "task__post__post_id", "task__post__revision", "state", "labeler__labeler_id"
            )
        ),
    ),
    "decisions": (
        f"SELECT {POST}, n, by, row.current, spans, comment, decided_at FROM review_gold row {OF_TASK}",
        lambda: Gold.objects.values_list(
            "task__post__post_id", "task__post__revision", "n", "by", "current", "spans", "comment", "decided_at"
        ),
    ),
    "review events": (
        "SELECT n, kind, at, by, why, about FROM review_reviewevent",
        lambda: ReviewEvent.objects.values_list("n", "kind", "at", "by", "why", "about"),
    ),
    "audit log": (
        "SELECT id_in_s3, at, who.labeler_id, subject, action, account, before, after "
        "FROM review_auditentry row LEFT JOIN accounts_user who ON who.id = row.by_id",
        lambda: AuditEntry.objects.values_list(
            "id_in_s3", "at", "by__labeler_id", "subject", "action", "account", "before", "after"
        ),
    ),
    "sent back": (  # its time is the event's, some milliseconds off
        f"SELECT {POST}, who.labeler_id, comment FROM labeling_sentback row {OF_TASK} {WHO}",
        lambda: SentBack.objects.values_list(
            "task__post__post_id", "task__post__revision", "labeler__labeler_id", "comment"
        ),
    ),
    "rulings": (  # as above
        "SELECT key, phrase, label, why, settled FROM review_ruling",
        lambda: Ruling.objects.values_list("key", "phrase", "label", "why", "settled"),
    ),
    "releases": (
        "SELECT version, state, done, manifest FROM review_release",
        lambda: Release.objects.values_list("version", "state", "done", "manifest"),
    ),
    "pushed": ("SELECT key, by, posts FROM review_pushed", lambda: Pushed.objects.values_list("key", "by", "posts")),
}
# What no bucket holds.
KEPT: dict[str, tuple[str, Callable[[], Any]]] = {
    "accounts": (
        "SELECT id, username, password, email, labeler_id, is_staff FROM accounts_user",
        lambda: User.objects.values_list("id", "username", "password", "email", "labeler_id", "is_staff"),
    ),
    "plans": (
        "SELECT id, user_id, n, plan, email, by, at, told_at FROM jobs_planchange",
        lambda: PlanChange.objects.values_list("id", "user", "n", "plan", "email", "by", "at", "told_at"),
    ),
    "handovers": (
        "SELECT h.id, user_id, job, p.slug, state, posts FROM jobs_handover h "
        "JOIN labeling_project p ON p.id = h.project_id",
        lambda: Transfer.objects.values_list("id", "user", "job", "project__slug", "state", "posts"),
    ),
    "imports": (
        "SELECT i.id, p.slug, i.name, state, counts FROM review_import i "
        "JOIN labeling_project p ON p.id = i.project_id",
        lambda: Import.objects.values_list("id", "project__slug", "name", "state", "counts"),
    ),
}


def plain(value: Any) -> Any:
    """A value as JSON says it, whatever the database and the driver make of it."""
    if isinstance(value, datetime):
        return value.isoformat(" ").removesuffix("+00:00")
    if isinstance(value, str) and value.startswith(("[", "{")):
        return json.loads(value)
    return int(value) if isinstance(value, bool) else value


def sorted_rows(rows: Any) -> list[str]:
    return sorted(json.dumps([plain(value) for value in row], sort_keys=True) for row in rows)


@pytest.fixture
def before() -> Iterator[sqlite3.Connection]:
    """The database of the version before, to read."""
    made = sqlite3.connect(":memory:")
    made.executescript(gzip.decompress((STATE / "sqlite.sql.gz").read_bytes()).decode())
    yield made
    made.close()


@pytest.fixture
def old_buckets(cloud: MemoryCloud) -> MemoryCloud:
    with tarfile.open(STATE / "buckets.tar.gz") as objects:
        for one in objects:
            bucket, _, key = one.name.partition("/")
            content = objects.extractfile(one)
            assert content
            getattr(cloud, bucket).put(key, content.read())
    return cloud


def assert_same(before: sqlite3.Connection, what: dict[str, tuple[str, Callable[[], Any]]]) -> None:
    for name, (sql, now) in what.items():
        expected = sorted_rows(before.execute(sql))
        assert expected, f"the state before holds no {name}"
        assert sorted_rows(now()) == expected, name


@contextmanager
def connected(env: dict[str, str], folder: Path, blocker: Any) -> Iterator[None]:
    own = connections["default"]
    connections.settings["before"] = {**own.settings_dict, **configuration.database(env, folder)}
    connections["default"] = connections.create_connection("before")
    connections["default"].alias = "default"
    try:
        with blocker.unblock():
            yield
    finally:
        connections["default"].close()
        connections["default"] = own
        del connections.settings["before"]


@pytest.fixture(params=["sqlite", "postgresql"])
def old_database(request: pytest.FixtureRequest, tmp_path: Path, django_db_blocker: Any) -> Iterator[None]:
    """The database of the version before in place of the tests' own."""
    dump = gzip.decompress((STATE / f"{request.param}.sql.gz").read_bytes()).decode()
    if request.param == "sqlite":
        made = sqlite3.connect(tmp_path / "db.sqlite3")
        made.executescript(dump)
        made.close()
        with connected({}, tmp_path, django_db_blocker):
            yield
        return
    try:
        with cluster() as url:
            # `\restrict` and the like are psql's own.
            subprocess.run(
                ["psql", "-q", "-o", os.devnull, "-v", "ON_ERROR_STOP=1", url], input=dump, text=True, check=True
            )
            with connected({"DATABASE_URL": url}, tmp_path, django_db_blocker):
                yield
    except NotInstalled as error:
        pytest.skip(str(error))


@pytest.mark.django_db
def test_rebuild_from_buckets_of_before_makes_the_rows_of_before(
    before: sqlite3.Connection, old_buckets: MemoryCloud
) -> None:
    run = rebuild.Rebuild()
    run.run()
    assert run.counts["unreadable"] == 0
    assert_same(before, SAME)
    assert list(differences()) == []


def test_an_upgrade_keeps_accounts_keys_plans_and_reads_the_rest_from_the_buckets(
    before: sqlite3.Connection, old_buckets: MemoryCloud, old_database: None, settings: Any
) -> None:
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
    assert upgrade.is_due()
    call_command("migrate", verbosity=0)
    assert not upgrade.is_due()
    assert_same(before, SAME | KEPT)
    assert list(differences()) == []
    assert not [name for name in connection.introspection.table_names() if name.startswith(("review_", "kept_"))]
    assert not ContentType.objects.filter(app_label="review").exists()
    assert plans.of(User.objects.get(username="admin")).plan == "premium"
    client = Client()
    assert client.post("/accounts/login/", {"username": "labeler-two", "password": PASSWORD}).status_code == 302
    assert client.get("/").status_code == 200
    answer = Client().get("/api/v1/projects", headers={"Authorization": f"Bearer {KEY}"})
    assert [one["slug"] for one in answer.json()["items"]] == ["job-posts"]
    # The next rows get keys of their own.
    plans.change(User.objects.get(username="admin"), "free", by="admin")
    assert PlanChange.objects.count() == 4


class Killed(BaseException):
    pass


@pytest.mark.parametrize("old_database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("where", [(migrate.Command, "handle"), (upgrade, "put_back"), (rebuild.Rebuild, "_posts")])
def test_an_upgrade_that_was_broken_off_goes_on(
    where: tuple[Any, str],
    before: sqlite3.Connection,
    old_buckets: MemoryCloud,
    old_database: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(*where, die)
        with pytest.raises(Killed):
            call_command("migrate", verbosity=0)
    assert upgrade.is_due()
    call_command("migrate", verbosity=0)
    assert not upgrade.is_due()
    assert_same(before, SAME | KEPT)


@pytest.mark.parametrize("old_database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("lost", "said"),
    [
        ("UPDATE labeling_annotation SET stored_at = NULL WHERE id < 3", "2 annotations to store"),
        ("UPDATE review_bulkaction SET state = 'waiting' WHERE id = 1", "1 bulk actions"),
        ("UPDATE labeling_post SET revision = 'new' WHERE id = 1", "the archive lacks 1 posts"),
    ],
)
def test_nothing_is_removed_that_no_bucket_holds(
    lost: str, said: str, old_buckets: MemoryCloud, old_database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrade, "ARCHIVE_SECONDS", 0)
    with connection.cursor() as cursor:
        cursor.execute(lost)
    tables = connection.introspection.table_names()
    with pytest.raises(CommandError, match=said):
        call_command("migrate", verbosity=0)
    assert connection.introspection.table_names() == tables
    assert upgrade.is_due()
