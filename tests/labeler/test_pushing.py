"""Pushed suggestions are kept in S3 and come back from there."""

from collections.abc import Callable
from typing import Any

import pytest

from labeler.accounts.models import User
from labeler.labeling import pushing
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.models import Annotation, Assignment, LabeledSpan, Post, Project, Pushed, Task
from labeler.labeling.recovery.rebuild import Rebuild
from labeler.labeling.recovery.reconcile import differences
from labeler.labeling.tasks import leases
from pipeline.ports import StoreUnavailable
from pipeline.schema import PostReady, Suggestion
from tests.labeler.test_api import Caller, caller
from tests.labeler.test_recovery import put_in_archive

__all__ = ["caller"]  # a fixture of the other module

PATH = "/projects/jobs/suggestions"


@pytest.fixture
def posts(take: Callable[..., Post], cloud: Any, ready: Callable[..., PostReady]) -> list[Post]:
    made = [take(str(n), f"Text {n} wants a welder.") for n in range(3)]
    put_in_archive(cloud, *(ready(str(n), f"Text {n} wants a welder.") for n in range(3)))
    return made


@pytest.fixture
def push(caller: Callable[..., Caller], posts: list[Post]) -> Callable[..., dict[str, int]]:
    admin = caller()

    def run(by: str, label: str, *numbers: int) -> dict[str, int]:
        span = {"start": 13, "end": 19, "label": label, "score": 0.5}
        given = [{"post_id": posts[n].post_id, "spans": [span]} for n in numbers]
        answer = admin.post(PATH, {"by": by, "posts": given})
        assert answer.status_code == 200, answer.content
        return dict(answer.json())

    return run


def shown() -> dict[str, list[tuple[str, str]]]:
    return {one.external_id: [(held.by, held.label) for held in one.suggestions] for one in Post.objects.all()}


def forget() -> None:
    for model in (Pushed, LabeledSpan, Annotation, Assignment, Task, Post, Project):
        model.objects.all().delete()


def rebuilt() -> dict[str, int]:
    run = Rebuild()
    run.run()
    return dict(run.counts)


def test_a_dropped_database_shows_them_again(push: Callable[..., dict[str, int]]) -> None:
    push("m1", "Role", 0, 1)
    push("m2", "Skill", 1, 2)
    push("m1", "Tool", 1)
    before = shown()
    assert before == {"0": [("m1", "Role")], "1": [("m2", "Skill"), ("m1", "Tool")], "2": [("m2", "Skill")]}
    assert not list(differences())
    forget()
    assert rebuilt()["pushed suggestions"] == 3
    assert shown() == before
    assert not list(differences())
    assert "pushed suggestions" not in rebuilt()


def test_answered_posts_are_passed_over_and_not_kept(
    push: Callable[..., dict[str, int]], project: Project, person: Callable[..., User], cloud: Any
) -> None:
    ann = person("ann")
    lease = leases.next_task(project, ann)
    assert lease
    answers.submit(lease.token, ann, Answer("labels"), "key-00001")
    assert push("m1", "Role", 0, 1, 2) == {"changed": 2, "answered": 1}
    assert Pushed.objects.get().posts == 2


def test_one_that_changes_nothing_leaves_no_object(
    caller: Callable[..., Caller], posts: list[Post], cloud: Any
) -> None:
    assert caller().post(PATH, {"by": "m1", "posts": []}).json() == {"changed": 0, "answered": 0}
    assert not list(cloud.labels.list("suggestions/"))


def test_nothing_is_shown_while_s3_is_away(
    caller: Callable[..., Caller], posts: list[Post], cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise StoreUnavailable("S3")

    monkeypatch.setattr(cloud.labels, "put_new", away)
    given = [{"post_id": posts[0].post_id, "spans": [{"start": 0, "end": 4, "label": "Role"}]}]
    assert caller().post(PATH, {"by": "m1", "posts": given}).status_code == 503
    assert not Pushed.objects.exists()
    assert shown()["0"] == []


def test_a_database_from_before_learns_what_came_since(push: Callable[..., dict[str, int]], cloud: Any) -> None:
    push("m1", "Role", 0)
    key = Pushed.objects.get().key
    Pushed.objects.all().delete()
    Post.objects.update(suggested=[])
    assert list(differences()) == [f"{key}: in S3 only"]
    rebuilt()
    assert shown()["0"] == [("m1", "Role")]
    cloud.labels.delete(key)
    assert list(differences()) == [f"{key}: in the database only"]


@pytest.mark.parametrize(
    "body", [b"nonsense", b"[]", b'{"schema":"pushed/2"}', b'{"schema":"pushed/1","project":"jobs"}']
)
def test_what_cannot_be_read_is_counted(body: bytes, posts: list[Post], project: Project, cloud: Any) -> None:
    cloud.labels.put(f"{pushing.prefix(project)}x.json", body)
    assert rebuilt()["unreadable"] == 1


def test_a_post_that_is_not_there_is_named(caller: Callable[..., Caller], posts: list[Post]) -> None:
    answer = caller().post(PATH, {"by": "m1", "posts": [{"post_id": "a" * 26, "spans": []}]})
    assert (answer.status_code, "posts[0]" in answer.json()["detail"]) == (404, True)


def test_a_request_costs_a_constant_number_of_queries(
    posts: list[Post], project: Project, django_assert_num_queries: Any
) -> None:
    both = list(pushing.posts_of(project, {posts[0].post_id, posts[1].post_id}))
    with django_assert_num_queries(2):  # the index, and all posts
        pushing.push(project, "m1", [(post, [Suggestion(0, 4, "Role", 0.5, "m1")]) for post in both])
