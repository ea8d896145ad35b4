"""Messages and objects of every version that was ever written can be read: one kept sample each, in `wire/`."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.schema import (
    Annotation,
    AuditRecord,
    Handoff,
    PostEnded,
    PostReady,
    PostRefused,
    PostScraped,
    ProjectSettings,
    PushedSuggestions,
    ReviewEvent,
    SchemaError,
    Suggestion,
    post_id,
)

WIRE = Path(__file__).parent / "wire"
# File → the class that reads it. A new version adds a line and a file; none is ever taken away or changed.
KEPT: dict[str, Any] = {
    "post-scraped-1": PostScraped,
    "post-ready-1": PostReady,
    "post-refused-1": PostRefused,
    "post-ended-1": PostEnded,
    "handoff-1": Handoff,
    "project-1": ProjectSettings,
    "annotation-1": Annotation,
    "review-event-1": ReviewEvent,
    "audit-1": AuditRecord,
    "pushed-1": PushedSuggestions,
}


def sample(name: str) -> dict[str, Any]:
    return dict(json.loads((WIRE / f"{name}.json").read_text()))


def test_every_kept_sample_is_read_by_somebody() -> None:
    assert {path.stem for path in WIRE.glob("*.json")} == set(KEPT)


def test_every_version_that_is_written_is_kept() -> None:
    assert {read.SCHEMA.replace("/", "-") for read in KEPT.values()} <= set(KEPT)


@pytest.mark.parametrize("name", KEPT)
def test_what_was_written_is_read_and_written_the_same(name: str) -> None:
    assert KEPT[name].from_json(sample(name)).to_json() == sample(name)


@pytest.mark.parametrize("name", [name for name in KEPT if name not in ("handoff-1", "post-ready-1", "post-refused-1")])
def test_fields_of_a_newer_writer_are_kept(name: str) -> None:
    newer = {**sample(name), "added_later": {"deep": [1, 2]}}
    assert KEPT[name].from_json(newer).to_json() == newer


@pytest.mark.parametrize("name", ["post-ready-1", "post-refused-1"])
def test_fields_of_a_newer_scraper_pass_through_the_later_stages(name: str) -> None:
    newer = {**sample(name), "added_later": {"deep": [1, 2]}}
    assert KEPT[name].from_json(newer).to_json() == newer


@pytest.mark.parametrize("name", KEPT)
def test_an_unknown_version_is_refused_by_name(name: str) -> None:
    schema = sample(name)["schema"]
    with pytest.raises(SchemaError, match=rf"given '{schema}9', allowed: '{schema}'"):
        KEPT[name].from_json({**sample(name), "schema": f"{schema}9"})


@pytest.mark.parametrize("name", KEPT)
def test_each_missing_or_ill_typed_field_is_named(name: str) -> None:
    optional = {"schema", "raw", "salary"}
    for field in set(sample(name)) - optional:
        less = {key: value for key, value in sample(name).items() if key != field}
        for wrong in (less, {**less, field: object()}):
            with pytest.raises(SchemaError, match=field):
                KEPT[name].from_json(wrong)


@pytest.mark.parametrize("wrong", [10**400, orjson.loads("[" * 1_000 + "]" * 1_000)], ids=["large", "deep"])
def test_what_is_beyond_measure_is_refused_as_the_rest(wrong: object) -> None:
    suggestion = {"start": 0, "end": 1, "label": "role", "score": wrong, "by": "x"}
    with pytest.raises(SchemaError, match="field 'score'"):
        Suggestion.from_json(suggestion)


def test_token_steps_and_words_must_fit_each_other() -> None:
    ready = sample("post-ready-1")
    with pytest.raises(SchemaError, match=r"given \d+ numbers for \d+ words"):
        PostReady.from_json({**ready, "words": ready["words"][:-1]})
    with pytest.raises(SchemaError, match=r"field 'steps\[0\]': given -1"):
        PostReady.from_json({**ready, "steps": [-1, *ready["steps"][1:]]})


def test_the_id_of_a_post_is_that_of_its_source_and_external_id_for_ever() -> None:
    kept = sample("post-scraped-1")
    assert post_id(kept["source"], kept["external_id"]) == kept["post_id"] == "6z53apn3tdtbhrsvq6mguvnngd"
