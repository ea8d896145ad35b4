"""Numbers and shapes that no program expects, in addresses, forms and bodies: refused with a reason, never a fault."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from labeler.accounts.models import User
from labeler.api.urls import api
from labeler.labeling.models import Draft, Post, Project, Task
from labeler.labeling.tasks import leases
from tests.labeler import routes
from tests.labeler.conftest import cloud, labeler, person, project, quick_passwords, ready, take
from tests.labeler.routes import World

__all__ = ["cloud", "labeler", "person", "project", "quick_passwords", "ready", "take"]

_EACH: dict[str, list[Any]] = {
    "spans": ["x", 7, {}, None, [1], ["abc"], [[0]], [[0, 1]], [[0, 1, 7]], [["0", 1, "Role"]],
              *([span] for span in ([1, 0, "Role"], [-1, 1, "Role"], [0, 10**9, "Role"], [0.0, 1.0, "Role"], None,
                                    [True, 2, "Role"], [0, 1, "Role", "x"], [0, 1, "Role", 7],
                                    [0, 1, "Role", 0.5, 1]))],
    "comment": [7, [], None, {"a": 1}, "x" * 6000],
    "flagged": ["yes", 1, None, []],
    "active": [-1, 10**9, "1", None, True, []],
}  # fmt: skip
SHAPES: list[Any] = [{field: value} for field, values in _EACH.items() for value in values]
NO_OBJECTS: list[Any] = [[], [1], "x", 7, 1.5, True]


@pytest.fixture
def browser(client: Client, labeler: User, take: Callable[..., Post]) -> Client:
    take()
    client.force_login(labeler)
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("state", [*SHAPES, *NO_OBJECTS, None], ids=str)
def test_cwe_20_a_draft_of_another_shape_is_refused(
    browser: Client, project: Project, labeler: User, state: Any
) -> None:
    lease = leases.next_task(project, labeler)
    assert lease
    sent = json.dumps({"lease": lease.token, "state": state})
    answer = browser.post(reverse("labeling:draft", args=[project.slug]), sent, content_type="application/json")
    field = next(iter(state)) if isinstance(state, dict) else "state"
    assert answer.status_code == 400
    assert answer.json()["field"].startswith(field)
    assert not Draft.objects.exists()


@pytest.mark.parametrize("state", [*SHAPES, *NO_OBJECTS], ids=str)
def test_cwe_20_a_draft_of_another_shape_that_is_there_is_left_out_and_said(
    browser: Client, project: Project, labeler: User, state: Any
) -> None:
    Draft.objects.create(task=Task.objects.get(), labeler=labeler, state=state)
    form, page = (reverse(f"labeling:{name}", args=[project.slug]) for name in ("plain", "label"))
    said = b"is left out" if state else b"<form"
    for address in (form, page):
        answer = browser.get(address)
        assert answer.status_code == 200
        assert (address == page and not state) or said in answer.content
    lease = leases.next_task(project, labeler)
    assert lease
    given = {"lease": lease.token, "key": "key-00000001", "do": "add", "label": "Role", "word": "1"}
    assert browser.post(form, given).status_code in (200, 400)
    assert browser.post(form, {**given, "do": "submit"}).status_code == 302


HUGE = "9" * 5000
HOSTILE = [HUGE, f"-{HUGE}", "9" * 19, str(2**63), "-1", "1.5", "NaN", "\u0663", "[]"]
SOURCES = sorted(Path("labeler").rglob("*.py"))


def parameters() -> list[str]:
    """Names that some page looks for in an address or a form, read out of the code."""
    text = "\n".join(one.read_text() for one in SOURCES)
    found = re.findall(r"(?:GET|POST|given|asked)\.get(?:list)?\(\s*\"(\w+)\"", text)
    of_fields = re.findall(r"^    (\w+) = forms\.", text, re.MULTILINE)
    of_filters = re.findall(r"parameter_name = \"(\w+)\"", text)
    # fmt: off
    of_admin = ["p", "o", "q", "e", "all", "after", "before", "id", "pk", "_to_field", "_popup", "id__exact",
                "project__id__exact", "state__exact", "action", "select_across", "index", "_selected_action"]
    of_api = [one["name"] for path in api.get_openapi_schema()["paths"].values() for way in path.values()
              for one in way.get("parameters", ()) if one["in"] == "query"]
    # fmt: on
    return sorted({*found, *of_fields, *of_filters, *of_admin, *of_api})


@pytest.fixture
def world(db: None, cloud: Any, project: Project, person: Callable[..., User], take: Callable[..., Post]) -> World:
    return routes.made(cloud, project, person, take)


def addresses(world: World) -> Iterator[str]:
    for name in sorted(routes.ROUTES):
        try:
            yield world.address(name)
        except Exception:  # a page of another test's own
            continue


def asked(client: Client, method: str, address: str, given: dict[str, str], **more: Any) -> None:
    kept: Any = client.cookies.copy()
    answer = getattr(client, method)(address, given, **more)
    client.cookies = kept
    fault = f"{method} {address[:200]} {str(given)[:200]}: {answer.status_code}"
    assert answer.status_code < 500 or answer.status_code == 503, fault


@pytest.fixture
def admin(world: World) -> Client:
    client = world.clients["admin"]
    client.raise_request_exception = False
    return client


def test_there_are_parameters_and_addresses_to_try(world: World) -> None:
    assert {"after", "page", "every_minutes", "exclude", "rows", "limit", "near"} <= set(parameters())
    assert len(list(addresses(world))) > 60


@pytest.mark.parametrize("value", HOSTILE, ids=lambda one: ascii(one[:12]))
def test_cwe_1284_any_value_in_any_parameter_of_any_page(world: World, admin: Client, value: str) -> None:
    given = dict.fromkeys(parameters(), value)
    for address in addresses(world):
        asked(admin, "get", address, given)


def test_cwe_1284_each_parameter_by_itself(world: World, admin: Client) -> None:
    for address in addresses(world):
        if "/admin/" in address and address.endswith("/") and not address.endswith("/change/"):
            for name in ("project", "id", "user", "_to_field"):
                asked(admin, "get", address, {name: HUGE})


@pytest.mark.parametrize("value", HOSTILE, ids=lambda one: ascii(one[:12]))
def test_cwe_1284_any_value_in_any_path(world: World, admin: Client, value: str) -> None:
    for address in addresses(world):
        parts = address.split("/")
        for at, part in enumerate(parts):
            if part.isdecimal():
                asked(admin, "get", "/".join([*parts[:at], value, *parts[at + 1 :]]), {})
                asked(admin, "post", "/".join([*parts[:at], value, *parts[at + 1 :]]), {})


@pytest.mark.parametrize("value", HOSTILE, ids=lambda one: ascii(one[:12]))
def test_cwe_1284_any_value_in_any_operation_of_the_api(world: World, value: str) -> None:
    client = Client(raise_request_exception=False, headers={"authorization": f"Bearer {world.keys['admin']}"})
    known = {**{name: str(one) for name, one in world.values.items()}, "version": "v1", "number": "1"}
    for path, ways in api.get_openapi_schema()["paths"].items():
        names = re.findall(r"{(\w+)}", path)
        for method in ways:
            for name in names:
                for wrong in (value, f"v{value}"):
                    asked(client, method, path.format(**{**known, name: wrong}), {}, content_type="application/json")
            query = [one["name"] for one in ways[method].get("parameters", ()) if one["in"] == "query"]
            if method == "get":
                for name in query:
                    asked(client, "get", path.format(**known), {name: value})


def test_no_route_is_left_out() -> None:
    assert {name for name, _ in routes.named(get_resolver())} == set(routes.ROUTES)
