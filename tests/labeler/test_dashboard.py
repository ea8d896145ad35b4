"""What the worker counts, and the first page of the admin that shows it at a constant number of queries."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from labeler.accounts.models import User
from labeler.audit.models import AuditEntry
from labeler.labeling import projects
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.models import Post, Project
from labeler.labeling.tasks import leases
from labeler.operations import charts, dashboard, figures, monitoring, sources
from labeler.operations.models import Daily, Figures, Observation
from labeler.services import job_services
from pipeline.crawls import CrawlReport, run_name
from pipeline.ports import Message, StoreUnavailable
from pipeline.schema import timestamp
from pipeline.schema.job import FAILED, Job, job_id

NEVER = threading.Event()
ROLE, TOOL = (4, 5, "Role"), (8, 9, "Tool")


@pytest.fixture(autouse=True)
def fresh() -> None:
    dashboard.forget()


@pytest.fixture
def labelled(
    change: Callable[..., Project], person: Callable[..., User], take: Callable[..., Post], suggestion: Any
) -> Project:
    """Two posts: on the first ann and bob agree, on the second they don't; the first suggests its role."""
    project = change(redundancy=2)
    given = {"ann": [[ROLE], [ROLE]], "bob": [[ROLE], [TOOL]]}
    take("1", suggestions=(suggestion,))
    take("2", fetched_at="2026-01-02T00:00:00.000000Z")
    for name, spans in given.items():
        who = person(name)
        for number, some in enumerate(spans):
            lease = leases.next_task(project, who)
            assert lease
            answers.submit(lease.token, who, Answer("labels", spans=some, active_seconds=30), f"key-{name}-{number:04}")
    return project


def test_figures_are_those_of_the_answers(labelled: Project) -> None:
    body = figures.record(labelled).body
    assert body["tasks"] == {"done": 2}
    assert body["agreement"]["posts"] == 2
    assert body["agreement"]["spans"] == {"unit": "span", "count": 4, "f1_exact": 0.5, "f1_partial": 0.5}
    assert body["suggestions"]["shown"] == {
        "posts": 4, "accepted": 2, "changed": 0, "rejected": 0, "missed": 2, "accepted_share": 1.0,
    }  # fmt: skip
    assert {(row.labeler.username, row.answers, row.seconds) for row in Daily.objects.all()} == {
        ("ann", 2, 60.0),
        ("bob", 2, 60.0),
    }


def test_answers_are_scored_on_decisions_that_do_not_rest_on_them(labelled: Project) -> None:
    from labeler.adjudication import decisions

    tasks = [post.task for post in Post.objects.order_by("pk")]
    decisions.decide(tasks[0], [ROLE], "rita", "")
    decisions.decide(tasks[1], [TOOL], "imported", independent=True)
    scores = figures.record(labelled).body["gold"]
    names = dict(User.objects.values_list("labeler_id", "username"))
    found = {names[who]: (held["posts"], held["f1_exact"]) for who, held in scores.items()}
    assert found == {"ann": (1, 0.0), "bob": (1, 1.0)}


def test_counting_again_changes_nothing_and_waits_while_nothing_is_new(labelled: Project) -> None:
    figures.run(NEVER)
    first = Figures.objects.get()
    figures.run(NEVER)
    assert Figures.objects.get().at == first.at
    figures.record(labelled)
    assert Daily.objects.count() == 2
    assert Figures.objects.count() == 1


@pytest.fixture
def chief(person: Callable[..., User]) -> Client:
    client = Client()
    client.force_login(person("chief", "admin"))
    return client


def test_the_dashboard_shows_it_with_its_units(labelled: Project, chief: Client) -> None:
    figures.record(labelled)
    html = chief.get(reverse("admin:index")).content.decode()
    for part in ("span F1 exact <b>0.5</b>", "token α", "ann and bob", "30 days", "<svg", "1.0</b> where shown"):
        assert part in html


def test_more_projects_and_answers_cost_no_more_queries(
    labelled: Project, chief: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        figures.record(projects.create(f"more-{number}", "More")[0])
    figures.record(labelled)
    with django_assert_max_num_queries(20):
        assert chief.get(reverse("admin:index")).status_code == 200


def test_what_failed_is_counted_and_moved_back(project: Project, chief: Client, cloud: Any) -> None:
    dead, live = cloud.dead_letters["work"]
    dead.send([Message("{}"), Message("{}")])
    page = chief.get(reverse("admin:index")).content.decode()
    assert '<td class="bad">2</td>' in page
    page = chief.post(reverse("operations:redrive", args=["work"]), follow=True).content.decode()
    assert "2 messages were moved back from work" in page
    assert (sum(dead.depth()), sum(live.depth())) == (0, 2)
    assert AuditEntry.objects.get(subject="queue work").after == {"messages": 2}
    assert chief.post(reverse("operations:redrive", args=["nothing"])).status_code == 404


def test_the_worker_looks_at_queues_crawls_and_jobs_and_the_dashboard_tells(
    project: Project, chief: Client, cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "is it running?" in chief.get(reverse("admin:index")).content.decode()
    dead, live = cloud.dead_letters["work"]
    live.send([Message("{}")])
    sources.add(project, "acme", "https://acme.example", 60)
    report = CrawlReport("acme", "jobs", run_name(timezone.now()), timestamp(timezone.now() - timedelta(minutes=9)))
    report = replace(report, ended_at=report.started_at, counts={"sent": 41, "errors": 2})
    cloud.posts.put(report.key, json.dumps(report.to_json()).encode())
    now = timestamp(timezone.now())
    failed = Job("ann", job_id(timezone.now()), FAILED, now, 1, now, "rules", "posts.txt", "txt")
    assert job_services().jobs.table.put_new(failed)
    monitoring.run(NEVER)
    first = Observation.objects.get(name="queues").body["work"]
    assert (bool(first["since"]), first["failed"]) == (True, "")
    Observation.objects.update(at=timezone.now() - timedelta(minutes=7))
    dead.send([Message("{}")])
    monitoring.run(NEVER)  # the queue has not been empty since the first look
    second = Observation.objects.get(name="queues").body["work"]
    assert second["failed"]
    assert second["since"] == first["since"] < timestamp(Observation.objects.get(name="queues").at)
    assert dead.depth() == (1, 0)  # looking took nothing away and hid nothing
    dashboard.forget()
    page = chief.get(reverse("admin:index")).content.decode()
    for part in ("failed: 1 jobs", "acme</a></td><td>9 min ago</td><td>41</td>", '<td class="bad">2</td>'):
        assert part in page, part
    assert "is it running?" not in page
    live.delete([one.receipt for one in live.receive()])
    Observation.objects.update(at=timezone.now() - timedelta(minutes=7))
    monitoring.run(NEVER)
    assert Observation.objects.get(name="queues").body["work"]["since"] == ""


def test_looks_are_not_repeated_at_once_and_what_is_away_is_left_out(project: Project, cloud: Any) -> None:
    def away(*_: object, **__: object) -> Any:
        raise StoreUnavailable("away")

    cloud.posts.list = away
    monitoring.run(NEVER)
    assert {one.name for one in Observation.objects.all()} == {"queues", "jobs"}
    first = Observation.objects.get(name="queues").at
    monitoring.run(NEVER)
    assert Observation.objects.get(name="queues").at == first


@pytest.mark.parametrize(
    ("seconds", "said"), [(1, "1 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (200_000, "2 days"), (-5, "0 s")]
)
def test_ages_are_said_in_words(seconds: int, said: str) -> None:
    now = timezone.now()
    assert monitoring._age(timestamp(now - timedelta(seconds=seconds)), now) == said


def test_charts_are_drawn_as_text_and_say_what_they_show() -> None:
    drawn = charts.bars([("<1>", 2), ("2", 0)], "answers")
    assert "&lt;1&gt;: 2 answers" in drawn
    assert "<1>" not in drawn
    assert charts.line([("a", 0.5), ("b", None), ("c", 1)], "F1").count("<circle") == 2
    assert "&lt;1&gt;" in charts.levels([("<1>", 2), ("2", 0)], "jobs")
    assert "<svg" in charts.levels([], "jobs")
    assert "<svg" in charts.bars([], "answers")
    assert "<svg" in charts.line([], "F1")
