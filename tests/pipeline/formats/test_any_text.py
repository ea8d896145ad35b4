"""For records of any shape: every format gives back what it has a place for."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.formats import spacy_strings, tags
from pipeline.formats.record import Mark, Record
from pipeline.formats.table import bared, guarded
from pipeline.formats.units import blank_parted, joined
from pipeline.text import normalise

WORDS = st.text(st.sampled_from("ab=+-@'\"😀éעא字\u0301\u200d<&,|#"), min_size=1, max_size=4).map(normalise)
LABELS = st.sampled_from(["A", "B-2", "ORG", "Ünï"])


@st.composite
def token_records(draw: st.DrawFn) -> Record:
    """Texts of tokens with one blank between them, and marks on token edges, nested and overlapping ones too."""
    tokens = draw(st.lists(WORDS, min_size=1, max_size=8))
    text, ranges = joined(tokens)
    spans = st.tuples(st.integers(0, len(tokens) - 1), st.integers(1, 4), LABELS, st.sampled_from(["", "other"]))
    marks = set()
    for first, size, label, layer in draw(st.lists(spans, max_size=6)):
        last = min(first + size, len(tokens))
        marks.add(Mark(ranges[first][0], ranges[last - 1][1], label, layer))
    return Record(text, tuple(sorted(marks)), draw(st.sampled_from(["", "x1"])), ranges)


@st.composite
def free_records(draw: st.DrawFn) -> Record:
    """Any text, with marks anywhere in it."""
    alphabet = st.characters(exclude_categories=["Cs"])
    text = draw(st.text(alphabet, min_size=1, max_size=40).map(normalise).filter(str.strip))
    marks = set()
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        marks.add(Mark(start, end, draw(LABELS), draw(st.sampled_from(["", "o"]))))
    return Record(
        text, tuple(sorted(marks)), draw(st.sampled_from(["", "=cmd"])), meta={"k": draw(st.text(max_size=3))}
    )


quiet = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)


@pytest.mark.parametrize("form", ["jsonl", "prodigy", "docbin", "parquet"])
@quiet
@given(records=st.lists(token_records(), min_size=1, max_size=3))
def test_tokens_marks_and_layers_come_back(form: str, records: list[Record], read, written) -> None:
    body, tally = written(form, records)
    assert [row.record for row in read(form, body)] == records
    assert not tally.first


@pytest.mark.parametrize("form", ["conll", "skillspan"])
@quiet
@given(records=st.lists(token_records(), min_size=1, max_size=3))
def test_tags_come_back_in_columns(form: str, records: list[Record], read, written) -> None:
    body, tally = written(form, records)
    rows = read(form, body)
    assert [row.record.text for row in rows] == [record.text for record in records]
    assert [row.record.source_tokens for row in rows] == [record.source_tokens for record in records]
    for row, record in zip(rows, records, strict=True):
        got = sorted((mark.start, mark.end, mark.label) for mark in row.record.marks)
        assert got == sorted((mark.start, mark.end, mark.label) for mark in record.marks)
    assert not tally.first


@pytest.mark.parametrize(("label", "layer"), [("-", ""), ("I-", ""), ("x-skill", "skill"), ("skill", "skill")])
def test_a_bare_tag_is_of_the_label_that_its_layer_names(label: str, layer: str, read, written) -> None:
    records = [Record("a b c", (Mark(0, 3, label, layer),), source_tokens=blank_parted("a b c"))]
    body, _ = written("skillspan", records)
    assert [row.record for row in read("skillspan", body)] == records


@pytest.mark.parametrize("form", ["jsonl", "parquet", "label-studio", "doccano", "csv", "prodigy"])
@quiet
@given(records=st.lists(free_records(), min_size=1, max_size=3))
def test_offsets_anywhere_in_any_text_come_back(form: str, records: list[Record], read, written) -> None:
    body, _ = written(form, records)
    rows = read(form, body)
    assert [row.record.text for row in rows] == [record.text for record in records]
    for row, record in zip(rows, records, strict=True):
        assert not [note for note in row.notes if note.outcome != "changed"]
        got = sorted((mark.start, mark.end, mark.label) for mark in row.record.marks)
        assert got == sorted((mark.start, mark.end, mark.label) for mark in record.marks)


@quiet
@given(records=st.lists(free_records(), min_size=1, max_size=3))
def test_a_docbin_holds_the_text_itself(records: list[Record], read, written) -> None:
    body, _ = written("docbin", records, "word")
    assert [row.record.text for row in read("docbin", body)] == [record.text for record in records]


@quiet
@given(record=free_records())
def test_no_mark_is_dropped_by_tags_without_a_note(record: Record) -> None:
    units = blank_parted(record.text)
    columns = tags.columns({mark.layer: 1 for mark in record.marks})
    for _ in range(2):
        try:
            tagged, notes = tags.tag(record.marks, units, columns, 1)
        except tags.TooNarrow as error:
            columns = error.columns
    begun = sum(tag.startswith("B-") for column in tagged for tag in column)
    assert begun + sum(note.outcome == "lost" for note in notes) == len(record.marks)


@given(st.text())
@example("=1+1")
@example("'=1+1")
@example("''=")
def test_a_guarded_cell_is_never_run_and_can_be_bared(cell: str) -> None:
    assert not guarded(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert bared(guarded(cell)) == cell


def test_the_hash_is_murmur_64a() -> None:
    assert spacy_strings.hash64("wörld".encode(), 1) == 12268527086490474863  # as spaCy's StringStore numbers it
