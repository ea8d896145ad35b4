"""Exports carry what a model needs, stream, and load again."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from labeler.accounts.models import User
from labeler.datasets.exports import Export
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.models import Post, Project
from labeler.labeling.tasks import leases
from pipeline.formats import catalog, units


@pytest.fixture
def labelled(change: Callable[..., Project], person: Callable[..., User], take: Callable[..., Post]) -> Project:
    """One post with two answers, the first with nested spans; one skipped, one nobody has answered."""
    project = change(redundancy=2)
    for number, text in enumerate(("Senior Python developer wanted 😀 now", "A menu.", "Third text.")):
        take(str(number), text, fetched_at=f"2026-01-0{number + 1}T00:00:00.000000Z")
    ann, bob = person("ann"), person("bob")
    for user, spans in ((ann, [(0, 3, "Role"), (1, 2, "Tool")]), (bob, [(4, 6, "Skill")])):
        lease = leases.next_task(project, user)
        assert lease
        answers.submit(lease.token, user, Answer("labels", spans=spans), "key-0001")
    lease = leases.next_task(project, ann)
    assert lease
    answers.submit(lease.token, ann, Answer("skip", reason="not-a-post"), "key-0002")
    return project


def exported(project: Project, form: str) -> bytes:
    out = io.BytesIO()
    Export(project, form, units.PIECE).write(out)
    return out.getvalue()


def test_a_line_holds_text_tokens_spans_tokenizer_and_source(labelled: Project) -> None:
    first, second = (json.loads(line) for line in exported(labelled, "jsonl").splitlines())
    assert [(first["text"][one["start"] : one["end"]], one["label"], one["tokens"]) for one in first["spans"]] == [
        ("Senior Python developer", "Role", [0, 3]),
        ("Python", "Tool", [1, 2]),
    ]
    (span,) = second["spans"]
    assert second["text"][span["start"] : span["end"]] == "😀 now"
    assert [first["text"][start:end] for start, end in first["tokens"]][:2] == ["Senior", "Python"]
    assert first["tokenizer"] == labelled.settings.tokenizer.to_json()
    assert first["url"] == "https://board.example/0"
    assert first["by"] == User.objects.get(username="ann").labeler_id


def test_nested_spans_stand_in_columns_beside_each_other(labelled: Project) -> None:
    first, second = exported(labelled, "conll").decode().strip().split("\n\n")
    assert first.splitlines()[:4] == [
        "Senior\tB-Role\tO",
        "Python\tI-Role\tB-Tool",
        "developer\tI-Role\tO",
        "wanted\tO\tO",
    ]
    assert second.splitlines()[-2:] == ["😀\tB-Skill\tO", "now\tI-Skill\tO"]


@pytest.mark.parametrize("form", catalog.WRITTEN)
def test_every_format_is_written(labelled: Project, form: str) -> None:
    assert exported(labelled, form)


def test_the_summary_counts_what_was_written(labelled: Project, tmp_path: Path, capsys: Any) -> None:
    target, said = tmp_path / "out.jsonl", io.StringIO()
    call_command("export", "jobs", "-o", str(target), "--json", stdout=said)
    summary = json.loads(said.getvalue())
    assert {name: summary[name] for name in ("posts", "answers", "spans")} == {"posts": 1, "answers": 2, "spans": 3}
    assert len(target.read_bytes().splitlines()) == 2
    assert list(tmp_path.iterdir()) == [target]


def test_data_and_summary_do_not_mix(labelled: Project, capfdbinary: Any) -> None:
    call_command("export", "jobs")
    captured = capfdbinary.readouterr()
    assert len(captured.out.splitlines()) == 2
    assert b"answers: 2" in captured.err


def test_a_project_that_does_not_exist_is_said(db: None) -> None:
    with pytest.raises(CommandError, match="given 'nowhere'"):
        call_command("export", "nowhere")


def test_a_file_that_cannot_be_written_is_said(labelled: Project, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("export", "jobs", "-o", str(tmp_path / "missing" / "out.jsonl"))
