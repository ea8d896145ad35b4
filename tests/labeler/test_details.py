"""What postings say beside their texts, and that they have ended: shown, found, exported, kept back, rebuilt."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from labeler.accounts.models import User
from labeler.datasets.exports import Export
from labeler.labeling import projects
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.intake import inbox
from labeler.labeling.models import Ending, Post, Project, Task
from labeler.labeling.pages import fragments
from labeler.labeling.recovery import reconcile
from labeler.labeling.tasks import leases, resize
from pipeline import archive
from pipeline.ports import Message
from pipeline.schema import Details, PostEnded, PostReady, Salary, post_id
from tests.labeler.test_recovery import DAY, drop_everything, put_in_archive, rebuild

SAID = Details(
    employment=("FULL_TIME",),
    workplace="HYBRID",
    countries=("DE",),
    locations=("Kiel, Germany", "Bremen, Germany"),
    department="Workshop",
    salary=Salary(60_000, 75_000, "EUR", "YEAR", "stated"),
    valid_through="2020-03-14",
)


def ending(reason: str = "gone", number: str = "1", at: int = 1) -> PostEnded:
    day = f"2026-03-{at:02}"
    return PostEnded("jobs", "test:board", post_id("test:board", number), reason, day, f"{day}T00:00:00.000000Z", "t")


def tell(cloud: Any, *told: PostEnded) -> dict[str, int]:
    cloud.inbox.send([Message(orjson.dumps(one.to_json()).decode()) for one in told])
    return dict(inbox.drain())


@pytest.fixture
def staff(person: Callable[..., User]) -> Client:
    client = Client()
    client.force_login(person("chief", "admin"))
    return client


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Details(), []),
        (SAID, ["Full-time", "Hybrid, Germany", "€60,000–75,000 a year", "Workshop", "closed 14 March 2020"]),
        (Details(employment=("FULL_TIME", "PART_TIME")), ["Full-time or Part-time"]),
        (Details(workplace="TELECOMMUTE"), ["Remote"]),
        (Details(salary=Salary(12.5, 12.5, "GBP", "HOUR", "text")), ["£12.50 an hour"]),
        (Details(salary=Salary(0, 4000, "PLN", "MONTH", "text")), ["up to 4,000 PLN a month"]),
        (Details(salary=Salary(3000, 0, "", "", "stated")), ["from 3,000"]),
        (Details(seniority="SENIOR_LEVEL", countries=("XX",)), ["XX", "Senior level"]),
        (Details(valid_through="soon"), []),
    ],
    ids=str,
)
def test_details_in_words(said: Details, words: list[str]) -> None:
    assert fragments.details(Post(details=said.to_json())) == words


def test_a_date_ahead_closes() -> None:
    ahead = timezone.localdate() + timedelta(days=400)
    [words] = fragments.details(Post(details={"valid_through": ahead.isoformat()}))
    assert words == f"closes {ahead.day} {ahead:%B} {ahead.year}"


def test_the_token_page_shows_them(project: Project, labeler: User, take: Callable[..., Post], client: Client) -> None:
    take(details=SAID)
    client.force_login(labeler)
    page = client.get(reverse("labeling:label", args=[project.slug])).content.decode()
    assert "<span>Hybrid, Germany</span><span>€60,000–75,000 a year</span>" in page


def test_posts_are_found_by_them(project: Project, staff: Client, cloud: Any, take: Callable[..., Post]) -> None:
    take("1", details=SAID)
    take("2", "Another text.", details=Details(employment=("PART_TIME", "INTERN"), workplace="TELECOMMUTE"))
    take("3", "A third text.")
    tell(cloud, ending(number="3"))

    def found(**asked: str) -> list[str]:
        page = staff.get(reverse("admin:labeling_post_changelist"), asked)
        return sorted(post.external_id for post in page.context["cl"].result_list)

    assert found(employment="INTERN") == ["2"]
    assert found(employment="FULL_TIME") == ["1"]
    assert found(workplace="TELECOMMUTE") == ["2"]
    assert (found(ended="yes"), found(ended="no")) == (["3"], ["1", "2"])
    assert len(found(employment="nonsense")) == 3


def test_exports_carry_them(project: Project, labeler: User, cloud: Any, take: Callable[..., Post]) -> None:
    take(details=SAID)
    lease = leases.next_task(project, labeler)
    assert lease
    answers.submit(lease.token, labeler, Answer("labels", spans=[(0, 1, "Role")]), "key-0001")
    tell(cloud, ending())

    def exported(form: str) -> bytes:
        out = io.BytesIO()
        Export(project, form, "piece").write(out)
        return out.getvalue()

    [row] = map(json.loads, exported("jsonl").splitlines())
    assert (Details.from_json(row["details"]), row["ended"]) == (SAID, "2026-03-01")
    [row] = pq.read_table(io.BytesIO(exported("parquet"))).to_pylist()
    assert (row["employment"], row["workplace"], row["countries"]) == (["FULL_TIME"], "HYBRID", ["DE"])
    assert row["salary"] == {"minimum": 60_000, "maximum": 75_000, "currency": "EUR", "unit": "YEAR", "basis": "stated"}
    assert (row["valid_through"], row["seniority"], row["ended"]) == ("2020-03-14", None, "2026-03-01")


def test_of_what_is_told_the_newest_counts(project: Project, cloud: Any, take: Callable[..., Post]) -> None:
    take()
    assert tell(cloud, ending("absent", at=2)) == {"ended": 1}
    assert tell(cloud, ending("", at=1), ending("absent", at=2)) == {"repeated": 2}
    assert Post.objects.get().ended == "2026-03-02"
    assert tell(cloud, ending("", at=3)) == {"open again": 1}
    assert Post.objects.get().ended == ""


def test_an_end_may_come_before_its_post(project: Project, cloud: Any, take: Callable[..., Post]) -> None:
    tell(cloud, ending())
    assert take().ended == "2026-03-01"


@pytest.mark.parametrize(
    "spoilt", [{"reason": "bored"}, {"last_seen": "today"}, {"at": "2026-03-01T00:00:00"}, {"post_id": None}], ids=str
)
def test_what_is_no_end_stays_for_the_dead_letter_queue(project: Project, cloud: Any, spoilt: dict[str, Any]) -> None:
    cloud.inbox.send([Message(orjson.dumps({**ending().to_json(), **spoilt}).decode())])
    assert inbox.drain() == {"unreadable": 1}


def test_where_ended_posts_are_labelled_they_stay_open(project: Project, cloud: Any, take: Callable[..., Post]) -> None:
    take()
    tell(cloud, ending())
    assert Task.objects.get().state == "open"


def test_where_they_are_not_none_is_handed_out(
    change: Callable[..., Project], labeler: User, cloud: Any, take: Callable[..., Post]
) -> None:
    project = change(label_ended=False)
    tell(cloud, ending("gone", "2"))
    take("1"), take("2", "Another text.")
    tell(cloud, ending("gone", "1"))
    assert set(Task.objects.values_list("state", flat=True)) == {"ended"}
    assert leases.next_task(project, labeler) is None

    tell(cloud, ending("", "1", at=2))

    lease = leases.next_task(project, labeler)
    assert lease
    assert lease.post.external_id == "1"


def test_who_is_at_one_keeps_it(
    change: Callable[..., Project], labeler: User, cloud: Any, take: Callable[..., Post]
) -> None:
    project = change(label_ended=False)
    take()
    lease = leases.next_task(project, labeler)
    assert lease
    tell(cloud, ending())
    assert leases.renew(lease.token)
    saved = answers.submit(lease.token, labeler, Answer("labels", spans=[(0, 1, "Role")]), "key-0001")
    assert not saved.second_opinion
    assert Task.objects.get().state == "done"


def test_the_setting_takes_hold_of_posts_that_are_there(
    change: Callable[..., Project], cloud: Any, take: Callable[..., Post]
) -> None:
    take()
    tell(cloud, ending())
    for kept, state in ((False, "ended"), (True, "open")):
        project = projects.edit(Project.objects.get(), {"label_ended": kept}, by="system")
        assert project.fitted < project.event
        resize.fit(project)
        assert Task.objects.get().state == state


def test_they_are_rebuilt_from_the_buckets(project: Project, cloud: Any, ready: Callable[..., PostReady]) -> None:
    one = ready(details=SAID)
    put_in_archive(cloud, one)
    lines = [
        orjson.dumps(ending(at=at, reason=reason).to_json()) for at, reason in ((1, "gone"), (2, ""), (3, "absent"))
    ]
    for line in lines:
        cloud.posts.put(archive.key(archive.ENDED, "jobs", DAY, [line]), archive.compress([line]))
    rebuild()
    assert not list(reconcile.differences())
    before = (Post.objects.get().details, Post.objects.get().ended)
    assert before == (SAID.to_json(), "2026-03-03")
    drop_everything()
    rebuild()
    assert (Post.objects.get().details, Post.objects.get().ended) == before
    assert not list(reconcile.differences())
    Ending.objects.update(reason="")
    assert [line for line in reconcile.differences() if "ending of post" in line]
