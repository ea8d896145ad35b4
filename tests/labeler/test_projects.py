"""A project is its events in S3; the row follows."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from labeler.labeling import projects, starter
from labeler.labeling.models import Project
from pipeline.errors import InvalidInput
from pipeline.ports import StoreUnavailable
from pipeline.schema import Label, ProjectSettings


def stored(cloud: Any, name: str) -> ProjectSettings:
    return ProjectSettings.from_json(json.loads(cloud.labels.get(f"projects/jobs/{name}.json").body))


def test_creating_writes_event_settings_row_and_tokenizer(project: Project, cloud: Any) -> None:
    assert stored(cloud, "events/1") == stored(cloud, "settings") == project.settings
    assert project.settings.kind == "created"
    model = cloud.posts.get(project.settings.tokenizer.key).body
    assert model == (starter.MODELS / "default.model").read_bytes()


def test_creating_again_gives_the_one_there_is(project: Project, cloud: Any) -> None:
    again, new = projects.create("jobs", "Other name")
    assert (again, new) == (project, False)
    assert len(list(cloud.labels.list("projects/jobs/events/"))) == 1


def test_each_edit_is_an_event_with_the_whole_settings(change: Callable[..., Project], cloud: Any) -> None:
    project = change(redundancy=3)
    assert project.event == 2
    assert stored(cloud, "events/1").redundancy == 1
    assert stored(cloud, "events/2") == stored(cloud, "settings") == project.settings
    assert project.settings.redundancy == 3


def test_an_edit_that_changes_nothing_is_no_event(change: Callable[..., Project]) -> None:
    assert change(redundancy=1).event == 1


def test_only_new_guidelines_raise_their_version(change: Callable[..., Project]) -> None:
    assert change(name="New name").settings.guideline_version == 1
    assert change(guidelines="# New").settings.guideline_version == 2


def test_of_two_edits_of_the_same_state_the_second_is_told(project: Project, change: Callable[..., Project]) -> None:
    change(name="First")
    with pytest.raises(projects.Changed, match="event 2"):
        projects.edit(project, {"name": "Second"}, by="system")
    assert Project.objects.get().name == "First"


def test_an_edit_whose_event_was_written_before_a_crash_counts(
    change: Callable[..., Project], project: Project, cloud: Any
) -> None:
    cloud.labels.fail("settings.json", StoreUnavailable("away"))  # settings.json, after the event
    with pytest.raises(StoreUnavailable):
        change(name="First")
    assert projects.newest_settings(cloud.labels, "jobs").name == "First"
    with pytest.raises(projects.Changed):
        change(name="Second")
    assert Project.objects.get().name == stored(cloud, "settings").name == "First"


def test_an_edit_overtaken_by_the_next_one_does_not_put_its_older_settings_last(
    change: Callable[..., Project], project: Project, cloud: Any
) -> None:
    def overtake() -> None:
        change_again = {"name": "Second"}
        projects.edit(projects.index(projects.newest_settings(cloud.labels, "jobs")), change_again, by="system")

    cloud.labels.meanwhile("settings.json", overtake)
    change(name="First")
    assert (stored(cloud, "settings").n, stored(cloud, "settings").name) == (3, "Second")
    assert Project.objects.get().name == "Second"


@pytest.mark.parametrize("slug", ["", "Jobs", "a/b", "-a", "a-", "x" * 61, "ä"])
def test_a_slug_must_be_one(db: None, cloud: Any, slug: str) -> None:
    with pytest.raises(InvalidInput, match="slug"):
        projects.create(slug, "Name")


BASE = starter.LABELS[0]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"name": " "}, "name"),
        ({"redundancy": 0}, "redundancy"),
        ({"order": "alphabetic"}, "order"),
        ({"hidden_share": 1.5}, "hidden_share"),
        ({"suggester": "magic"}, "suggester"),
        ({"labels": (BASE, BASE)}, "labels[0].name"),
        ({"labels": (replace(BASE, key="s"),)}, "labels[0].key"),
        ({"labels": (replace(BASE, key="12"),)}, "labels[0].key"),
        ({"labels": (BASE, Label("Other", "1", 2))}, "labels[0].key"),
        ({"labels": (replace(BASE, color=13),)}, "labels[0].color"),
    ],
)
def test_settings_that_would_not_work_are_refused_by_field(
    change: Callable[..., Project], fields: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        change(**fields)
    assert refused.value.field == named
    assert Project.objects.get().event == 1


def test_the_starter_label_set_is_allowed(project: Project) -> None:
    projects.check(project.settings)


@pytest.mark.parametrize("key", ["e", "B", "/", "."])
def test_a_key_that_the_page_uses_is_refused_with_the_free_ones(key: str) -> None:
    made = starter.settings("jobs", "Job posts", "ada", "2026-01-01T00:00:00.000000Z")
    with pytest.raises(InvalidInput, match=r"labels\[0\].key.*free: 1 t y u i"):
        projects.check(replace(made, labels=(replace(made.labels[0], key=key), *made.labels[1:])))
