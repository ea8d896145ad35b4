"""Posts that are nearly the same are found as they come in, and listed in the admin."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from labeler.accounts.models import User
from labeler.labeling import duplicates
from labeler.labeling.models import Band, Post
from pipeline.signature import NEAR, signature, similarity

NEVER = threading.Event()
WORDS = [f"word{number}" for number in range(120)]


def text(changed: int = 0, start: int = 0) -> str:
    """120 words, of which the last `changed` are others."""
    kept = WORDS[: len(WORDS) - changed] if not start else [f"other{one}" for one in range(start, start + 120)]
    return " ".join([*kept, *(f"new{one}" for one in range(changed))])


def groups() -> dict[str, str | None]:
    named: dict[int | None, str] = {post.pk: post.external_id for post in Post.objects.all()}
    return {post.external_id: named.get(post.near) for post in Post.objects.all()}


def test_a_copy_joins_the_group_of_the_first_whenever_it_comes(take: Callable[..., Post]) -> None:
    take("first", text())
    take("else", text(start=1000))
    duplicates.run(NEVER)
    assert groups() == {"first": None, "else": None}
    take("copy", text(changed=4))
    take("half", text(changed=60))
    assert duplicates.run(NEVER) == {"near-duplicates found": 1}
    assert groups() == {"first": "first", "copy": "first", "else": None, "half": None}
    take("later", text(changed=2))
    duplicates.run(NEVER)
    assert groups()["later"] == "first"


def test_copies_in_one_batch_are_found_and_looking_again_finds_nothing_new(take: Callable[..., Post]) -> None:
    for name in "abc":
        take(name, text(changed=ord(name) % 3))
    assert duplicates.run(NEVER) == {"near-duplicates found": 2}
    held = Band.objects.count()
    assert duplicates.take(list(Post.objects.order_by("pk"))) == 0
    assert Band.objects.count() == held
    assert set(groups().values()) == {"a"}


def test_a_new_text_of_a_posting_is_no_duplicate_of_its_old_one(take: Callable[..., Post]) -> None:
    take("1", text())
    take("1", text(changed=1), fetched_at="2026-01-02T00:00:00.000000Z")
    duplicates.run(NEVER)
    assert set(Post.objects.values_list("near", flat=True)) == {None}
    take("2", text(changed=2))
    duplicates.run(NEVER)
    assert None not in Post.objects.values_list("near", flat=True)


def test_what_is_like_a_copy_joins_its_group_without_being_like_the_first(take: Callable[..., Post]) -> None:
    new, newer = [f"new{one}" for one in range(15)], [f"newer{one}" for one in range(15)]
    take("first", text())
    take("copy", " ".join([*WORDS[:105], *new]))
    take("copy of it", " ".join([*WORDS[15:105], *new, *newer]))
    assert similarity(*(signature(Post.objects.get(external_id=one).text) for one in ("first", "copy of it"))) < NEAR
    duplicates.run(NEVER)
    assert set(groups().values()) == {"first"}


def test_texts_that_meet_are_compared_in_full(take: Callable[..., Post], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "NEAR", 1.01)
    take("1", text())
    take("2", text())
    assert not duplicates.run(NEVER)


def test_short_texts_are_like_none(take: Callable[..., Post]) -> None:
    take("1", "Apply now.")
    take("2", "Apply now.")
    assert not duplicates.run(NEVER)


def test_another_project_has_duplicates_of_its_own(take: Callable[..., Post], ready: Callable[..., Any]) -> None:
    from labeler.labeling import projects
    from labeler.labeling.intake import revisions

    take("1", text())
    other, _ = projects.create("other", "Other")
    revisions.take_all(other, [ready("2", text(), project="other")])
    assert not duplicates.run(NEVER)


def test_a_worker_that_is_stopped_goes_on_later(take: Callable[..., Post], monkeypatch: pytest.MonkeyPatch) -> None:
    stopping = threading.Event()
    stopping.set()
    take("1", text())
    take("2", text())
    assert not duplicates.run(stopping)
    assert duplicates.run(NEVER) == {"near-duplicates found": 1}


@pytest.mark.parametrize(("query", "found"), [("yes", 2), ("no", 1), ("", 3), ("x", 3)])
def test_the_admin_lists_them(query: str, found: int, take: Callable[..., Post], person: Callable[..., User]) -> None:
    for name, words in (("1", text()), ("2", text(changed=3)), ("3", text(start=500))):
        take(name, words)
    duplicates.run(NEVER)
    client = Client()
    client.force_login(person("rita", "reviewer"))
    address = reverse("admin:labeling_post_changelist")
    assert len(client.get(address, {"near": query}).context["cl"].result_list) == found
    first = Post.objects.get(external_id="1")
    assert len(client.get(address, {"near": str(first.pk)}).context["cl"].result_list) == 2
    page = client.get(reverse("admin:labeling_post_change", args=[first.pk])).content.decode()
    assert "Post 2</a>" in page
    assert f"?near={first.pk}" in page
