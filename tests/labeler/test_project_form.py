"""The guided form of a project: what it says becomes one event, and what will not do is refused at its field."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from labeler.accounts.models import User
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.models import Post, Project
from labeler.labeling.tasks import leases

Send = Callable[..., Any]


@pytest.fixture
def chief(person: Callable[..., User]) -> Client:
    client = Client()
    client.force_login(person("chief", "admin"))
    return client


def form(page: Any) -> dict[str, Any]:
    """What a browser would post of the page as it is."""
    given = page.context["adminform"].form
    data: dict[str, Any] = {name: "" if field.value() is None else field.value() for name, field in _fields(given)}
    data = {name: value for name, value in data.items() if value is not False}
    for row in given.rows.forms:
        values = {field.html_name: field.value() for field in row}
        data |= {name: "" if value is None else value for name, value in values.items() if value is not False}
    management = given.rows.management_form
    return data | {field.html_name: field.value() for field in management}


def _fields(given: Any) -> Any:
    return [(name, given[name]) for name in given.fields]


@pytest.fixture
def send(chief: Client, project: Project) -> Send:
    """Opens the form, changes some of its fields, and saves it."""
    address = reverse("admin:labeling_project_change", args=[project.pk])

    def post(**changes: Any) -> Any:
        data = form(chief.get(address)) | {name.replace("__", "-"): value for name, value in changes.items()}
        return chief.post(address, {name: value for name, value in data.items() if value is not None})

    return post


def settings() -> Any:
    return Project.objects.get().settings


def test_saving_what_is_there_is_no_event(send: Send) -> None:
    assert send().status_code == 302
    assert settings().n == 1


def test_all_of_it_becomes_one_event(send: Send, labeler: User) -> None:
    changes = {
        "name": "Jobs", "redundancy": 2, "redundancy_share": 0.5, "gold_rate": 0.1, "pass_agreed": "on",
        "order": "newest", "languages": "en, de", "min_chars": 5, "members": [labeler.labeler_id],
        "labels__0__name": "Ability", "labels__0__key": "z", "labels__0__examples": "read [drawings]\n not: it",
        "labels__1__DELETE": "on", "labels__12__name": "Shift", "labels__12__color": 3,
    }  # fmt: skip
    assert send(**changes).status_code == 302
    found = settings()
    assert (found.n, found.name, found.redundancy, found.redundancy_share, found.gold_rate) == (2, "Jobs", 2, 0.5, 0.1)
    assert found.pass_agreed
    assert found.members == (labeler.labeler_id,)
    assert (found.order, found.gates.languages, found.gates.min_chars) == ("newest", ("en", "de"), 5)
    assert [one.name for one in found.labels][:2] == ["Ability", "Tool"]
    assert found.labels[0].examples == ("read [drawings]", "not: it")
    assert found.labels[-1].name == "Shift"
    send(pass_agreed=None, members=[])
    assert (settings().pass_agreed, settings().members) == (False, ())


def test_labels_stand_in_the_order_of_their_numbers(send: Send) -> None:
    send(labels__2__ORDER=0)
    assert settings().labels[0].name == "Tool"


def at_row(page: Any, row: int, field: str) -> str:
    return str(page.context["adminform"].form.rows.forms[row].errors.get(field, ""))


@pytest.mark.parametrize(
    ("changes", "row", "field", "message"),
    [
        ({"labels__1__name": "Skill"}, 0, "name", "each name once"),
        ({"labels__1__key": "1"}, 0, "key", "each key once"),
        ({"labels__1__key": "s"}, 1, "key", "one key, none of"),
        ({"labels__1__name": ""}, 1, "name", "required"),
    ],
)
def test_a_label_that_will_not_do_is_told_at_its_row(
    send: Send, changes: Any, row: int, field: str, message: str
) -> None:
    page = send(**changes)
    assert message in at_row(page, row, field)
    assert settings().n == 1


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"redundancy": 99}, "redundancy", "1 to 20"),
        ({"hidden_share": 2}, "hidden_share", "less than or equal to 1"),
        ({"guidelines": "<script>alert(1)</script>"}, "guidelines", "without scripts"),
        ({"name": " "}, "name", "required"),
        ({"min_chars": 10, "max_chars": 5}, "min_chars", "at most max_chars, 5"),
    ],
)
def test_a_field_that_will_not_do_is_told_there(send: Send, changes: Any, field: str, message: str) -> None:
    assert message in str(send(**changes).context["adminform"].form.errors[field])
    assert settings().n == 1


def test_a_project_without_labels_is_refused(send: Send) -> None:
    page = send(**{f"labels__{row}__DELETE": "on" for row in range(12)})
    assert "at least one label" in page.content.decode()


def test_a_label_in_use_is_not_renamed_or_taken_away_by_the_form(
    send: Send, project: Project, labeler: User, take: Callable[..., Post]
) -> None:
    take()
    lease = leases.next_task(project, labeler)
    assert lease
    answers.submit(lease.token, labeler, Answer("labels", spans=[(4, 5, "Skill")]), "key-0001")
    assert "rename, merge, split or retire" in at_row(send(labels__0__name="Ability"), 0, "name")
    assert "rename, merge, split or retire" in at_row(send(labels__0__DELETE="on"), 0, "name")
    assert send(labels__0__description="Said better.").status_code == 302


def test_another_tokenizer_is_an_event_of_its_kind(send: Send, cloud: Any) -> None:
    cloud.posts.put("tokenizers/other/7.model", b"model")
    assert send(tokenizer="other 7").status_code == 302
    assert (settings().kind, settings().tokenizer.key) == ("tokenizer-changed", "tokenizers/other/7.model")
    assert len(settings().tokenizer.sha256) == 64


def test_a_project_is_made_in_admin(chief: Client, db: None, cloud: Any) -> None:
    address = reverse("admin:labeling_project_add")
    page = chief.post(address, {"name": "Skills", "slug": "Not a slug"})
    assert "slug" in page.context["adminform"].form.errors
    assert chief.post(address, {"name": "", "slug": "skills"}).context["adminform"].form.errors["name"]
    assert chief.post(address, {"name": "Skills", "slug": "skills"}).status_code == 302
    assert Project.objects.get().settings.project == "skills"


def test_guidelines_are_previewed_as_they_will_be_shown(chief: Client) -> None:
    page = chief.post(reverse("labeling:preview"), {"guidelines": "# Yes\n<img src=x onerror=alert(1)>"})
    assert page.content.decode().startswith("<h1>Yes</h1>")
    assert "<img" not in page.content.decode()
