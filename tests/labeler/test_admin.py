"""Admin lists are found by search and filters at a bounded number of queries; texts are drawn and data stays text."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labeler.accounts.models import User
from labeler.labeling import projects
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.models import Annotation, Post, Project
from labeler.labeling.tasks import leases
from pipeline.ports import StoreUnavailable

EVIL = "<script>alert(1)</script> welder"


@pytest.fixture
def admin(person: Callable[..., User]) -> Client:
    client = Client()
    client.force_login(person("chief", "admin"))
    return client


@pytest.fixture
def labelled(project: Project, labeler: User, take: Callable[..., Post]) -> Post:
    post = take(text=EVIL, title=EVIL)
    lease = leases.next_task(project, labeler)
    assert lease
    answers.submit(lease.token, labeler, Answer("labels", spans=[(11, 12, "Role"), (3, 7, "Tool")]), "key-0001")
    return post


def listed(client: Client, model: str, **query: str) -> int:
    page = client.get(reverse(f"admin:labeling_{model}_changelist"), query)
    assert page.status_code == 200
    return len(page.context["cl"].result_list)


def test_a_labelled_text_is_drawn_with_its_spans_and_escaped(admin: Client, labelled: Post) -> None:
    for address in (
        reverse("admin:labeling_post_change", args=[labelled.pk]),
        reverse("admin:labeling_annotation_change", args=[Annotation.objects.get().pk]),
    ):
        html = admin.get(address).content.decode()
        assert '<span class="t on a7" title="Role">welder</span>' in html
        assert "<script>alert" not in html
        assert "labelmill/spans.css" in html


@pytest.mark.parametrize("model", ["post", "annotation"])
def test_a_page_asks_the_database_nothing_twice(admin: Client, labelled: Post, model: str) -> None:
    key = labelled.pk if model == "post" else Annotation.objects.get().pk
    address = reverse(f"admin:labeling_{model}_change", args=[key])
    admin.get(address)
    with CaptureQueriesContext(connection) as queries:
        admin.get(address)
    asked = Counter(one["sql"] for one in queries.captured_queries)
    assert not [sql for sql, times in asked.items() if times > 1]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "welder"}, 1),
        ({"q": "plumber"}, 0),
        ({"state": "done"}, 1),
        ({"state": "open"}, 0),
        ({"current__exact": "1"}, 1),
        ({"label": "Role"}, 1),
        ({"label": "Place"}, 0),
        ({"project": "abc"}, 1),
        ({"project": "9" * 30}, 1),
    ],
)
def test_posts_are_found(admin: Client, labelled: Post, query: dict[str, str], found: int) -> None:
    assert listed(admin, "post", **query) == found


@pytest.mark.parametrize("given", ["abc", "²", "9" * 30])
@pytest.mark.parametrize("model", ["datasets_import", "datasets_release", "operations_bulkaction"])
def test_an_address_that_names_no_row_is_not_our_fault(admin: Client, model: str, given: str) -> None:
    assert admin.get(reverse(f"admin:{model}_change", args=[given])).status_code in (302, 404)


def test_a_post_is_found_by_its_id(admin: Client, labelled: Post, take: Callable[..., Post]) -> None:
    take("2", "Other.")
    assert listed(admin, "post", q=labelled.post_id) == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": '"welder"'}, 1),
        ({"q": '"plumber"'}, 0),
        ({"q": "ann"}, 1),
        ({"label": "Role"}, 1),
        ({"label": "Place"}, 0),
        ({"stored": "yes"}, 1),
        ({"stored": "no"}, 0),
        ({"kind__exact": "skip"}, 0),
    ],
)
def test_annotations_are_found(admin: Client, labelled: Post, query: dict[str, str], found: int) -> None:
    assert listed(admin, "annotation", **query) == found


@pytest.mark.parametrize("model", ["post", "annotation", "project"])
def test_a_list_takes_as_many_queries_for_many_rows_as_for_one(
    admin: Client,
    project: Project,
    labeler: User,
    take: Callable[..., Post],
    model: str,
    django_assert_max_num_queries: Any,
) -> None:
    for number in range(15):
        take(str(number), f"Text {number}.")
        lease = leases.next_task(project, labeler)
        assert lease
        answers.submit(lease.token, labeler, Answer("labels", spans=[(0, 1, "Role")]), f"key-{number:04}")
    with django_assert_max_num_queries(12):
        listed(admin, model)


def edited(project: Project, **fields: Any) -> dict[str, Any]:
    settings = project.settings
    names = ("name", "guidelines", "redundancy", "order", "hidden_share")
    return {name: getattr(settings, name) for name in names} | fields


def test_saving_a_project_is_an_event_by_its_admin(admin: Client, project: Project) -> None:
    address = reverse("admin:labeling_project_change", args=[project.pk])
    assert admin.post(address, edited(project, redundancy=2, guidelines="# New\r\n")).status_code == 302
    settings = Project.objects.get().settings
    assert (settings.n, settings.redundancy, settings.guidelines, settings.guideline_version) == (2, 2, "# New\n", 2)
    assert settings.by == User.objects.get(username="chief").labeler_id


def test_a_value_that_is_not_allowed_is_said_at_its_field(admin: Client, project: Project) -> None:
    page = admin.post(reverse("admin:labeling_project_change", args=[project.pk]), edited(project, redundancy=99))
    assert "allowed: 1 to 20" in str(page.context["adminform"].form.errors["redundancy"])
    assert Project.objects.get().event == 1


def test_when_s3_is_away_the_admin_is_told(admin: Client, project: Project, cloud: Any) -> None:
    cloud.labels.fail("events/2", StoreUnavailable("away"))
    address = reverse("admin:labeling_project_change", args=[project.pk])
    page = admin.post(address, edited(project, name="Other"), follow=True)
    assert "S3 is away" in page.content.decode()
    assert projects.newest_settings(cloud.labels, "jobs").name == Project.objects.get().name == "Job posts"
