"""Text that no database of ours takes is refused or mended, wherever it comes in."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from labeler.accounts.models import User
from labeler.api import keys
from labeler.labeling.models import Annotation, Draft, Post, Project
from labeler.labeling.tasks import leases


@pytest.fixture
def browser(client: Client, labeler: User) -> Client:
    client.force_login(labeler)
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("address", ["/mine/?q=a%00b", "/accounts/login/?next=%00", "/api/v1/projects?after=%00"])
def test_in_an_address(browser: Client, address: str) -> None:
    assert browser.get(address).status_code == 400


def test_in_a_form(browser: Client) -> None:
    assert browser.post("/accounts/login/", {"username": "a\0b", "password": "x"}).status_code == 400


@pytest.mark.parametrize(
    ("comment", "kept"),
    [("cut in half \ud83d", "cut in half \ufffd"), ("a\0b", "ab"), ("\U0001f600", "\U0001f600")],
)
def test_in_the_comment_of_an_answer(
    browser: Client, take: Callable[..., Post], project: Project, labeler: User, comment: str, kept: str
) -> None:
    take()
    lease = leases.next_task(project, labeler)
    assert lease
    given = {"lease": lease.token, "kind": "skip", "reason": "other", "comment": comment, "active": 1.0}
    state = {"lease": lease.token, "state": {"comment": comment, "n": 10**30, "x": [{"\ud800": "\0"}]}}
    for route, sent in (("draft", state), ("submit", {**given, "key": "key-00000001"})):
        answer = browser.post(
            reverse(f"labeling:{route}", args=[project.slug]), json.dumps(sent), content_type="application/json"
        )
        assert answer.status_code == 200
        if route == "draft":
            assert Draft.objects.get().state == {"comment": kept, "n": str(10**30), "x": [{"\ufffd": ""}]}
    row = Annotation.objects.get()
    assert (row.comment, row.stored_at is not None) == (kept, True)


@pytest.mark.parametrize("sent", ["[" * 100_000, '{"active": NaN}', "NaN", '{"lease": "' + "\\ud800" * 9 + '"}'])
def test_a_body_that_no_parser_likes_is_refused(browser: Client, project: Project, sent: str) -> None:
    answer = browser.post(reverse("labeling:submit", args=[project.slug]), sent, content_type="application/json")
    assert answer.status_code in (400, 409)


def test_a_form_where_json_belongs_is_refused(browser: Client, project: Project) -> None:
    answer = browser.post(reverse("labeling:submit", args=[project.slug]), {"lease": "x"})
    assert (answer.status_code, answer.json()["field"]) == (400, "Content-Type")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("releases", {"licence": "a\0b"}),
        ("releases", {"languages": ["en", "\0"]}),
        ("suggestions", {"by": "m", "posts": [{"post_id": "a\0", "spans": []}]}),
    ],
)
def test_in_a_body_of_the_api(
    client: Client, project: Project, person: Callable[..., User], path: str, body: dict[str, Any]
) -> None:
    secret = keys.make(person("ada", "admin"), "test", ["release", "suggest"])[1]
    answer = client.post(
        f"/api/v1/projects/{project.slug}/{path}",
        json.dumps(body),
        content_type="application/json",
        headers={"authorization": f"Bearer {secret}"},
    )
    assert answer.status_code == 422
    assert "NUL" in answer.json()["errors"][0]["allowed"]
