"""Imports: to S3 first, then to the inbox; what cannot be taken is named, the rest is; repeats change nothing."""

import gzip
import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command

from labeler.datasets.imports import files, importer
from labeler.datasets.imports.files import Options
from labeler.datasets.models import Import
from labeler.labeling import projects
from labeler.labeling.labels import relabeling
from labeler.labeling.models import Annotation, LabeledSpan, Post, Project, Task
from labeler.labeling.recovery import reconcile
from labeler.labeling.tasks import leases
from pipeline import labelset
from pipeline.formats.catalog import FORMATS
from pipeline.formats.options import Reading
from pipeline.formats.record import Mark, Record
from tests.pipeline.formats.test_real_files import FILES

Command = Callable[..., dict[str, Any]]


@pytest.fixture
def imported(db: None, cloud: Any) -> Command:
    """Runs the command; gives its summary, the printed notes as `said`."""

    def call(project: str, file: Path, form: str, *options: str) -> dict[str, Any]:
        out, said = io.StringIO(), io.StringIO()
        call_command("import", project, str(file), "--format", form, "--json", *options, stdout=out, stderr=said)
        return {**json.loads(out.getvalue()), "said": said.getvalue()}

    return call


def exported(project: str, target: Path, *options: str) -> bytes:
    call_command("export", project, "-o", str(target), *options, stdout=io.StringIO())
    return target.read_bytes()


def lines(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return path


def test_a_label_that_no_project_can_have_hides_no_row(imported: Command, tmp_path: Path) -> None:
    names = ["a\nb", " lead", "y" * 101, "\n", "a\tb", "ok"]
    spans = [[2 * at, 2 * at + 1, name] for at, name in enumerate(names)]
    file = lines(tmp_path / "a.jsonl", {"text": "a b c d e f", "spans": spans}, {"text": "other text"})
    dry = imported("new", file, "jsonl", "--create", "--dry-run")
    done = imported("new", file, "jsonl", "--create")
    assert (dry["spans"], done["spans"], dry["said"]) == (4, 4, done["said"])
    assert (done["rows"], done["rows_refused"], done["notes_lost"], done["notes_changed"]) == (2, 0, 2, 3)
    assert {one.name for one in Project.objects.get().settings.labels} == {"a b", "lead", "ok"}
    held = {one["label"] for one in Annotation.objects.get(task__post__text="a b c d e f").spans}
    assert held == {"a b", "lead", "ok"}


def test_texts_become_tasks_and_are_in_s3_first(
    imported: Command, project: Project, cloud: Any, tmp_path: Path
) -> None:
    file = lines(tmp_path / "a.jsonl", {"id": 7, "text": "One\r\ntext.", "title": "T", "more": [1]}, {"text": "Two."})
    summary = imported("jobs", file, "jsonl")
    assert (summary["posts"], summary["posts_new"], summary["rows"]) == (2, 2, 2)
    first = Post.objects.get(external_id="7")
    assert (first.text, first.title, first.source) == ("One\ntext.", "T", "import:a")
    (key,) = [one.key for one in cloud.posts.list("posts/jobs/")]
    rows = [json.loads(line) for line in gzip.decompress(cloud.posts.get(key).body).splitlines()]
    assert {row["post_id"] for row in rows} == set(Post.objects.values_list("post_id", flat=True))
    assert rows[0]["imported"]["meta"] == {"more": [1]}
    assert Task.objects.filter(state=Task.State.OPEN).count() == 2


def test_a_file_goes_into_several_projects_and_again_under_other_ids(
    imported: Command, cloud: Any, tmp_path: Path
) -> None:
    file = lines(tmp_path / "a.jsonl", {"id": "1", "nr": "A7", "text": "A welder.", "spans": [[2, 8, "Role"]]})
    for project, *options in (("one",), ("two",), ("two", "--id-field", "nr")):
        assert imported(project, file, "jsonl", "--create", *options)["answers"] == 1
    assert Annotation.objects.count() == 3
    assert not list(reconcile.differences())


def test_labels_become_answers_that_are_stored(imported: Command, cloud: Any, tmp_path: Path) -> None:
    row = {"text": "We look for a welder.", "spans": [[14, 20, "Role"], [0, 20, "Sentence"]], "by": "ann@example.org"}
    summary = imported("new", lines(tmp_path / "a.jsonl", row), "jsonl", "--create")
    assert (summary["answers"], summary["spans"]) == (1, 2)
    answer = Annotation.objects.get()
    assert [(one["label"], one["start"], one["end"]) for one in answer.spans] == [("Sentence", 0, 20), ("Role", 14, 20)]
    assert answer.stored_at
    assert answer.task.state == Task.State.DONE
    assert json.loads(cloud.labels.get(answer.record().key).body)["labeler"] == answer.labeler.labeler_id
    assert not answer.labeler.is_active
    assert "ann@" not in answer.record().key
    assert LabeledSpan.objects.count() == 2
    assert [one.name for one in projects.find("new").settings.labels] == ["Role", "Sentence"]  # type: ignore[union-attr]
    assert not list(reconcile.differences())


def test_the_same_file_again_changes_nothing(imported: Command, cloud: Any, tmp_path: Path) -> None:
    file = lines(tmp_path / "a.jsonl", {"text": "A welder.", "spans": [[2, 8, "Role"]]}, {"text": "Nobody's."})
    imported("new", file, "jsonl", "--create")
    again = imported("new", file.rename(tmp_path / "other-name.jsonl"), "jsonl", "--create")
    assert (again["posts_repeated"], again["answers_there_already"]) == (2, 1)
    assert (Post.objects.count(), Annotation.objects.count()) == (2, 1)
    assert not list(reconcile.differences())


def test_corrected_labels_become_the_next_answer(imported: Command, cloud: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    imported("new", lines(file, {"id": "1", "text": "A welder.", "spans": [[2, 8, "Role"]]}), "jsonl", "--create")
    imported("new", lines(file, {"id": "1", "text": "A welder.", "spans": [[0, 8, "Role"]]}), "jsonl")
    assert [(one.n, one.current) for one in Annotation.objects.order_by("n")] == [(1, False), (2, True)]
    assert [one.words for one in LabeledSpan.objects.all()] == ["A welder"]
    assert not list(reconcile.differences())


def test_two_peoples_answers_to_one_text_are_both_kept(imported: Command, cloud: Any, tmp_path: Path) -> None:
    answers = [
        {"completed_by": who, "result": [{"value": {"start": 2, "end": 8, "labels": [label]}}]}
        for who, label in ((1, "Role"), (2, "Place"))
    ]
    file = tmp_path / "tasks.json"
    file.write_bytes(orjson.dumps([{"id": 5, "data": {"text": "A welder."}, "annotations": answers}]))
    imported("new", file, "label-studio", "--create")
    assert Post.objects.count() == 1
    assert sorted(row.spans[0]["label"] for row in Annotation.objects.filter(current=True)) == ["Place", "Role"]
    assert not list(reconcile.differences())


def test_spans_off_token_edges_are_kept_by_offset_and_named(imported: Command, cloud: Any, tmp_path: Path) -> None:
    text = "Warehouse worker wanted"
    summary = imported("new", lines(tmp_path / "a.jsonl", {"text": text, "spans": [[1, 5, "X"]]}), "jsonl", "--create")
    (span,) = Annotation.objects.get().spans
    assert (span["start"], span["end"], span["tokens"]) == (1, 5, [-1, -1])
    assert summary["notes_changed"] == 1
    assert "row 1, span: given [1, 5, 'X']" in summary["said"]
    row = json.loads(exported("new", tmp_path / "out.jsonl"))
    assert (row["spans"][0]["start"], row["spans"][0]["end"]) == (1, 5)


def test_labels_that_do_not_exist_are_lost_alone_and_named(imported: Command, project: Project, tmp_path: Path) -> None:
    file = lines(tmp_path / "a.jsonl", {"text": "A welder in Lyon.", "spans": [[2, 8, "Role"], [12, 16, "Town"]]})
    summary = imported("jobs", file, "jsonl")
    assert [one["label"] for one in Annotation.objects.get().spans] == ["Role"]
    assert "row 1, label: given 'Town', allowed: a label of the project: Skill" in summary["said"]
    assert summary["notes_lost"] == 1


def test_a_repeated_id_is_refused_with_the_row_that_has_it(imported: Command, project: Project, tmp_path: Path) -> None:
    file = lines(
        tmp_path / "a.jsonl", {"id": "x", "text": "One."}, {"id": "x", "text": "Two."}, {"id": "y", "text": "3."}
    )
    summary = imported("jobs", file, "jsonl")
    assert (summary["posts"], summary["rows_refused"]) == (2, 1)
    assert "row 2, id: given 'x', allowed: each id once; row 1 has it – refused" in summary["said"]


def test_a_text_that_a_gate_stops_is_refused_by_its_reason(
    imported: Command, change: Callable[..., Project], project: Project, tmp_path: Path
) -> None:
    from dataclasses import replace

    change(gates=replace(project.settings.gates, min_chars=6))
    summary = imported("jobs", lines(tmp_path / "a.jsonl", {"text": "Short"}, {"text": "Long enough"}), "jsonl")
    assert (summary["posts"], summary["rows_refused"]) == (1, 1)
    assert "row 1, too-short" in summary["said"]


def test_a_dry_run_says_all_and_writes_nothing(imported: Command, cloud: Any, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"text": "A welder.", "spans": [[2, 8, "Role"], [2, 99, "Role"]]},
        {"text": ""},
        {"text": "B"},
    ]
    report = tmp_path / "notes.jsonl"
    file = lines(tmp_path / "a.jsonl", *rows)
    summary = imported("new", file, "jsonl", "--create", "--dry-run", "--report", str(report))
    assert {name: summary[name] for name in ("rows", "rows_taken", "rows_refused", "answers", "spans")} == {
        "rows": 3, "rows_taken": 2, "rows_refused": 1, "answers": 1, "spans": 1,
    }  # fmt: skip
    notes = [json.loads(line) for line in report.read_bytes().splitlines()]
    assert [(note["row"], note["outcome"]) for note in notes] == [(1, "lost"), (2, "refused")]
    assert not Project.objects.exists()
    assert not Import.objects.exists()
    assert not list(cloud.posts.list(""))
    assert not list(cloud.labels.list(""))


def test_a_conll_file_comes_back_tag_for_tag(imported: Command, cloud: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.conll"
    body = "Head-\tB-Skill\tO\nchef\tI-Skill\tB-Tool\n😀\tO\tO\n\nat\tO\tO\nLyon\tB-Skill\tO\n\n"
    file.write_text(body)
    imported("new", file, "conll", "--create")
    assert exported("new", tmp_path / "out", "--format", "conll", "--unit", "source").decode() == body


@pytest.mark.slow
def test_skillspan_comes_back_tag_for_tag(imported: Command, cloud: Any, data: Path, tmp_path: Path) -> None:
    """Its many repeated sentences are posts of their own, named by file and row."""
    both = [data / f"labelled/skillspan/{name}.json" for name in ("train", "dev")]
    for file, rows, spans in zip(both, (4800, 3174), (5190, 2163), strict=True):
        summary = imported("skills", file, "skillspan", "--create")
        assert (summary["posts_new"], summary["answers"], summary["spans"]) == (rows, rows, spans)
    body = exported("skills", tmp_path / "out", "--format", "skillspan", "--unit", "source").splitlines()
    assert len(body) == 7974
    given_lines = [line for file in both for line in file.read_bytes().splitlines()]
    for given, got in zip(given_lines, body, strict=True):
        old, new = orjson.loads(given), orjson.loads(got)
        assert (new["tags_skill"], new["tags_knowledge"]) == (old["tags_skill"], old["tags_knowledge"])
        assert len(new["tokens"]) == len(old["tokens"])


def read(form: str, body: bytes, how: Reading) -> list[Record]:
    return [row.record for row in FORMATS[form].reader()(io.BytesIO(body), how) if row.record]


def contents(records: Iterable[Record]) -> list[tuple[str, tuple[Mark, ...]]]:
    return sorted((one.text, one.marks) for one in records)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_of_another_tool_goes_through_the_database(
    name: str, imported: Command, cloud: Any, data: Path, tmp_path: Path
) -> None:
    form, options, rows, taken, marks, _ = FILES[name]
    words = [word for option, value in options.items() for word in (f"--{option.replace('_', '-')}", value)]
    summary = imported("all", data / name, form, "--create", *words)
    assert (summary["rows"], summary["rows"] - summary["rows_refused"], summary["spans"]) == (rows, taken, marks)
    if not taken:
        return
    body = exported("all", tmp_path / "out", "--format", "jsonl")
    before = read(form, (data / name).read_bytes(), Reading(**options))
    assert contents(read("jsonl", body, Reading())) == contents(one for one in before if one.labelled)
    assert not list(reconcile.differences())


def test_a_broken_off_import_goes_on_where_it_was(
    imported: Command, project: Project, cloud: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "BATCH", 10)
    file = lines(tmp_path / "a.jsonl", *({"text": f"Text {n}.", "spans": [[0, 4, "Role"]]} for n in range(35)))
    with file.open("rb") as opened:
        job = importer.begin(project, "a.jsonl", files.sha256_of(opened), "jsonl", Options(Reading(), "import:a"))
        work = importer.Importer(job, progress=_Bomb(2))
        with pytest.raises(_Crash):
            work.all(opened)
    assert 0 < Post.objects.count() < 35
    summary = imported("jobs", file, "jsonl")
    assert "going on after 20 rows" in summary["said"]
    assert (Post.objects.count(), Annotation.objects.count(), summary["rows"]) == (35, 35, 35)
    assert Import.objects.get().state == Import.State.DONE
    assert not list(reconcile.differences())


def test_a_label_renamed_meanwhile_is_read_by_its_new_name(
    project: Project, cloud: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "BATCH", 1)
    file = lines(tmp_path / "a.jsonl", *({"text": f"Text {n}.", "spans": [[0, 4, "Role"]]} for n in range(2)))
    rename = iter([labelset.Operation("rename", ("Role",), ("Job",))])

    def progress(rows: int) -> None:
        for operation in rename:
            relabeling.operate(project, operation, "tester")

    with file.open("rb") as opened:
        job = importer.begin(project, "a.jsonl", files.sha256_of(opened), "jsonl", Options(Reading(), "import:a"))
        importer.Importer(job, progress=progress).all(opened)
    held = [json.loads(line)["spans"][0]["label"] for line in exported("jobs", tmp_path / "out").splitlines()]
    assert held == ["Job", "Job"]


class _Crash(Exception):
    pass


class _Bomb:
    def __init__(self, after: int) -> None:
        self.left = after

    def __call__(self, count: int) -> None:
        self.left -= 1
        if not self.left:
            raise _Crash


def test_a_labeler_at_work_keeps_the_lease_when_labels_arrive(
    imported: Command, project: Project, labeler: Any, tmp_path: Path
) -> None:
    file = tmp_path / "a.jsonl"
    imported("jobs", lines(file, {"id": "1", "text": "A welder."}), "jsonl")
    lease = leases.next_task(project, labeler)
    assert lease
    imported("jobs", lines(file, {"id": "1", "text": "A welder.", "spans": [[2, 8, "Role"]]}), "jsonl")
    assert leases.renew(lease.token)
    assert Annotation.objects.count() == 1


def test_a_project_that_does_not_exist_is_said(imported: Command, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="given 'nowhere', allowed: one that exists; --create makes it"):
        imported("nowhere", lines(tmp_path / "a.jsonl", {"text": "x"}), "jsonl")


def test_a_file_that_is_not_there_is_said(imported: Command, project: Project, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"none\.jsonl: No such file"):
        imported("jobs", tmp_path / "none.jsonl", "jsonl")
