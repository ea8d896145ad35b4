"""Sources of a project: objects that the scraper reads, added and changed on a page, with how the last run went."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from labeler.accounts.models import User
from labeler.audit.models import AuditEntry
from labeler.labeling import projects
from labeler.labeling.models import Project
from pipeline.crawls import CONTACT, TRIALS, CrawlReport, SourceSettings, Trial, run_name
from pipeline.schema import timestamp

Save = Callable[..., Any]


@pytest.fixture
def save(person: Callable[..., User], project: Project) -> Save:
    client = Client()
    client.force_login(person("chief", "admin"))
    address = reverse("operations:save-source", args=["jobs"])
    return lambda **fields: client.post(address, {"source": "board", "every_minutes": "60", **fields}, follow=True)


def stored(cloud: Any, name: str = "board") -> SourceSettings:
    return SourceSettings.from_json(json.loads(cloud.posts.get(f"sources/{name}.json").body))


def test_a_source_is_added_as_the_scraper_reads_it(save: Save, cloud: Any) -> None:
    assert b"https://board.example" in save(do="add", address="https://board.example").content
    assert stored(cloud) == SourceSettings("board", "https://board.example", "jobs", 60)
    assert AuditEntry.objects.get(subject="source board").action == "added"


def test_it_is_switched_off_and_visited_now(save: Save, cloud: Any) -> None:
    save(do="add", address="https://board.example")
    save(do="change", every_minutes="120")
    assert (stored(cloud).every_minutes, stored(cloud).enabled) == (120, False)
    save(do="run")
    assert stored(cloud).requested_at


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"do": "add", "source": "../x", "address": "a"}, "letters a-z"),
        ({"do": "add", "address": " "}, "https://…"),
        ({"do": "add", "address": "a", "every_minutes": "1"}, "15 minutes to 90 days"),
        ({"do": "add", "address": "a", "every_minutes": "x"}, "15 minutes to 90 days"),
        ({"do": "change", "source": "nothing"}, "a source of the project"),
        ({"do": "burn"}, "add, change, run"),
    ],
)
def test_what_will_not_do_is_refused_in_words(save: Save, cloud: Any, fields: Any, message: str) -> None:
    page = save(**fields)
    assert page.status_code == 400
    assert message in page.content.decode()
    assert not list(cloud.posts.list("sources/"))


def test_a_name_is_given_once_and_only_its_project_changes_it(save: Save, cloud: Any) -> None:
    other = SourceSettings("board", "https://other.example", projects.create("other", "Other")[0].slug)
    cloud.posts.put(other.key, json.dumps(other.to_json()).encode())
    assert b"no source has yet" in save(do="add", address="https://board.example").content
    assert b"a source of the project" in save(do="change").content
    assert stored(cloud) == other


def test_the_last_run_is_told(save: Save, cloud: Any) -> None:
    save(do="add", address="https://board.example")
    now = timezone.now()
    counts = {"scraped": 7, "sent": 3, "unchanged": 4}
    report = CrawlReport("board", "jobs", run_name(now), timestamp(now), timestamp(now), "robots refused", counts)
    cloud.posts.put(report.key, json.dumps(report.to_json()).encode())
    cloud.posts.put("crawls/board/known/jobs.json.gz", b"")
    page = save(do="change", enabled="on").content.decode()
    assert "7 read, 3 sent, 4 unchanged" in page
    assert "Failed: robots refused" in page


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8000/jobs",
        "http://localhost/jobs",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.7/",
        "http://[::1]/",
        "feed:http://192.168.1.1/feed.xml",
        "ftp://board.example/x",
    ],
)
@pytest.mark.parametrize("do", ["add", "try"])
def test_an_address_that_points_inside_is_refused_at_once(save: Save, cloud: Any, do: str, address: str) -> None:
    page = save(do=do, address=address)
    assert page.status_code == 400
    assert "a public one of the web" in page.content.decode()
    assert not list(cloud.posts.list("sources/"))


def test_an_address_is_tried_before_it_is_saved(save: Save, cloud: Any) -> None:
    page = save(do="try", address="https://jobs.lever.co/clocks").content.decode()
    assert "Trying https://jobs.lever.co/clocks" in page
    assert 'http-equiv="refresh"' in page
    [listed] = cloud.posts.list(TRIALS)
    trial = Trial.from_json(json.loads(cloud.posts.get(listed.key).body))
    message = "found 3 postings, looks like Lever; first 3: “Cook”"
    answered = replace(trial, suggested="lever:clocks", message=message, answered_at=timestamp(timezone.now()))
    cloud.posts.put(trial.key, json.dumps(answered.to_json()).encode())

    client = Client()
    client.force_login(User.objects.get(username="chief"))
    page = client.get(reverse("operations:sources", args=["jobs"]), {"trial": trial.trial, "source": "board"})

    text = page.content.decode()
    assert message in text
    assert 'value="lever:clocks"' in text
    assert 'value="board"' in text
    assert "http-equiv" not in text
    assert "No source yet" in text


def test_the_contact_is_asked_for_once_with_the_reason(save: Save, cloud: Any) -> None:
    refused = save(do="add", address="https://board.example", contact="me").content.decode()
    assert "an e-mail address, or the address of a page" in refused
    assert "without it nothing is fetched" in refused
    page = save(do="add", address="https://board.example", contact="crawler@example.org").content.decode()
    assert 'name="contact"' not in page
    assert json.loads(cloud.posts.get(CONTACT).body) == {"contact": "crawler@example.org"}
