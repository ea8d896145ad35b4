"""Annotation jobs of all users in the admin, in memory."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from labeler.accounts.models import User
from labeler.audit.models import AuditEntry
from labeler.jobs import plans, search
from labeler.jobs.presenters import attempts
from labeler.jobs.search import Wanted
from labeler.services import job_services
from pipeline.jobs import states, submissions
from pipeline.jobs.transitions import move
from pipeline.schema import timestamp
from pipeline.schema.job import CANCELLED, COMPLETED, FAILED, PENDING, PREMIUM, RUNNING, Doubt, Job
from tests.pipeline.jobs.world import made


@pytest.fixture
def ada(person: Callable[..., User], cloud: object) -> User:
    return person("ada", "")


@pytest.fixture
def root(person: Callable[..., User], cloud: object) -> Client:
    client = Client()
    client.force_login(person("root", "admin"))
    return client


def services() -> Any:
    return job_services().jobs


def given(user: User, state: str = COMPLETED, name: str = "posts.txt", **changes: Any) -> Job:
    """A job of a user, put into a state; a second after the one before."""
    at = services()
    at.clock.forward(1)
    job = submissions.open_job(
        at, user.labeler_id, at.now(), name, file_name=name, size=0, most=1000, annotator="rules", options={}
    )
    return move(
        at.table, job.user, job.id, lambda old: replace(old, state=state, since=timestamp(at.now()), size=7, **changes)
    )


def now(job: Job) -> Job:
    found: Job = services().table.get(job.user, job.id)
    return found


def listed(page: Any) -> list[str]:
    return re.findall(r'/">([^<]+\.(?:txt|csv))</a>', page.content.decode())


def listing(client: Client, **filters: str) -> list[str]:
    return listed(client.get(reverse("admin:jobs_annotationjob_changelist"), filters))


def act(client: Client, deed: str, *jobs: Job, **more: str) -> Any:
    chosen = [f"{job.user}/{job.id}" for job in jobs]
    return client.post(
        reverse("admin:jobs_annotationjob_act"), {"do": deed, "job": chosen, **({"back": ""} | more)}, follow=True
    )


def test_jobs_of_all_users_are_listed_by_their_last_change(root: Client, ada: User, person: Any) -> None:
    first = given(ada, name="a.txt")
    given(person("bob", ""), FAILED, name="b.txt")
    services().clock.forward(1)
    move(services().table, first.user, first.id, lambda old: replace(old, since=timestamp(services().now())))
    assert listing(root) == ["a.txt", "b.txt"]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"state": FAILED}, ["b.txt"]),
        ({"user": "ada"}, ["c.txt", "a.txt"]),
        ({"user": "ADA@example.org"}, ["c.txt", "a.txt"]),
        ({"user": "ada", "state": PENDING}, ["c.txt"]),
        ({"user": "nobody"}, []),
        ({"annotator": "labels"}, ["c.txt"]),
        ({"age": "over-hour"}, ["a.txt"]),
        ({"age": "hour"}, ["c.txt", "b.txt"]),
        ({"age": "hour", "user": "ada"}, ["c.txt"]),
        ({"state": "nonsense", "age": "nonsense"}, ["c.txt", "b.txt", "a.txt"]),
    ],
)
def test_jobs_are_found_by_state_user_annotator_and_age(
    filters: dict[str, str], names: list[str], root: Client, ada: User, person: Any
) -> None:
    ada.email = "ada@example.org"
    ada.save()
    given(ada, name="a.txt")
    services().clock.forward(7200)
    given(person("bob", ""), FAILED, name="b.txt")
    given(ada, PENDING, name="c.txt", annotator="labels")
    assert listing(root, **filters) == names


def test_pages_go_by_key_also_where_many_changed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PAGE", 3)
    world = made()
    jobs = [world.at(world.opened(key=str(number)), PENDING) for number in range(10)]
    seen: list[str] = []
    before = ""
    for _ in jobs:  # four pages are enough
        found = search.search(world.table, Wanted(), world.clock.now(), before)
        seen += [job.id for job in found.jobs]
        if not found.older:
            break
        before = found.older
    assert sorted(seen) == sorted(job.id for job in jobs)
    assert len(seen) == 10


def test_pages_of_one_user_go_by_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PAGE", 2)
    world = made()
    jobs = []
    for number in range(5):
        world.clock.forward(1)
        jobs.append(world.opened(key=str(number)))
    first = search.search(world.table, Wanted(user=jobs[0].user), world.clock.now())
    second = search.search(world.table, Wanted(user=jobs[0].user), world.clock.now(), first.older)
    assert [job.id for job in (*first.jobs, *second.jobs)] == [job.id for job in jobs[:0:-1]]


def test_a_filter_that_finds_little_reads_so_much_and_offers_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_READ", 4)
    world = made()
    for number in range(6):
        world.clock.forward(1)
        world.opened(key=str(number))
    found = search.search(world.table, Wanted(annotator="labels"), world.clock.now())
    assert (list(found.jobs), bool(found.older)) == ([], True)
    assert search.search(world.table, Wanted(annotator="labels"), world.clock.now(), found.older).older == ""


@pytest.mark.parametrize("before", ["!", "/", "9/9/9", "\U0001f642"])
def test_an_address_made_up_is_no_error(root: Client, ada: User, before: str) -> None:
    given(ada)
    for user in ("", "ada"):
        answer = root.get(reverse("admin:jobs_annotationjob_changelist"), {"before": before, "user": user})
        assert answer.status_code == 200


def test_a_state_and_an_age_read_no_more_than_that_range_of_the_index() -> None:
    world = made()
    asked: list[tuple[str, str, str]] = []
    read = world.table.in_state
    world.table.in_state = lambda *given, **more: (asked.append(given), read(*given, **more))[1]  # type: ignore
    search.search(world.table, Wanted(state=FAILED, age="hour"), world.clock.now())
    ((state, since, until),) = asked
    assert (state, since) == (FAILED, timestamp(world.clock.now() - timedelta(hours=1)))
    assert until > timestamp(world.clock.now())


def test_the_page_of_a_job_shows_each_attempt_and_event(root: Client, ada: User) -> None:
    at = services()
    job = given(ada, PENDING)
    for worker, reason in (("host-1:7", "Annotator rules broke."), ("host-2:8", "")):
        at.clock.forward(90)
        job = move(at.table, job.user, job.id, lambda old, worker=worker: states.take(old, at.now(), worker))  # type: ignore
        if reason:
            job = move(
                at.table, job.user, job.id, lambda old: states.strike(old, 1, at.now(), "Annotator rules broke.")
            )
    page = root.get(reverse("admin:jobs_annotationjob_change", args=[job.user, job.id])).content.decode()
    for words in ("host-1:7", "host-2:8", "Annotator rules broke.", "given back", "give back", ">ada</a>"):
        assert words in page
    assert [(one.number, one.how) for one in attempts(job)] == [(1, "given back"), (2, "running")]


def test_a_name_given_by_a_user_is_text(root: Client, ada: User) -> None:
    job = given(ada, FAILED, name="<b>x.txt", reason="<i>bad</i>")
    for address in (
        reverse("admin:jobs_annotationjob_changelist"),
        reverse("admin:jobs_annotationjob_change", args=[job.user, job.id]),
    ):
        page = root.get(address).content.decode()
        assert "&lt;b&gt;x.txt" in page
        assert "<b>x.txt" not in page
        assert "<i>bad" not in page


def test_chosen_jobs_are_retried_and_others_are_said_to_be_refused(root: Client, ada: User) -> None:
    failed, done = given(ada, FAILED, name="a.txt", reason="x"), given(ada, name="b.txt")
    page = act(root, "retry", failed, done, back="state=FAILED")
    assert (now(failed).state, now(done).state) == (PENDING, COMPLETED)
    assert now(failed).events[-1]["detail"] == "by root"
    text = page.content.decode()
    assert "1 job was asked for again." in text
    assert "b.txt: that cannot be done now" in text
    assert page.redirect_chain[-1][0].endswith("?state=FAILED")


def test_a_running_job_is_cancelled_and_its_owner_told_by_whom(root: Client, ada: User) -> None:
    job = given(ada, RUNNING)
    act(root, "cancel", job)
    assert (now(job).state, now(job).reason) == (CANCELLED, "Cancelled by an admin.")


def test_what_admins_do_to_jobs_is_in_the_audit_log(root: Client, ada: User) -> None:
    job = given(ada, FAILED, finished_at="2026-01-01T00:00:00.000000Z", reason="x")
    services().files.put(job.log_key, b"failed\n")
    root.get(reverse("admin:jobs_annotationjob_log", args=[job.user, job.id]))
    act(root, "retry", job)
    plans.of(ada)
    root.post(reverse("admin:jobs_planchange_add"), {"user": ada.pk, "plan": PREMIUM})
    rows = AuditEntry.objects.exclude(action__in=("created", "rights")).order_by("id")
    assert [(one.by.username, one.action, one.before, one.after) for one in rows if one.by] == [
        ("root", "log read", {}, {"log": job.log_key}),
        ("root", "asked for again", {"state": FAILED}, {"state": PENDING}),
        ("root", "plan", {"plan": "free"}, {"plan": PREMIUM}),
    ]


def test_a_log_is_downloaded_by_a_link_made_anew(root: Client, ada: User) -> None:
    job = given(ada, COMPLETED, result=1, finished_at="2026-01-01T00:00:00.000000Z")
    address = reverse("admin:jobs_annotationjob_log", args=[job.user, job.id])
    assert f"{job.file_name} has no log." in root.get(address, follow=True).content.decode()
    services().files.put(job.log_key, b"done\n")
    assert root.get(address)["Location"] == f"https://files.example/{job.log_key}"
    waiting = given(ada, PENDING, name="b.txt")
    page = root.get(reverse("admin:jobs_annotationjob_log", args=[waiting.user, waiting.id]), follow=True)
    assert "b.txt has no log." in page.content.decode()


def test_a_job_that_is_gone_is_404_and_no_trouble_in_a_choice(root: Client, ada: User) -> None:
    job = given(ada, FAILED)
    submissions.delete(services(), job.user, job.id)
    assert root.get(reverse("admin:jobs_annotationjob_change", args=[job.user, job.id])).status_code == 404
    assert "there is no such job any more" in act(root, "retry", job).content.decode()


@pytest.mark.parametrize("place", ["ada/!owner", "!doubts/ada", "ada", "/", ""])
def test_a_choice_and_an_address_of_what_is_no_job_find_none(root: Client, ada: User, place: str) -> None:
    plans.of(ada)
    place = place.replace("ada", ada.labeler_id)
    address = reverse("admin:jobs_annotationjob_changelist")
    assert root.get(f"{address}{place}/").status_code in (200, 404)
    answer = root.post(reverse("admin:jobs_annotationjob_act"), {"do": "retry", "job": place}, follow=True)
    assert "0 jobs were asked for again." in answer.content.decode()


def test_a_page_of_totals_after_no_number_is_the_first(root: Client, ada: User) -> None:
    plans.of(ada)
    for after in ("9" * 5000, "²"):
        answer = root.get(reverse("admin:jobs_annotationjob_totals"), {"after": after})
        assert "ada" in answer.content.decode()


@pytest.mark.parametrize("name", ["act", "settle"])
def test_acts_are_posts_that_say_what_is_allowed(root: Client, name: str) -> None:
    address = reverse(f"admin:jobs_annotationjob_{name}")
    assert root.get(address).status_code == 405
    assert "allowed:" in root.post(address, {"do": "fly", "back": ""}, follow=True).content.decode()


@pytest.mark.parametrize("role", ["", "labeler", "reviewer"])
def test_jobs_of_others_are_for_admins_alone(role: str, ada: User, person: Any) -> None:
    client, job = Client(), given(ada, FAILED)
    client.force_login(person("eve", role))
    pages = [
        ("changelist", ()),
        ("totals", ()),
        ("mails", ()),
        ("change", (job.user, job.id)),
        ("log", (job.user, job.id)),
    ]
    for name, arguments in pages:
        assert client.get(reverse(f"admin:jobs_annotationjob_{name}", args=arguments)).status_code in (302, 403), name
    for name in ("act", "settle"):
        answer = client.post(
            reverse(f"admin:jobs_annotationjob_{name}"), {"do": "retry", "job": f"{job.user}/{job.id}"}
        )
        assert answer.status_code in (302, 403), name
    assert now(job).state == FAILED


def test_totals_tell_what_each_user_takes_up(root: Client, ada: User, person: Any) -> None:
    bob = person("bob", "")
    person("eve", "labeler")  # has never come to the jobs
    for user in (ada, bob):
        plans.of(user)
    plans.change(bob, PREMIUM, by="root")
    until = timestamp(services().now() + timedelta(minutes=30))
    given(ada, name="a.txt", keep_until=until, summary={"bytes": 993})
    given(ada, "ARCHIVED", name="b.txt")
    page = root.get(reverse("admin:jobs_annotationjob_totals")).content.decode()
    rows = [re.sub("<[^>]+>|\\s+", " ", row).split() for row in re.findall("(?s)<tr>(.*?)</tr>", page)[1:]]
    assert [row[:6] for row in rows] == [
        ["ada", "free", "2", "1", "1", "KB"],
        ["bob", "premium", "0", "0", "0", "bytes"],
    ]
    assert "1 Jan 2026 00:30" in page
    of_one = root.get(reverse("admin:jobs_annotationjob_changelist"), {"user": "ada"}).content.decode()
    assert "1 Jan 2026 00:30" in of_one


def test_totals_go_by_pages(root: Client, person: Any, monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setattr(search, "PAGE", 2)
    for number in range(3):
        plans.of(person(f"user-{number}", ""))
    address = reverse("admin:jobs_annotationjob_totals")
    first = root.get(address).content.decode()
    after = re.search(r'href="\?after=(\d+)"', first)
    assert after
    assert "user-2" not in first
    assert "user-2" in root.get(address, {"after": after[1]}).content.decode()


def test_a_mail_in_doubt_is_shown_and_settled(root: Client, ada: User) -> None:
    plans.of(ada)
    job = given(ada, mails={"completed:1": "unknown"})
    doubt = Doubt(job.user, job.id, "completed:1")
    services().table.put_doubt(doubt)
    address = reverse("admin:jobs_annotationjob_mails")
    assert "completed:1" in root.get(address).content.decode()
    sent = {"user": job.user, "job": job.id, "event": "completed:1", "do": "sent"}
    page = root.post(reverse("admin:jobs_annotationjob_settle"), sent, follow=True).content.decode()
    assert "counts as sent" in page
    assert "No mail is in doubt" in page
    assert now(job).mails == {"completed:1": "sent"}
    assert AuditEntry.objects.filter(subject=f"job {job.user}/{job.id}", action="mail completed:1").exists()
    again = root.post(reverse("admin:jobs_annotationjob_settle"), {**sent, "do": "again"}, follow=True)
    assert "Nothing was done: the mail completed:1 is sent." in again.content.decode()


def test_a_mail_in_doubt_is_sent_again_when_an_admin_says_so(root: Client, ada: User) -> None:
    job = given(ada, mails={"completed:1": "unknown"})
    services().table.put_doubt(Doubt(job.user, job.id, "completed:1"))
    asked = {"user": job.user, "job": job.id, "event": "completed:1", "do": "again"}
    root.post(reverse("admin:jobs_annotationjob_settle"), asked)
    assert [told["event"] for told in services().ended.told()] == ["completed:1"]
