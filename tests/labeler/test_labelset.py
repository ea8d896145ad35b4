"""Label sets that change after labelling: operations are events, old objects stay, readers ask for any version."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from labeler.accounts.models import User
from labeler.audit.models import AuditEntry
from labeler.labeling.answering import answers, spanindex
from labeler.labeling.answering.answers import Answer
from labeler.labeling.labels import relabeling, versions
from labeler.labeling.models import Annotation, LabeledSpan, Post, Project
from labeler.labeling.tasks import leases
from pipeline import labelset
from pipeline.errors import InvalidInput
from pipeline.labelset import Operation

RENAME = Operation("rename", ("A",), ("B",), 2)
MERGE = Operation("merge", ("B", "C"), ("C",), 3)
SPLIT = Operation("split", ("C",), ("D", "E"), 4)
RETIRE = Operation("retire", ("D",), (), 5)


@pytest.mark.parametrize(
    ("label", "made", "operations", "now"),
    [
        ("A", 1, [RENAME], ("B",)),
        ("A", 2, [RENAME], ("A",)),  # given after the renaming: another label of that name
        ("A", 1, [RENAME, MERGE], ("C",)),
        ("A", 1, [RENAME, MERGE, SPLIT], ("D", "E")),
        ("A", 1, [RENAME, MERGE, SPLIT, RETIRE], ("E",)),
        ("D", 4, [RETIRE], ()),
        ("Z", 1, [RENAME, MERGE, SPLIT, RETIRE], ("Z",)),
    ],
)
def test_a_label_is_read_through_what_came_after_it(label: str, made: int, operations: Any, now: Any) -> None:
    assert labelset.read(label, made, operations) == now


def test_spans_that_become_the_same_are_one_and_retired_ones_are_gone() -> None:
    given = [{"start": 0, "end": 1, "label": name} for name in "BCD"]
    assert [one["label"] for one in labelset.spans(given, 1, [MERGE, RETIRE])] == ["C"]


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (Operation("merge", ("Skill", "Skill"), ("Skill",)), "one cannot be merged into itself"),
        (Operation("merge", ("Skill",), ("Tool",)), "two labels or more, to merge"),
        (Operation("rename", ("Skill",), ("Tool",)), "merge them"),
        (Operation("rename", ("Skill",), ("",)), "1 to 100 characters"),
        (Operation("rename", ("Nothing",), ("New",)), "labels of the project"),
        (Operation("split", ("Skill",), ("One",)), "two names or more, to split"),
        (Operation("split", ("Skill",), ("Skill", "New")), "names other than that of the label"),
        (Operation("retire", ("Skill",), ("New",)), "nothing, to retire"),
        (Operation("burn", ("Skill",), ()), "rename, merge, split, retire"),
    ],
)
def test_operations_that_make_no_sense_are_refused(project: Project, operation: Operation, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        relabeling.applied(project.settings, operation)


@pytest.fixture
def labelled(project: Project, labeler: User, take: Callable[..., Post]) -> Annotation:
    take()
    lease = leases.next_task(project, labeler)
    assert lease
    answers.submit(lease.token, labeler, Answer("labels", spans=[(4, 5, "Role"), (7, 8, "Skill")]), "key-0001")
    return Annotation.objects.get()


def test_an_operation_is_an_event_and_edits_no_object(labelled: Annotation, cloud: Any) -> None:
    before = {one.key: one.etag for one in cloud.labels.list("annotations/")}
    project = relabeling.operate(Project.objects.get(), Operation("rename", ("Role",), ("Position",)), "chief")
    assert {one.key: one.etag for one in cloud.labels.list("annotations/")} == before
    event = json.loads(cloud.labels.get("projects/jobs/events/2.json").body)
    assert event["kind"] == "label-rename"
    assert event["operations"] == [{"kind": "rename", "labels": ["Role"], "into": ["Position"], "n": 2}]
    assert "Role" not in [one["name"] for one in event["labels"]]
    assert set(LabeledSpan.objects.values_list("label", flat=True)) == {"Position", "Skill"}
    done = labelset.operations(project.settings)
    assert [one["label"] for one in labelset.spans(labelled.spans, 1, done)] == ["Position", "Skill"]
    assert [one["label"] for one in labelset.spans(labelled.spans, 1, labelset.operations(project.settings, 1))] == [
        "Role",
        "Skill",
    ]


def test_the_index_says_the_same_after_a_rebuild(labelled: Annotation) -> None:
    relabeling.operate(Project.objects.get(), Operation("merge", ("Role", "Skill"), ("Skill",)), "chief")
    row = Annotation.objects.get()
    assert {one.label for one in spanindex.spans_of(row, row.task.post.text)} == {"Skill"}


def test_exports_and_releases_say_the_labels_of_now(labelled: Annotation) -> None:
    from labeler.datasets import exports
    from labeler.datasets.releases import selection

    project = relabeling.operate(Project.objects.get(), Operation("rename", ("Role",), ("Position",)), "chief")
    project = relabeling.operate(project, Operation("retire", ("Skill",), ()), "chief")
    (record,) = exports.answers(project)
    assert [mark.label for mark in record.marks] == ["Position"]
    assert [label for _, _, label in selection.spans(Annotation.objects.get())] == ["Position"]


@pytest.fixture
def chief(person: Callable[..., User]) -> Client:
    client = Client()
    client.force_login(person("chief", "admin"))
    return client


def test_a_split_leaves_a_work_list(labelled: Annotation, chief: Client) -> None:
    form = {"kind": "split", "labels": ["Role"], "into": "Craft, Office"}
    page = chief.post(reverse("labeling:operate", args=["jobs"]), form, follow=True)
    assert "“welder”" in page.content.decode()
    assert AuditEntry.objects.get(subject="project jobs").action == "labels: split Role → Craft, Office"


def test_a_refusal_is_told_at_its_field(labelled: Annotation, chief: Client) -> None:
    page = chief.post(reverse("labeling:operate", args=["jobs"]), {"kind": "retire", "labels": ["Role"], "into": "x"})
    assert page.status_code == 400
    assert "nothing, to retire" in page.content.decode()


def test_versions_are_compared_and_restored(change: Callable[..., Project], chief: Client) -> None:
    change(guidelines="# Other\nLabel less.")
    change(redundancy=3)
    page = chief.get(reverse("labeling:versions", args=["jobs"]), {"a": 1, "b": 3})
    text = page.content.decode()
    assert "+Label less." in text
    assert "redundancy" in text
    chief.post(reverse("labeling:restore", args=["jobs"]), {"n": 1})
    project = Project.objects.get()
    assert (project.event, project.settings.kind, project.settings.redundancy) == (4, "restored", 1)
    assert project.settings.guidelines == versions.read(project, 1).guidelines
    assert project.settings.guideline_version == 3
    assert set(AuditEntry.objects.get(subject="project jobs").after) >= {"guidelines", "redundancy"}


def test_restoring_keeps_labels_that_operations_changed(change: Callable[..., Project]) -> None:
    change(redundancy=2)
    relabeling.operate(Project.objects.get(), Operation("rename", ("Role",), ("Position",)), "chief")
    project = versions.restore(Project.objects.get(), 1, "chief")
    assert project.settings.redundancy == 1
    assert "Position" in [one.name for one in project.settings.labels]


def test_a_version_that_does_not_exist_is_told(project: Project, chief: Client) -> None:
    page = chief.get(reverse("labeling:versions", args=["jobs"]), {"a": 1, "b": 9})
    assert page.status_code == 404
    assert "allowed: 1 to 1" in page.content.decode()
