"""Many posts changed at once by the worker: repeated safely, resumed after a crash, told in the audit log."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from labeler.accounts.models import User
from labeler.audit.models import AuditEntry
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.models import Assignment, Post, Project, Task
from labeler.labeling.tasks import leases, resize
from labeler.operations import bulk
from labeler.operations.models import BulkAction

NEVER = threading.Event()


@pytest.fixture
def posts(project: Project, take: Callable[..., Post]) -> list[Post]:
    return [take(str(number), f"Text {number}.") for number in range(7)]


@pytest.fixture
def chief(person: Callable[..., User]) -> User:
    return person("chief", "admin")


@pytest.fixture
def ask(project: Project, chief: User) -> Callable[..., BulkAction]:
    return lambda kind, **more: BulkAction.objects.create(project=project, kind=kind, by=chief, reason="test", **more)


def states() -> dict[str, int]:
    return {state: Task.objects.filter(state=state).count() for state in ("open", "done", "closed")}


def test_closed_posts_ask_nobody_and_reopened_ones_ask_again(
    posts: list[Post], ask: Callable[..., BulkAction], project: Project, labeler: User
) -> None:
    lease = leases.next_task(project, labeler)
    assert lease
    answers.submit(lease.token, labeler, Answer("labels"), "key-0001")
    ask("close")
    bulk.run(NEVER)
    assert states() == {"open": 0, "done": 1, "closed": 6}
    assert leases.next_task(project, labeler) is None
    ask("reopen")
    bulk.run(NEVER)
    assert states() == {"open": 6, "done": 1, "closed": 0}
    assert leases.next_task(project, labeler)


def test_who_is_at_a_post_that_is_closed_may_finish(
    posts: list[Post], ask: Callable[..., BulkAction], project: Project, labeler: User
) -> None:
    lease = leases.next_task(project, labeler)
    assert lease
    ask("close")
    bulk.run(NEVER)
    assert states() == {"open": 0, "done": 0, "closed": 7}
    assert answers.submit(lease.token, labeler, Answer("labels"), "key-0001").stored
    assert states() == {"open": 0, "done": 1, "closed": 6}


def test_an_answer_withdrawn_after_its_post_was_closed_is_asked_of_nobody_else(
    posts: list[Post],
    ask: Callable[..., BulkAction],
    change: Callable[..., Project],
    labeler: User,
    person: Callable[..., User],
) -> None:
    project = change(redundancy=2)
    resize.fit(project)
    lease = leases.next_task(project, labeler)
    assert lease
    answers.submit(lease.token, labeler, Answer("labels"), "key-0001")
    ask("close")
    bulk.run(NEVER)
    assert states() == {"open": 0, "done": 1, "closed": 6}
    assert answers.undo_last(labeler, project)
    assert states() == {"open": 0, "done": 0, "closed": 7}
    assert leases.next_task(project, person("bob")) is None
    again = leases.next_task(project, labeler)
    assert again
    assert answers.submit(again.token, labeler, Answer("labels"), "key-0002").stored
    assert states() == {"open": 0, "done": 1, "closed": 6}


def test_assigned_posts_are_for_their_labeler_alone(
    posts: list[Post], ask: Callable[..., BulkAction], project: Project, person: Callable[..., User]
) -> None:
    ann, bob = person("ann"), person("bob")
    chosen = [posts[0].task.pk, posts[1].task.pk]
    for _ in range(2):  # again: nothing more
        ask("assign", labeler=ann, chosen=chosen)
        bulk.run(NEVER)
    assert [one.changed for one in BulkAction.objects.order_by("pk")] == [2, 0]
    lease = leases.next_task(project, bob)
    assert lease
    assert lease.task.pk not in chosen
    mine = leases.next_task(project, ann)
    assert mine
    assert mine.task.pk in chosen
    ask("unassign")
    bulk.run(NEVER)
    assert not Assignment.objects.filter(kept_for__isnull=False).exists()


def test_who_has_answered_a_post_already_is_assigned_others_alone(
    posts: list[Post], ask: Callable[..., BulkAction], change: Callable[..., Project], person: Callable[..., User]
) -> None:
    project, ann = change(redundancy=2), person("ann")
    resize.fit(project)
    lease = leases.next_task(project, ann)
    assert lease
    answers.submit(lease.token, ann, Answer("labels"), "key-0001")
    action = ask("assign", labeler=ann)
    bulk.run(NEVER)
    action.refresh_from_db()
    assert (action.seen, action.changed) == (7, 6)
    assert not Assignment.objects.filter(task=lease.task, kept_for=ann).exists()


def test_filters_choose_the_posts(posts: list[Post], ask: Callable[..., BulkAction], take: Callable[..., Post]) -> None:
    take("x", "Ein Text.", language="de")
    ask("close", filters={"language": "de"})
    bulk.run(NEVER)
    assert states() == {"open": 7, "done": 0, "closed": 1}


def test_a_killed_action_goes_on_where_it_was(
    posts: list[Post], ask: Callable[..., BulkAction], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BATCH", 3)
    action = ask("close")
    assert bulk.step(action.pk) == 3
    stopping = threading.Event()
    stopping.set()
    assert not bulk.run(stopping)
    assert states()["closed"] == 3
    assert bulk.run(NEVER) == {"posts changed in bulk": 4}
    action.refresh_from_db()
    assert (action.state, action.seen, action.changed) == ("done", 7, 7)
    entry = AuditEntry.objects.get(action="close")
    assert entry.by
    assert (entry.by.username, entry.after) == ("chief", {"posts": 7, "changed": 7, "reason": "test"})
    assert not bulk.run(NEVER)


@pytest.fixture
def client_of_chief(chief: User) -> Client:
    client = Client()
    client.force_login(chief)
    return client


def test_an_action_is_asked_for_in_admin(posts: list[Post], client_of_chief: Client, project: Project) -> None:
    address = reverse("admin:operations_bulkaction_add")
    form: dict[str, Any] = {"project": project.pk, "kind": "assign", "reason": "why", "language": "en"}
    page = client_of_chief.post(address, form)
    assert "Choose whom" in str(page.context["adminform"].form.errors["labeler"])
    assert client_of_chief.post(address, form | {"kind": "close"}).status_code == 302
    bulk.run(NEVER)
    assert states()["closed"] == 7
    action = BulkAction.objects.get()
    page = client_of_chief.get(reverse("admin:operations_bulkaction_change", args=[action.pk]))
    assert page.status_code == 200
    assert b'name="_save"' not in page.content


def test_deleted_posts_are_listed_only_when_asked_for_and_their_page_says_why(
    posts: list[Post], ask: Callable[..., BulkAction], client_of_chief: Client
) -> None:
    ask("delete", chosen=[posts[0].task.pk])
    bulk.run(NEVER)
    address = reverse("admin:labeling_post_changelist")
    assert len(client_of_chief.get(address).context["cl"].result_list) == 6
    assert len(client_of_chief.get(address, {"state": "deleted"}).context["cl"].result_list) == 1
    page = client_of_chief.get(reverse("admin:labeling_post_change", args=[posts[0].pk])).content.decode()
    assert "deleted by chief" in page
    assert ": test" in page


def test_all_posts_of_a_project_are_not_deleted_by_one_slip(
    posts: list[Post], client_of_chief: Client, project: Project
) -> None:
    form = {"project": project.pk, "kind": "delete", "reason": "why"}
    page = client_of_chief.post(reverse("admin:operations_bulkaction_add"), form)
    assert "allowed: one of them" in str(page.context["adminform"].form.errors["kind"])


def test_a_labeler_is_for_assigning_alone(
    posts: list[Post], client_of_chief: Client, project: Project, chief: User
) -> None:
    form = {"project": project.pk, "kind": "close", "reason": "why", "labeler": chief.pk}
    page = client_of_chief.post(reverse("admin:operations_bulkaction_add"), form)
    assert "Given for close" in str(page.context["adminform"].form.errors["labeler"])


def test_an_action_is_followed_and_then_undone_on_its_page(
    posts: list[Post], ask: Callable[..., BulkAction], client_of_chief: Client
) -> None:
    action = ask("delete", filters={"language": "en"})
    address = reverse("admin:operations_bulkaction_change", args=[action.pk])
    undo = reverse("operations:undo-action", args=[action.pk])
    page = client_of_chief.get(address)
    assert page["Refresh"] == "2"
    assert "The worker is at it" in page.content.decode()
    assert "cannot be undone" in client_of_chief.post(undo, {"reason": "too soon"}, follow=True).content.decode()
    bulk.run(NEVER)
    page = client_of_chief.get(address)
    assert "Refresh" not in page
    assert "Undo: restore the 7 posts" in page.content.decode()
    assert "reason: given 0 characters" in client_of_chief.post(undo, {"reason": " "}, follow=True).content.decode()
    client_of_chief.post(undo, {"reason": "a slip"})
    bulk.run(NEVER)
    assert states()["open"] == 7
    assert "cannot be undone" in client_of_chief.post(undo, {"reason": "again"}, follow=True).content.decode()
    assert [(one.kind, one.reason) for one in BulkAction.objects.order_by("pk")] == [
        ("delete", "test"),
        ("restore", "a slip"),
    ]


def test_a_reason_is_needed(posts: list[Post], client_of_chief: Client, project: Project) -> None:
    page = client_of_chief.post(reverse("admin:operations_bulkaction_add"), {"project": project.pk, "kind": "close"})
    assert "required" in str(page.context["adminform"].form.errors["reason"])


def test_ticked_posts_are_taken_to_the_form(posts: list[Post], client_of_chief: Client) -> None:
    ticked = [str(posts[0].pk), str(posts[2].pk)]
    data = {"action": "change_in_bulk", "_selected_action": ticked}
    page = client_of_chief.post(reverse("admin:labeling_post_changelist"), data, follow=True)
    assert page.status_code == 200
    tasks = f"{posts[0].task.pk},{posts[2].task.pk}"
    assert page.context["adminform"].form["tasks"].value() == tasks


def test_the_audit_log_says_who_changed_rights_and_what_they_were(
    client_of_chief: Client, chief: User, person: Callable[..., User]
) -> None:
    from django.contrib.auth.models import Group

    ann = person("ann")
    reviewers = Group.objects.get(name="reviewer")
    form = {"username": "ann", "is_active": "on", "groups": [reviewers.pk]}
    assert client_of_chief.post(reverse("admin:accounts_user_change", args=[ann.pk]), form).status_code == 302
    entries = AuditEntry.objects.filter(subject="user ann", action="rights", by=chief).order_by("pk")
    steps = [(one.before["groups"], one.after["groups"]) for one in entries]
    assert steps == [(["labeler"], []), ([], ["reviewer"])]
    form.pop("is_active")
    client_of_chief.post(reverse("admin:accounts_user_change", args=[ann.pk]), form)
    entry = AuditEntry.objects.filter(subject="user ann", action="changed").latest("pk")
    assert (entry.before["is_active"], entry.after["is_active"]) == (True, False)
    page = client_of_chief.get(reverse("admin:audit_auditentry_changelist"), {"q": "user ann"})
    assert page.status_code == 200
    assert len(page.context["cl"].result_list) >= 3


def test_no_password_is_in_the_audit_log(person: Callable[..., User]) -> None:
    ann = person("ann")
    ann.set_password("a-new-secret-7")
    ann.save()
    entry = AuditEntry.objects.filter(subject="user ann").latest("pk")
    assert entry.after == {"password": "changed"}
    assert "pbkdf2" not in str(list(AuditEntry.objects.values("before", "after")))
