"""Rows inserted many at a time are what the ORM would have inserted."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from labeler import sql
from labeler.labeling.models import Post, Project
from labeler.sql import insert
from pipeline.schema import PostReady, Raw


def test_what_is_inserted_reads_back_the_same(
    project: Project, ready: Callable[..., PostReady], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "MOST_VALUES", 60)  # two rows in a statement
    made = [
        Post.of_message(project, ready(str(n), f"Text {n} é 😀.", raw=Raw("raw/x", 3, "s"), extra={"a": [n, None]}))
        for n in range(5)
    ]
    insert(made)
    for post in made:
        there = Post.objects.get(pk=post.pk)
        fields = [field.attname for field in Post._meta.concrete_fields]
        assert {name: _plain(getattr(there, name)) for name in fields} == {
            name: _plain(getattr(post, name)) for name in fields
        }
        assert not post._state.adding
    insert([])


def test_a_constraint_still_holds(project: Project, ready: Callable[..., PostReady]) -> None:
    twice = [Post.of_message(project, ready()) for _ in range(2)]
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(twice)
    assert not Post.objects.exists()


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value
