"""From the queue into tasks: a message goes only after its post is committed."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError

from labeler.labeling import projects
from labeler.labeling.intake import inbox, revisions
from labeler.labeling.models import Post, Project
from pipeline.dead_letters import Filter, letters, move
from pipeline.ports import Message, StoreUnavailable
from pipeline.schema import Handoff


def test_a_drain_is_bounded(project: Project, cloud: Any, ready: Callable[..., Any]) -> None:
    cloud.deliver(*(ready(str(number), f"Text {number}.") for number in range(25)))
    assert inbox.drain(most=15) == {"new": 15}
    assert Post.objects.count() == 15


def test_without_a_bound_it_takes_all(project: Project, cloud: Any, ready: Callable[..., Any]) -> None:
    cloud.deliver(*(ready(str(number), f"Text {number}.") for number in range(25)))
    assert inbox.drain() == {"new": 25}
    assert cloud.inbox.depth() == (0, 0)


@pytest.mark.parametrize(
    "body", ["not json", "[]", "{}", '{"schema": "post-ready/9"}', '{"schema": "handoff/1", "key": "handoff/gone"}']
)
def test_what_cannot_be_read_goes_to_the_dead_letter_queue_at_once(
    project: Project, cloud: Any, ready: Callable[..., Any], body: str
) -> None:
    cloud.inbox.send([Message(body)])
    cloud.deliver(ready())
    assert inbox.drain() == {"unreadable": 1, "new": 1}
    assert cloud.inbox.depth() == (0, 0)
    dead, live = cloud.dead_letters["labeling"]
    (letter,) = letters(dead, cloud.posts, Filter())
    assert letter.received.body == body
    assert letter.reason
    assert move(letter, dead, live)
    (back,) = cloud.inbox.receive()
    assert (back.body, dict(back.attributes)) == (body, {})


@pytest.mark.parametrize(
    "spoil",
    [
        {"fetched_at": "yesterday"},
        {"fetched_at": "2026-01-01"},
        {"post_id": "x" * 27},
        {"revision": ""},
        {"steps": [0, 99999], "words": [0]},
        {"steps": [0, 1], "words": [0, 1]},
    ],
)
def test_a_post_that_is_not_consistent_is_unreadable(
    project: Project, cloud: Any, ready: Callable[..., Any], spoil: dict[str, Any]
) -> None:
    cloud.inbox.send([Message(json.dumps({**ready().to_json(), **spoil}))])
    assert inbox.drain() == {"unreadable": 1}


def test_a_large_post_is_read_from_its_object(project: Project, cloud: Any, ready: Callable[..., Any]) -> None:
    cloud.posts.put("handoff/1", json.dumps(ready().to_json()).encode())
    cloud.inbox.send([Message(json.dumps(Handoff("handoff/1").to_json()))])
    assert inbox.drain() == {"new": 1}


def test_a_project_the_database_lost_comes_back_from_s3(
    project: Project, cloud: Any, ready: Callable[..., Any]
) -> None:
    cloud.deliver(ready())
    project.delete()
    assert inbox.drain() == {"new": 1}
    assert Project.objects.get().name == "Job posts"


def reasons(cloud: Any) -> list[dict[str, Any]]:
    return [json.loads(cloud.posts.get(one.key).body) for one in cloud.posts.list("refused/messages/")]


def test_posts_of_no_project_are_left(project: Project, cloud: Any, ready: Callable[..., Any]) -> None:
    cloud.deliver(ready(project="nowhere"))
    assert inbox.drain() == {"unknown project": 1}
    assert cloud.inbox.depth() == (0, 1)
    assert "the project 'nowhere' does not exist" in reasons(cloud)[0]["reason"]


def test_a_commit_that_fails_keeps_the_message(
    project: Project, cloud: Any, ready: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise DatabaseError("disk full")

    cloud.deliver(ready())
    with monkeypatch.context() as broken:
        broken.setattr(revisions, "take_all", full)
        with pytest.raises(DatabaseError):
            inbox.drain()
    cloud.clock.forward(61)
    assert inbox.drain() == {"new": 1}


def test_a_crash_before_the_delete_brings_a_repeat(
    project: Project, cloud: Any, ready: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("away")

    cloud.deliver(ready())
    with monkeypatch.context() as broken:
        broken.setattr(cloud.inbox, "delete", away)
        with pytest.raises(StoreUnavailable):
            inbox.drain()
    cloud.clock.forward(61)
    assert inbox.drain() == {"repeated": 1}
    assert Post.objects.count() == 1


def test_a_page_goes_on_when_the_queue_is_away(project: Project, cloud: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(cloud.inbox, "receive", away)
    assert inbox.top_up() == 0


def test_nothing_is_done_for_a_name_that_cannot_be_a_project(db: None, cloud: Any) -> None:
    assert projects.find("../etc") is None
