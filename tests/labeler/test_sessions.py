"""Requests know who they are from by two statements, and only while that is so."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse_lazy
from django.utils import timezone

from labeler.accounts.models import User

HOME = reverse_lazy("labeling:home")


@pytest.fixture
def page(client: Client, labeler: User) -> Callable[[], int]:
    """The status of a labeler's page, asked for by the account `ann`, who is logged in."""
    client.force_login(labeler)
    return lambda: client.get(HOME).status_code


def test_roles_count_from_the_next_request_on(page: Callable[[], int], labeler: User) -> None:
    assert page() == 200
    labeler.groups.clear()
    assert page() == 403
    labeler.groups.set(Group.objects.filter(name__in=("reviewer", "admin")))
    assert page() == 200
    assert User.objects.get().roles == {"labeler", "reviewer", "admin"}


@pytest.mark.parametrize(
    "end",
    [
        lambda: User.objects.update(is_active=False),
        lambda: User.objects.update(password="another"),
        lambda: Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1)),
        lambda: Session.objects.all().delete(),
    ],
    ids=["account closed", "password changed", "session over", "logged out"],
)
def test_who_may_not_be_here_any_more_is_sent_to_log_in(page: Callable[[], int], end: Callable[[], object]) -> None:
    assert page() == 200
    end()
    assert page() == 302


def test_a_request_asks_twice_who_it_is_from(client: Client, labeler: User, page: Callable[[], int]) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/label/nothing/next").status_code == 404
    words = [one["sql"].split(maxsplit=1)[0] for one in asked if one["sql"] != "SELECT 1"]
    assert len([word for word in words if word in ("SELECT", "EXECUTE")]) == 3  # and for the project
