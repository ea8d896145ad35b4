"""A disk that is full, by many uploads or by time: what writes says what is wrong, and goes on afterwards."""

import errno
import io
import json
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection
from django.test import Client
from django.urls import reverse

from labeler import faults
from labeler.accounts.models import User
from labeler.api import keys
from labeler.labeling.models import Annotation, Post, Project
from labeler.labeling.tasks import leases
from pipeline.ports import StoreUnavailable
from tests.labeler.conftest import cloud, labeler, person, project, quick_passwords, ready, take

__all__ = ["cloud", "labeler", "person", "project", "quick_passwords", "ready", "take"]


@pytest.fixture
def browser(transactional_db: None, take: Callable[..., Post], labeler: User) -> Client:
    take()
    client = Client(raise_request_exception=False)
    client.force_login(labeler)
    return client


@pytest.fixture
def fill() -> Iterator[Callable[[bool], None]]:
    """Has the database take no page more, or as many as it likes again."""
    if connection.vendor != "sqlite":
        pytest.skip("a limit of pages is SQLite's")

    def limit(full: bool) -> None:
        with connection.cursor() as cursor:
            if not full:
                cursor.execute("PRAGMA max_page_count = 1073741823")
                cursor.execute("DROP TABLE IF EXISTS filler")
                return
            cursor.execute("CREATE TABLE filler (x)")
            (pages,) = cursor.execute("PRAGMA page_count").fetchone()
            cursor.execute(f"PRAGMA max_page_count = {pages}")
            for size in (100_000, 4000, 400, 40, 4, 1):
                with pytest.raises(DatabaseError, match="full"):  # noqa: PT012
                    while True:
                        cursor.execute("INSERT INTO filler VALUES (zeroblob(%s))", [size])

    yield limit
    limit(False)


def post(client: Client, route: str, slug: str, given: dict[str, Any]) -> Any:
    address = reverse(f"labeling:{route}", args=[slug])
    return client.post(
        address, json.dumps(given), content_type="application/json", headers={"accept": "application/json"}
    )


def test_cwe_770_a_full_database_says_so_and_what_comes_afterwards_is_stored(
    browser: Client, project: Project, labeler: User, fill: Callable[[bool], None]
) -> None:
    lease = leases.next_task(project, labeler)
    assert lease
    leases.release(lease.token)
    fill(True)
    given = {"lease": lease.token, "kind": "labels", "spans": [[4, 5, "Role"]], "comment": "x" * 4000, "active": 1}
    state = {"comment": "x" * 5000, "spans": [[4, 5, "Role"]] * 5000}
    answers = [
        browser.get(reverse("labeling:next", args=[project.slug]), headers={"accept": "application/json"}),
        post(browser, "submit", project.slug, {**given, "key": "key-00000001"}),
        post(browser, "draft", project.slug, {"lease": lease.token, "state": state}),
    ]
    for one in answers:
        assert one.status_code in (200, 204, 409, 507), one.content[:300]
    assert any(one.status_code == 507 for one in answers)
    for one in answers:
        if one.status_code == 507:
            assert one.json()["error"].startswith("the disk is full: ")
            assert one["Retry-After"]
    before = Annotation.objects.count()
    fill(False)
    assert post(browser, "submit", project.slug, {**given, "key": "key-00000001"}).status_code == 200
    assert Annotation.objects.count() == 1
    assert before in (0, 1)


FULL: list[Exception] = [
    OSError(errno.ENOSPC, "No space left on device"),
    OSError(errno.EDQUOT, "Disk quota exceeded"),
]


def raising(error: Exception) -> Callable[..., Any]:
    def work(*_: Any, **__: Any) -> Any:
        raise error

    return work


@pytest.mark.parametrize("error", FULL, ids=str)
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_cwe_770_pages_say_so(browser: Client, project: Project, monkeypatch: pytest.MonkeyPatch,
                              error: Exception, accept: str) -> None:  # fmt: skip
    monkeypatch.setattr(leases, "next_task", raising(error))
    for route in ("next", "label", "plain"):
        answer = browser.get(reverse(f"labeling:{route}", args=[project.slug]), headers={"accept": accept})
        assert answer.status_code == 507
        assert b"the disk is full: " in answer.content


def test_cwe_770_the_api_says_so(transactional_db: None, project: Project, person: Callable[..., User],
                                 cloud: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(cloud.posts, "put", raising(FULL[0]))
    monkeypatch.setattr(leases, "next_task", raising(FULL[0]))
    secret = keys.make(person("chief", "admin"), "test", ["import", "label"])[1]
    client = Client(raise_request_exception=False, headers={"authorization": f"Bearer {secret}"})
    address = f"/api/v1/projects/{project.slug}/imports"
    answer = client.post(address, b'{"text": "x"}\n', content_type="application/x-ndjson")
    assert answer.status_code == 507
    assert answer.json()["detail"].startswith("the disk is full: ")


def test_a_store_that_is_away_is_said_on_pages_too(
    browser: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "next_task", raising(StoreUnavailable("s3")))
    assert browser.get(reverse("labeling:next", args=[project.slug])).status_code == 503


def test_any_other_fault_is_still_one(browser: Client, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for error in (OperationalError("no such table"), OSError(errno.EACCES, "no"), RuntimeError("x")):
        monkeypatch.setattr(leases, "next_task", raising(error))
        assert browser.get(reverse("labeling:next", args=[project.slug])).status_code == 500


def test_cwe_770_a_disk_that_is_really_full_is_known(tmp_path: Path, settings: Any) -> None:
    """SQLite with its files beside it, on a file system of 1 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=False, capture_output=True)
    if made.returncode:
        pytest.skip("this account may mount nothing")
    try:
        settings.STATE_DIR = disk
        base = sqlite3.connect(disk / "db.sqlite3")
        base.execute("PRAGMA journal_mode=WAL")
        base.execute("CREATE TABLE a (x)")
        with pytest.raises(sqlite3.OperationalError) as caught:  # noqa: PT012
            for _ in range(3000):
                base.execute("INSERT INTO a VALUES (zeroblob(1000))")
                base.commit()
        assert faults.known(caught.value) == (507, faults.FULL)
        with pytest.raises(OSError, match="No space") as beside, io.FileIO(disk / "o", "w") as file:  # noqa: PT012
            while True:
                file.write(bytes(100_000))
        assert faults.known(beside.value) == (507, faults.FULL)
        base.close()
    finally:
        subprocess.run(["umount", disk], check=True)


def test_postgresql_says_it_by_its_state() -> None:
    cause = Exception("could not extend file")
    cause.sqlstate = "53100"  # type: ignore[attr-defined]
    error = OperationalError("could not extend file")
    error.__cause__ = cause
    assert faults.known(error) == (507, faults.FULL)
