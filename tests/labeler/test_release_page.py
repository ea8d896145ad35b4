"""Releases in admin: asked for on a form, followed while the worker builds, downloaded."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from labeler.accounts.models import User
from labeler.datasets.models import Release
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.models import Post, Project
from labeler.labeling.tasks import leases
from labeler.worker.loop import Worker

ADD = "/admin/datasets/release/add/"


@pytest.fixture
def admin(person: Callable[..., User]) -> Client:
    client = Client()
    client.force_login(person("ada", "admin"))
    return client


@pytest.fixture
def labelled(project: Project, labeler: User, take: Callable[..., Post]) -> Project:
    for n in range(3):
        take(str(n), f"Text number {n} wants a welder.", language="en" if n else "de")
        lease = leases.next_task(project, labeler)
        assert lease
        answers.submit(lease.token, labeler, Answer("labels", spans=[(5, 6, "Role")]), f"key-{n:05}")
    return project


@pytest.fixture
def build(admin: Client, labelled: Project) -> Callable[..., Release]:
    def run(**more: Any) -> Release:
        given = {
            "project": labelled.pk,
            "licence": "CC0-1.0",
            "formats": ["jsonl", "conll"],
            "unit": "word",
            "shares": "train=0.8,validation=0.1,test=0.1",
            "seed": 1,
        }
        answer = admin.post(ADD, {**given, **more})
        assert answer.status_code == 302, answer.content.decode()[-3000:]
        made = Release.objects.latest("pk")
        assert answer["Location"] == reverse("admin:datasets_release_change", args=[made.pk])
        return made

    return run


def page_of(client: Client, row: Release) -> str:
    return client.get(f"/admin/datasets/release/{row.pk}/change/").content.decode()


def test_a_release_is_asked_for_built_and_shown(build: Callable[..., Release], admin: Client) -> None:
    row = build()
    assert "Waits for the worker." in page_of(admin, row)
    Worker().round(wait_seconds=0)
    page = page_of(admin, row)
    for words in ("published", "CoNLL: a token a line, tag columns", "Data card", "licence CC0-1.0", "<td>Role</td>"):
        assert words in page, words
    assert "CC0-1.0" in admin.get("/admin/datasets/release/").content.decode()
    card = admin.get(reverse("datasets:release-card", args=[row.pk]))
    assert b"<h1>Job posts v1</h1>" in card.content
    assert "sandbox" in card["Content-Security-Policy"]


def test_every_file_that_the_page_names_is_downloaded(build: Callable[..., Release], admin: Client, cloud: Any) -> None:
    row = build()
    Worker().round(wait_seconds=0)
    row.refresh_from_db()
    page = page_of(admin, row)
    for file in row.manifest["files"]:
        address = reverse("datasets:release-file", args=[row.pk, file["key"]])
        assert address in page
        body = b"".join(admin.get(address).streaming_content)  # type: ignore[attr-defined]
        assert len(body) == file["bytes"]


def test_a_file_goes_by_a_fresh_link_where_the_bucket_gives_one(
    build: Callable[..., Release], admin: Client, cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = build()
    Worker().round(wait_seconds=0)
    asked = []

    def link(key: str, name: str, seconds: int) -> str:
        asked.append((key, name, seconds))
        return "https://bucket.example/signed"

    monkeypatch.setattr(cloud.releases, "link", link)
    answer = admin.get(reverse("datasets:release-file", args=[row.pk, "manifest.json"]))
    assert (answer.status_code, answer["Location"]) == (302, "https://bucket.example/signed")
    assert asked == [("releases/jobs/v1/manifest.json", "jobs-v1-manifest.json", 300)]


def test_filters_reach_the_release(build: Callable[..., Release], admin: Client) -> None:
    row = build(languages="en, fr")
    Worker().round(wait_seconds=0)
    row.refresh_from_db()
    assert (row.manifest["posts"], row.manifest["excluded"]) == (2, {"filtered": 1})
    assert "languages en, fr" in page_of(admin, row)


def test_the_same_words_again_are_the_same_release_until_it_is_done(build: Callable[..., Release]) -> None:
    assert build().version == build().version == 1
    Worker().round(wait_seconds=0)
    assert build().version == 2


def test_a_version_waits_for_the_one_before(build: Callable[..., Release]) -> None:
    first, second = build(), build(seed=2)
    Release.objects.filter(pk=first.pk).update(state="running")  # in another worker's hands
    Worker().round(wait_seconds=0)
    second.refresh_from_db()
    assert second.state == "waiting"
    Release.objects.filter(pk=first.pk).update(beat_at="2020-01-01T00:00:00Z")
    Worker().round(wait_seconds=0)
    assert list(Release.objects.values_list("state", flat=True)) == ["published", "published"]


def test_progress_and_failure_are_shown(build: Callable[..., Release], admin: Client) -> None:
    row = build()
    Release.objects.filter(pk=row.pk).update(state="running", manifest={"looked_at": 7})
    assert "7 posts looked at" in page_of(admin, row)
    Release.objects.filter(pk=row.pk).update(manifest={"posts": 30, "files": []}, done=10)
    assert "10 of 30 posts" in page_of(admin, row)
    Release.objects.filter(pk=row.pk).update(state="failed", error="the disk is full")
    assert "the disk is full" in page_of(admin, row)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"shares": "train=2"}, "shares above 0 that add up to 1"),
        ({"shares": "x"}, "train=0.8"),
        ({"seed": "-1"}, "greater than"),
    ],
)
def test_what_cannot_be_built_is_said_at_its_field(
    change: dict[str, str], words: str, admin: Client, labelled: Project
) -> None:
    given = {
        "project": labelled.pk,
        "licence": "x",
        "formats": ["jsonl"],
        "unit": "word",
        "shares": "train=1",
        "seed": 1,
    }
    answer = admin.post(ADD, {**given, **change})
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Release.objects.exists()


class Killed(BaseException):
    """What no task bears, as the end of its process."""


def test_a_build_broken_off_by_a_crash_goes_on_where_it_was(
    build: Callable[..., Release], admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from labeler.datasets.releases import builder

    monkeypatch.setattr(builder, "SHARD", 1)
    row = build()
    whole, calls = builder.Build._shard, []

    def breaks(self: Any, *given: Any) -> None:
        calls.append(given[1])
        if len(calls) == 3:
            raise Killed
        whole(self, *given)

    monkeypatch.setattr(builder.Build, "_shard", breaks)
    with pytest.raises(Killed):
        Worker().round(wait_seconds=0)
    Release.objects.filter(pk=row.pk).update(beat_at="2020-01-01T00:00:00Z")
    assert "2 of 3 posts" in page_of(admin, row)
    Worker().round(wait_seconds=0)
    row.refresh_from_db()
    assert (row.state, row.done, len(calls)) == ("published", 3, 4)
    assert json.dumps(row.manifest)
