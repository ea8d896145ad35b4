"""Every route states who may call it, and holds to it: all routes, the admin's and the API's too, as every caller.

A new route without a row in the table fails.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from labeler.accounts.access import ANYBODY, MEMBER, allow
from labeler.accounts.models import ROLES, User
from labeler.labeling.models import Post, Project
from tests.labeler.access_table import ADMIN, API, PAGES
from tests.labeler.routes import CALLERS, OPERATIONS, ROUTES, World, made


@pytest.fixture
def world(cloud: Any, project: Project, person: Callable[..., User], take: Callable[..., Post]) -> World:
    return made(cloud, project, person, take)


def test_each_route_has_a_row_and_each_row_a_route() -> None:
    assert set(PAGES) | set(ADMIN) == set(ROUTES)
    assert set(API) == OPERATIONS


@pytest.mark.parametrize("name", PAGES)
def test_each_route_states_who_may_call_it(name: str) -> None:
    assert getattr(ROUTES[name].callback, "allowed", None) in (*ROLES, ANYBODY, MEMBER)


@pytest.mark.parametrize("part", range(4))
def test_each_page_lets_in_whom_the_table_says(part: int, world: World) -> None:
    assert wrong(world.ask, dict(list(PAGES.items())[part::4])) == []


@pytest.mark.parametrize("part", range(4))
def test_the_admin_lets_in_whom_the_table_says(part: int, world: World) -> None:
    assert wrong(world.ask, dict(list(ADMIN.items())[part::4])) == []


def test_the_api_lets_in_whom_the_table_says(world: World) -> None:
    assert wrong(world.call, API) == []


def wrong(ask: Callable[[str, str], str], rows: Mapping[str, str]) -> list[str]:
    """What differs from the table, each as a line. What one route did is taken back before the next."""
    found = []
    for name, expected in rows.items():
        point = transaction.savepoint()
        given = [ask(caller, name) for caller in CALLERS]
        transaction.savepoint_rollback(point)
        if given != expected.split():
            found.append(f"{name}: expected {expected}, got {' '.join(given)}")
    return found


def test_a_script_without_a_session_gets_401(db: None) -> None:
    response = Client().get(reverse("labeling:home"), headers={"accept": "application/json"})
    assert response.status_code == 401


def test_an_account_switched_off_has_no_role(person: Callable[..., User]) -> None:
    user = person("ann", "admin")
    user.is_active = False
    assert user.roles == frozenset()


def test_a_role_that_does_not_exist_cannot_be_stated() -> None:
    with pytest.raises(ValueError, match="allowed: labeler, reviewer, admin, anybody, member"):
        allow("manager")
