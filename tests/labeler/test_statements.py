"""Statements give what the ORM gives, on both databases."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from labeler.accounts.models import User
from labeler.labeling.answering import answers
from labeler.labeling.models import Annotation, Assignment, Post, Project
from labeler.labeling.tasks import leases
from labeler.sql import Columns, Insertion, Statement


def state(row: Any) -> dict[str, Any]:
    """The values of an instance; bytes may come as a view of them."""
    names = [field.attname for field in row._meta.concrete_fields]
    return {name: bytes(value) if isinstance(value := getattr(row, name), memoryview) else value for name in names}


@pytest.fixture
def answered(project: Project, labeler: User, take: Callable[..., Post]) -> Annotation:
    take("1")
    lease = leases.next_task(project, labeler)
    assert lease
    answers.submit(lease.token, labeler, answers.Answer("labels", [(4, 5, "Role")]), "key-000001")
    take("2")
    leases.next_task(project, labeler)
    return Annotation.objects.get()


@pytest.mark.parametrize("model", [Annotation, Assignment, Post, User])
def test_instances_are_those_of_the_orm(answered: Annotation, model: type[Any]) -> None:
    columns = Columns(model, "x")
    found = Statement(f"SELECT {columns.sql} FROM {model._meta.db_table} AS x ORDER BY x.id").rows()
    assert [state(columns.made(row)) for row in found] == [state(row) for row in model.objects.order_by("pk")]


def test_columns_left_out_are_read_when_they_are_asked_for(answered: Annotation) -> None:
    columns = Columns(Post, "x", without=["raw", "extra"])
    row = Statement(f"SELECT {columns.sql} FROM labeling_post AS x WHERE x.external_id = %s").row("1")
    assert row
    post = columns.made(row)
    assert post.get_deferred_fields() == {"raw", "extra"}
    assert post.extra == Post.objects.get(external_id="1").extra


def test_an_inserted_instance_is_the_one_saved(answered: Annotation) -> None:
    made = Annotation.objects.get()
    made.pk, made.n, made.current, made.idempotency_key = None, 2, False, "key-000002"
    made.stored_at, made.spans, made.extra = timezone.now(), [{"words": "é \U0001f600 '%s' \\"}], {"later": None}
    Insertion(Annotation).save(made)
    assert state(Annotation.objects.get(pk=made.pk)) == state(made)


def test_the_database_refuses_what_it_refuses_from_the_orm(answered: Annotation) -> None:
    twice = Annotation.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Insertion(Annotation).save(twice)


def test_a_statement_planned_in_what_was_rolled_back_still_runs(db: None) -> None:
    statement = Statement("SELECT username FROM accounts_user WHERE username = %s")
    with transaction.atomic():
        statement.rows("ann")
        transaction.set_rollback(True)
    assert statement.rows("ann") == []


def test_a_change_says_how_many_rows_it_changed(answered: Annotation) -> None:
    statement = Statement("UPDATE labeling_annotation SET comment = %s WHERE flagged = %s")
    assert (statement.change("seen", False), statement.change("seen", True)) == (1, 0)
