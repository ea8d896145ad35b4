"""Imports in admin: a file is checked, its report read, and only what a person says is taken in."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from labeler.accounts.models import User
from labeler.datasets.admin.import_form import SALT
from labeler.datasets.imports import preparation, report, submission
from labeler.datasets.models import Import
from labeler.labeling import projects
from labeler.labeling.models import Annotation, Post, Project
from labeler.worker.loop import Worker

ADD = "/admin/datasets/import/add/"
ROWS = [
    {"id": "1", "text": "We look for a welder.", "spans": [[14, 20, "Role"]]},
    {"id": "2", "text": "We look for a nurse.", "spans": [[14, 19, "Role"], [0, 99, "Role"]]},
    {"id": "1", "text": "The same id again."},
    {"id": "4", "text": "We look for a baker.", "spans": [[14, 19, "Nobody's label"]]},
]


@pytest.fixture
def admin(person: Callable[..., User]) -> Client:
    client = Client()
    client.force_login(person("ada", "admin"))
    return client


@pytest.fixture
def hand_in(admin: Client, project: Project) -> Callable[..., Import]:
    """Fills in the form; gives the import that it leads to."""

    def run(rows: list[dict[str, Any]] | None = None, **more: Any) -> Import:
        body = "\n".join(map(json.dumps, ROWS if rows is None else rows)).encode()
        given = {"project": project.pk, "form": "jsonl", "language": "en", "offsets": "code-points"}
        given["file"] = SimpleUploadedFile("posts.jsonl", body)
        answer = admin.post(ADD, {**given, **more})
        assert answer.status_code == 302, answer.content.decode()[-3000:]
        made = Import.objects.latest("pk")
        assert answer["Location"] == reverse("admin:datasets_import_change", args=[made.pk])
        return made

    return run


def work() -> None:
    Worker().round(wait_seconds=0)


def decide(client: Client, job: Import, what: str) -> Import:
    client.post(reverse("datasets:import-decide", args=[job.pk]), {"do": what})
    job.refresh_from_db()
    return job


def test_a_file_is_checked_and_nothing_is_written(hand_in: Callable[..., Import], admin: Client, cloud: Any) -> None:
    job = hand_in()
    assert job.state == "check"
    assert "Waits for the worker" in admin.get(f"/admin/datasets/import/{job.pk}/change/").content.decode()
    work()
    job.refresh_from_db()
    assert job.state == "checked"
    found = {name: job.survey[name] for name in ("rows", "taken", "lost", "refused", "spans")}
    assert found == {"rows": 4, "taken": 1, "lost": 2, "refused": 1, "spans": 2}
    assert not Post.objects.exists()
    assert not list(cloud.posts.list("posts/"))
    page = admin.get(f"/admin/datasets/import/{job.pk}/change/").content.decode()
    for words in ("each id once; row 1 has it", "0 &lt;= start &lt; end &lt;= 20", "Nobody&#x27;s label", "Take it in"):
        assert words in page, words
    everything = admin.get(f"/admin/datasets/import/{job.pk}/change/?rows=all").content.decode()
    assert everything.count("<tr><td>") == 4
    report = admin.get(reverse("datasets:import-report", args=[job.pk]))
    lines = [json.loads(line) for line in b"".join(report.streaming_content).splitlines()]  # type: ignore[attr-defined]
    assert [(line["row"], line["outcome"]) for line in lines] == [(2, "lost"), (3, "refused"), (4, "lost")]


def test_what_a_person_takes_in_is_in_the_project(hand_in: Callable[..., Import], admin: Client) -> None:
    job = hand_in()
    work()
    assert decide(admin, job, "take").state == "waiting"
    work()
    job.refresh_from_db()
    assert (job.state, job.counts["posts"], job.counts["rows refused"], job.counts["answers"]) == ("done", 3, 1, 3)
    assert (Post.objects.count(), Annotation.objects.count()) == (3, 3)
    page = admin.get(f"/admin/datasets/import/{job.pk}/change/").content.decode()
    assert "taken in" in page
    assert "posts.jsonl" in admin.get("/admin/datasets/import/").content.decode()


def test_what_a_person_drops_is_never_taken_in(hand_in: Callable[..., Import], admin: Client) -> None:
    job = hand_in()
    work()
    assert decide(admin, job, "drop").state == "dropped"
    assert decide(admin, job, "take").state == "dropped"
    work()
    assert not Post.objects.exists()


def test_a_decision_before_the_check_does_nothing(hand_in: Callable[..., Import], admin: Client) -> None:
    assert decide(admin, hand_in(), "take").state == "check"


def test_labels_that_would_be_added_are_named(hand_in: Callable[..., Import], admin: Client, project: Project) -> None:
    job = hand_in(create="on")
    work()
    page = admin.get(f"/admin/datasets/import/{job.pk}/change/").content.decode()
    assert "Adds the labels Nobody&#x27;s label." in page
    decide(admin, job, "take")
    work()
    project.refresh_from_db()
    assert "Nobody's label" in [one.name for one in project.settings.labels]


def test_a_report_has_pages(hand_in: Callable[..., Import], admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "ROWS", 3)
    job = hand_in([{"id": str(n), "text": f"Text {n}."} for n in range(7)])
    work()
    address = f"/admin/datasets/import/{job.pk}/change/?rows=all&page="
    pages = [admin.get(address + str(number)).content.decode() for number in (1, 2, 3)]
    assert [[n for n in range(7) if f"Text {n}." in page] for page in pages] == [[0, 1, 2], [3, 4, 5], [6]]
    assert "Text 6." in admin.get(address + "99").content.decode()


def test_a_report_that_has_expired_says_so(hand_in: Callable[..., Import], admin: Client, cloud: Any) -> None:
    job = hand_in()
    work()
    for one in list(cloud.posts.list("handoff/reports/")):
        cloud.posts.delete(one.key)
    assert "kept for five weeks" in admin.get(f"/admin/datasets/import/{job.pk}/change/").content.decode()
    assert admin.get(reverse("datasets:import-report", args=[job.pk])).status_code == 404


def test_a_check_whose_worker_died_begins_anew(hand_in: Callable[..., Import]) -> None:
    job = hand_in()
    Import.objects.filter(pk=job.pk).update(state="checking", beat_at="2020-01-01T00:00:00Z", survey={"rows": 2})
    work()
    job.refresh_from_db()
    assert (job.state, job.survey["rows"]) == ("checked", 4)


def test_a_fault_of_ours_fails_its_import_and_no_other(
    hand_in: Callable[..., Import], admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, faults = preparation.Preparer.all, iter([KeyError("x"), projects.Changed("edited just then")])

    def breaks(*given: Any) -> Any:
        if error := next(faults, None):
            raise error
        return whole(*given)

    first, other = hand_in(), hand_in(ROWS[1:])
    monkeypatch.setattr(preparation.Preparer, "all", breaks)
    work()
    for job in (first, other):
        job.refresh_from_db()
    assert (first.state, first.error, other.state) == (
        "failed",
        "our fault; it is in the log (KeyError('x'))",
        "checked",
    )


def test_a_file_that_cannot_be_read_at_all_fails_with_its_reason(hand_in: Callable[..., Import], admin: Client) -> None:
    job = hand_in(form="parquet")
    work()
    page = admin.get(f"/admin/datasets/import/{job.pk}/change/").content.decode()
    assert "No row can be taken." in page
    assert "Take it in" not in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"file": ""}, "Choose a file."),
        ({"form": "nonsense"}, "not one of the available choices"),
        ({"project": ""}, "required"),
    ],
)
def test_what_the_form_lacks_is_said_at_its_field(
    change: dict[str, str], words: str, admin: Client, project: Project
) -> None:
    given: dict[str, Any] = {"project": project.pk, "form": "jsonl", "language": "en", "offsets": "code-points"}
    given["file"] = SimpleUploadedFile("a.jsonl", b"x")
    answer = admin.post(ADD, {**given, **change})
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Import.objects.exists()


def test_a_file_above_the_limit_is_refused_before_it_is_stored(
    admin: Client, project: Project, cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submission, "MOST_BYTES", 10)
    given = {"project": project.pk, "form": "jsonl", "language": "en", "offsets": "code-points"}
    answer = admin.post(ADD, {**given, "file": SimpleUploadedFile("a.jsonl", b"x" * 11)})
    assert "Given 11 bytes, allowed: 10." in answer.content.decode()
    assert not list(cloud.posts.list("handoff/"))


def test_a_file_that_the_browser_sent_to_the_bucket_is_found_there(
    hand_in: Callable[..., Import], admin: Client, cloud: Any
) -> None:
    key = submission.new_key("ada")
    cloud.posts.put(submission.first_piece(key), json.dumps(ROWS[0]).encode())
    job = hand_in(file="", uploaded=signing.dumps(key, salt=SALT), uploaded_name="C:\\far\\away.jsonl")
    work()
    job.refresh_from_db()
    assert (job.state, job.survey["rows"], len(job.sha256)) == ("checked", 1, 64)


@pytest.mark.parametrize(
    "token",
    ["handoff/imports/x/", signing.dumps("handoff/imports/x/", salt="another")],
    ids=["unsigned", "of-another-page"],
)
def test_a_place_that_the_page_did_not_give_is_refused(token: str, admin: Client, project: Project, cloud: Any) -> None:
    given = {"project": project.pk, "form": "jsonl", "language": "en", "offsets": "code-points"}
    answer = admin.post(ADD, {**given, "uploaded": token, "uploaded_name": "a"})
    assert "This page was too old" in answer.content.decode()
    assert not Import.objects.exists()


def test_the_page_may_send_to_the_bucket_and_nowhere_else(
    admin: Client, project: Project, cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "connect-src 'self';" in admin.get(ADD)["Content-Security-Policy"] + ";"
    monkeypatch.setattr(cloud.posts, "form", lambda *_: ("https://bucket.example/x", {"key": "k"}))
    assert "connect-src 'self' https://bucket.example;" in admin.get(ADD)["Content-Security-Policy"] + ";"
