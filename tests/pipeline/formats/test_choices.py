"""What a writer leaves out or renames because readers of its format cannot bear it: counted, and said."""

import io
from collections.abc import Callable

import pytest

from pipeline.formats.catalog import FORMATS
from pipeline.formats.options import Reading
from pipeline.formats.ranges import Ranges
from pipeline.formats.record import LOST, Mark, Record, Row
from pipeline.formats.writing import FLAT, Names, Written, write

LETTERS = "a b c d e f g h i j"
TOKENS = Ranges.of((at, at + 1) for at in range(0, len(LETTERS), 2))


def over(first: int, last: int, label: str, layer: str = "") -> Mark:
    """A mark over tokens, the last one included."""
    return Mark(2 * first, 2 * last + 1, label, layer)


def written(form: str, marks: list[Mark], flat: str = "") -> tuple[str, Written]:
    labels: dict[str, tuple[str, ...]] = {}
    for mark in marks:
        labels[mark.layer] = tuple(dict.fromkeys((*labels.get(mark.layer, ()), mark.label)))
    out = io.BytesIO()
    record = Record(LETTERS, tuple(marks), "1", TOKENS)
    made = write(FORMATS[form], lambda: [record], out, labels, "source", flat=flat)
    return out.getvalue().decode(), made


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        # OUTER 0–4 holds INNER 1–2; CROSSING 4–9 shares a token with OUTER, and holds SMALL 6–6.
        ("outermost", ["OUTER", "SMALL"]),
        ("innermost", ["INNER", "SMALL"]),
        ("longest", ["CROSSING", "INNER"]),
    ],
)
def test_a_flat_file_has_one_column_and_one_mark_on_a_token(rule: str, kept: list[str]) -> None:
    marks = [over(0, 4, "OUTER"), over(1, 2, "INNER", "x"), over(4, 9, "CROSSING", "y"), over(6, 6, "SMALL")]
    body, made = written("conll", marks, rule)
    lines = body.split("\n\n")[0].splitlines()
    assert {len(line.split("\t")) for line in lines} == {2}
    assert sorted(line.split("B-")[1] for line in lines if "B-" in line) == sorted(kept)
    assert made.outcomes[LOST] == len(marks) - len(kept)
    assert all(rule in note.allowed for note in made.first)


@pytest.mark.parametrize("rule", FLAT)
def test_what_does_not_overlap_is_kept_by_every_rule(rule: str) -> None:
    body, made = written("conll", [over(0, 1, "A"), over(2, 2, "B", "layer"), over(3, 9, "A")], rule)
    assert body.count("B-") == 3
    assert not made.outcomes


@pytest.mark.parametrize("form", ["jsonl", "parquet", "docbin", "prodigy", "skillspan"])
def test_every_format_can_be_flat(form: str) -> None:
    out = io.BytesIO()
    record = Record(LETTERS, (over(0, 4, "A"), over(1, 2, "B", "x")), "1", TOKENS)
    write(FORMATS[form], lambda: [record], out, {"": ("A",), "x": ("B",)}, "source", flat="innermost")
    out.seek(0)
    (row,) = FORMATS[form].reader()(out, Reading())
    assert row.record
    assert [(mark.label, mark.layer) for mark in row.record.marks] == [("B", "")]


def test_names_with_blanks_are_whole_words_in_conll_and_told_apart() -> None:
    marks = [over(0, 0, "Soft skill"), over(2, 3, "Soft_skill"), over(5, 6, "Soft\u00a0 skill")]
    body, made = written("conll", marks)
    rows = [line.split() for line in body.strip().splitlines()]
    assert {len(row) for row in rows} == {2}
    assert [row[1] for row in rows if row[1].startswith("B-")] == ["B-Soft_skill_", "B-Soft_skill", "B-Soft_skill__"]
    assert made.names.changed() == {"Soft_skill_": "Soft skill", "Soft_skill__": "Soft\u00a0 skill"}
    beside = made.beside()
    assert beside == {"columns": "token,tags", "labels": made.names.changed()}


def test_layers_and_further_columns_are_named_beside() -> None:
    _, made = written("conll", [over(0, 3, "A"), over(1, 2, "A"), over(1, 1, "B", "other")])
    assert made.beside() == {"columns": "token,tags,tags,other", "labels": {}}
    _, plain = written("conll", [over(0, 3, "A")])
    assert plain.beside() is None


def test_what_is_said_beside_reads_the_file_as_it_was() -> None:
    marks = [over(0, 3, "A", "skills"), over(1, 2, "A", "skills"), over(1, 1, "B", "other")]
    body, made = written("conll", marks)
    beside = made.beside()
    assert beside
    (row,) = FORMATS["conll"].reader()(io.BytesIO(body.encode()), Reading(columns=beside["columns"]))
    assert row.record
    assert sorted(row.record.marks) == sorted(marks)


@pytest.mark.parametrize("form", [name for name, known in FORMATS.items() if known.write and known.blanks])
def test_other_formats_keep_names_as_they_are(form: str) -> None:
    assert Names(FORMATS[form].blanks).of("", "Soft skill") == "Soft skill"


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize("form", ["parquet", "jsonl", "prodigy", "doccano", "ground-truth", "label-studio"])
def test_a_text_that_nobody_labelled_stays_so(form: str, labelled: bool, read: Callable[..., list[Row]]) -> None:
    out = io.BytesIO()
    write(FORMATS[form], lambda: [Record("one two", (), "1", labelled=labelled)], out, {"": ("A",)})
    (row,) = read(form, out.getvalue())
    assert row.record
    assert row.record.labelled is labelled
