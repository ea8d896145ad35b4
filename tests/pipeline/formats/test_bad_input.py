"""Broken files: each broken row is named with a reason, and the rows around it are read."""

import gzip
import io
import json
import resource

import pytest

from pipeline.formats.catalog import FORMATS, UnknownFormat, named
from pipeline.formats.lines import MOST_ROW_BYTES
from pipeline.formats.options import Reading
from pipeline.formats.record import Mark

GOOD = b'{"text": "first one", "spans": [[0, 5, "A"]]}\n'


def texts(rows) -> list[str | None]:
    return [row.record.text if row.record else None for row in rows]


def test_a_gzip_that_breaks_off_keeps_the_rows_before_the_break(read) -> None:
    lines = b"".join(b'{"text": "number %d and %d"}\n' % (n, n * 7919) for n in range(20_000))
    body = gzip.compress(lines)
    rows = read("jsonl", body[: len(body) // 2])
    assert len(rows) > 1000
    assert texts(rows[:2]) == ["number 0 and 0", "number 1 and 7919"]
    assert rows[-1].record is None
    assert rows[-1].notes[0].field == "gzip"
    assert rows[-1].notes[0].row == len(rows)


def test_a_whole_gzip_is_read_as_if_it_were_not_one(read) -> None:
    assert read("jsonl", gzip.compress(GOOD)) == read("jsonl", GOOD)


def test_a_line_in_another_encoding_is_refused_by_its_number(read) -> None:
    rows = read("jsonl", GOOD + b'{"text": "caf\xe9"}\n' + GOOD)
    assert texts(rows) == ["first one", None, "first one"]
    assert str(rows[1].notes[0]) == "row 2, byte 14 of the line: given b'\\xe9', allowed: UTF-8 – refused"


def test_utf_16_with_a_byte_order_mark_is_read(read) -> None:
    assert texts(read("lines", "Grüße 😀\nzwei".encode("utf-16"))) == ["Grüße 😀", "zwei"]


def test_a_byte_order_mark_is_no_part_of_the_text(read) -> None:
    assert texts(read("lines", b"\xef\xbb\xbfeins")) == ["eins"]
    assert texts(read("csv", b"\xef\xbb\xbftext\r\neins\r\n")) == ["eins"]


@pytest.mark.parametrize("form", ["jsonl", "doccano", "prodigy"])
def test_a_span_past_the_end_is_lost_alone(form: str, read) -> None:
    spans = [{"start": 0, "end": 2, "label": "A"}, {"start": 1, "end": 99, "label": "A"}]
    if form == "doccano":
        spans = [[0, 2, "A"], [1, 99, "A"]]  # type: ignore[list-item]
    body = json.dumps({"text": "abc", "label" if form == "doccano" else "spans": spans}).encode()
    (row,) = read(form, body)
    assert row.record.marks == (Mark(0, 2, "A"),)
    (note,) = row.notes
    assert (note.row, note.outcome, note.allowed) == (1, "lost", "0 <= start < end <= 3, the length of the text")


@pytest.mark.parametrize(
    ("span", "allowed"),
    [
        ([2, 1, "A"], "0 <= start"),
        ([1, 1, "A"], "0 <= start"),
        ([-1, 1, "A"], "0 <= start"),
        ([0.0, 1, "A"], "whole numbers"),
        ([True, 2, "A"], "whole numbers"),
        ([None, 2, "A"], "whole numbers"),
        ([0, 1, ""], "a label"),
        ([0, 1, 7], "a label"),
        ([0, 1], "an object with these"),
        ("x", "an object with these"),
    ],
)
def test_a_span_that_is_none_is_lost_and_named(span: object, allowed: str, read) -> None:
    (row,) = read("jsonl", json.dumps({"text": "abc", "spans": [span, [0, 3, "B"]]}).encode())
    assert row.record.marks == (Mark(0, 3, "B"),)
    assert allowed in row.notes[0].allowed


def test_offsets_in_utf_16_units_are_told_by_the_marked_text(read) -> None:
    text = "😀😀 knows Python"
    span = {"start": 11, "end": 17, "label": "A", "text": "Python"}
    (row,) = read("jsonl", json.dumps({"text": text, "spans": [span]}).encode())
    assert [text[mark.start : mark.end] for mark in row.record.marks] == ["Python"]
    assert row.notes[0].outcome == "changed"


def test_offsets_in_utf_16_units_that_run_past_the_end_come_with_a_hint(read) -> None:
    body = json.dumps({"text": "😀😀 knows Python", "spans": [[11, 17, "A"]]}).encode()
    (row,) = read("jsonl", body)
    assert row.record.marks == ()
    assert row.notes[0].allowed.endswith("--offsets utf-16 if these count UTF-16 units")
    (row,) = read("jsonl", body, offsets="utf-16")
    assert row.record.text[slice(row.record.marks[0].start, row.record.marks[0].end)] == "Python"


def test_an_offset_inside_a_surrogate_pair_is_lost(read) -> None:
    (row,) = read("jsonl", json.dumps({"text": "😀 x", "spans": [[1, 2, "A"]]}).encode(), offsets="utf-16")
    assert row.record.marks == ()
    assert "do not cut a character" in row.notes[0].allowed


def test_offsets_follow_their_text_through_normalisation(read) -> None:
    text = "a\r\nb\x07 cafe\u0301 end"
    wanted = [("b", text.index("b")), ("cafe\u0301", text.index("c")), ("end", text.index("end"))]
    spans = [[at, at + len(word), "A"] for word, at in wanted]
    (row,) = read("jsonl", json.dumps({"text": text, "spans": spans}).encode())
    assert row.record.text == "a\nb café end"
    assert [row.record.text[mark.start : mark.end] for mark in row.record.marks] == ["b", "café", "end"]
    assert not row.notes


def test_a_span_that_ends_inside_a_character_takes_all_of_it(read) -> None:
    (row,) = read("jsonl", json.dumps({"text": "cafe\u0301s", "spans": [[0, 4, "A"]]}).encode())
    assert [row.record.text[mark.start : mark.end] for mark in row.record.marks] == ["café"]
    assert row.notes[0].outcome == "changed"


def test_a_marked_text_that_does_not_fit_its_offsets_is_lost(read) -> None:
    span = {"start": 0, "end": 3, "label": "A", "text": "xyz"}
    (row,) = read("jsonl", json.dumps({"text": "abc def", "spans": [span]}).encode())
    assert row.record.marks == ()
    assert row.notes[0].allowed == "a range whose text is 'xyz'"


def test_a_conll_sentence_with_a_broken_line_is_refused_alone(read) -> None:
    rows = read("conll", b"a\tO\nb\tB-X\n\nc\tO\nd\n\n\ne\tB-X\nf\tI-X\n")
    assert texts(rows) == ["a b", None, "e f"]
    assert str(rows[1].notes[0]) == "row 5, line 5: given 'd', allowed: 2 columns as in line 4 – refused"


def test_a_conll_tag_that_is_none_counts_as_outside_and_is_named(read) -> None:
    rows = read("conll", b"a\tB-X\n\nb\tB-X\nc\tQ-X\nd\tI-X\n")
    assert rows[1].record.marks == (Mark(0, 1, "X"), Mark(4, 5, "X"))
    assert [(note.field, note.outcome) for note in rows[1].notes] == [
        ("tag 2 of the tags", "lost"),
        ("tag 3 of the tags", "changed"),
    ]


def test_a_skillspan_row_with_too_few_tags_is_refused_alone(read) -> None:
    good = b'{"tokens": ["a"], "tags_skill": ["B"]}\n'
    rows = read("skillspan", good + b'{"tokens": ["a", "b"], "tags_skill": ["B"]}\n' + good)
    assert texts(rows) == ["a", None, "a"]
    assert rows[1].notes[0].allowed == "2, one a token"


def test_a_broken_object_in_an_array_leaves_those_before_it(read) -> None:
    rows = read("label-studio", b'[{"data": {"text": "one"}}, {"data": {"text": oops}}, {"data": {"text": "two"}}]')
    assert texts(rows) == ["one", None, "two"]
    assert rows[1].notes[0].row == 2


def test_an_array_that_breaks_off_says_so(read) -> None:
    rows = read("label-studio", b'[{"data": {"text": "one"}}, {"data": {"te')
    assert texts(rows) == ["one", None]
    assert "breaks off" in rows[1].notes[0].allowed


def test_what_stands_between_objects_is_named(read) -> None:
    rows = read("label-studio", b'[{"data": {"text": "one"}}, 17, {"data": {"text": "two"}}]')
    assert [row.record is None for row in rows] == [False, True, False]
    assert rows[1].notes[0].given == "b'17'"


@pytest.mark.parametrize(
    "value", ['"text"', "[1]", "17", "null", "{}", '{"text": 7}', '{"text": "  "}', '{"text": "\\u0007"}']
)
def test_a_json_row_without_a_text_is_refused(value: str, read) -> None:
    rows = read("jsonl", GOOD + value.encode() + b"\n" + GOOD)
    assert texts(rows) == ["first one", None, "first one"]


def test_json_nested_deep_is_refused_and_not_fatal(read) -> None:
    deep = b'{"text": ' + b"[" * 200_000 + b"]" * 200_000 + b"}\n"
    assert texts(read("jsonl", GOOD + deep + GOOD)) == ["first one", None, "first one"]


def test_a_lone_surrogate_becomes_the_replacement_character(read) -> None:
    assert texts(read("jsonl", b'{"text": "a \\ud800 b"}')) == ["a \ufffd b"]


def test_a_csv_row_with_more_cells_than_names_is_refused(read) -> None:
    rows = read("csv", b"id,text\n1,one\n2,two,three\n3,four\n")
    assert texts(rows) == ["one", None, "four"]
    assert str(rows[1].notes[0]).startswith("row 3, row: given '3 cells', allowed: 2")


def test_csv_in_another_encoding_is_refused_by_its_row(read) -> None:
    rows = read("csv", b"id,text\n1,one\n2,caf\xe9\n3,four\n")
    assert texts(rows) == ["one", None, "four"]
    assert rows[1].notes[0].allowed == "UTF-8"


def test_broken_quotes_are_refused_and_the_next_row_is_read(read) -> None:
    rows = read("csv", b'id,text\n1,one\n2,"a"b\n3,four\n')
    assert texts(rows) == ["one", None, "four"]


def test_csv_without_the_column_says_which_there_are(read) -> None:
    (row,) = read("csv", b"id,body\n1,one\n")
    assert row.notes[0].given == "['id', 'body']"


@pytest.mark.parametrize("form", ["docbin", "parquet"])
@pytest.mark.parametrize("body", [b"", b"PAR1", b"\x78\x9c\x00", b"nonsense" * 50])
def test_a_binary_file_that_is_none_is_refused(form: str, body: bytes, read) -> None:
    rows = read(form, body)
    assert texts(rows) == [None]
    assert rows[0].notes[0].outcome == "refused"


class Endless(io.RawIOBase):
    """Two gigabytes on one line, made as they are read; and a good row after it."""

    def __init__(self) -> None:
        self.left = 2 << 30
        self.tail = io.BytesIO(b'"}\n' + GOOD)

    def read(self, size: int = -1) -> bytes:
        if not self.left:
            return self.tail.read(size)
        size = min(size, self.left)
        self.left -= size
        return b"x" * size


def test_a_line_of_two_gigabytes_is_refused_at_constant_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rows = list(FORMATS["jsonl"].reader()(Endless(), Reading()))  # type: ignore[arg-type]
    assert texts(rows) == [None, "first one"]
    assert rows[0].notes[0].given == f"'{(2 << 30) + 3} bytes'"
    assert rows[0].notes[0].allowed == f"at most {MOST_ROW_BYTES} bytes"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB


def test_an_unknown_format_says_which_there_are() -> None:
    with pytest.raises(UnknownFormat, match="'conl'; allowed: jsonl, conll"):
        named("conl")


def test_a_format_that_is_only_read_cannot_be_written() -> None:
    with pytest.raises(UnknownFormat, match="'text' cannot be written"):
        FORMATS["text"].writer()


@pytest.mark.parametrize(
    "tokens",
    [
        [[0, 3], [4, 9]],
        [[-1, 3], [4, 7]],
        [[4, 7], [0, 3]],
        [[0, 5], [4, 7]],
        [[0, 0], [4, 7]],
        [[0, 3, 4]],
        [[True, 3]],
    ],
    ids=["past the end", "before the beginning", "out of order", "overlapping", "empty", "three numbers", "no number"],
)
def test_tokens_that_are_off_are_not_taken_and_named(tokens: list[list[int]], read) -> None:
    body = {"text": "abc def", "source_tokens": tokens, "spans": [[0, 3, "A"]]}
    (row,) = read("jsonl", json.dumps(body).encode())
    assert row.record.source_tokens is None
    assert row.record.marks == (Mark(0, 3, "A"),)
    assert [(note.field.split()[0], note.outcome) for note in row.notes][-1] == ("source_tokens", "lost")
