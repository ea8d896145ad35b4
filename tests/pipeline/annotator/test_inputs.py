import gzip
import json
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.annotator.inputs import Row, format_of, rows
from pipeline.annotator.plugin import BadInput, Limits
from pipeline.annotator.text_file import MAX_LINE_BYTES

Write = Callable[[str, bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def made(name: str, body: bytes) -> Path:
        (tmp_path / name).write_bytes(body)
        return tmp_path / name

    return made


def read(path: Path) -> list[Row]:
    return list(rows(path, Limits()))


def refusal(path: Path) -> str:
    with pytest.raises(BadInput) as error:
        read(path)
    return str(error.value)


def test_a_line_of_txt_is_a_row_whatever_its_line_ends(write: Write) -> None:
    assert [row.text for row in read(write("a.txt", b"\xef\xbb\xbfone\r\ntwo\nthree"))] == ["one", "two", "three"]


def test_an_empty_line_of_txt_is_a_refused_row(write: Write) -> None:
    assert [row.refused for row in read(write("a.txt", b"one\n\ntwo\n"))] == ["", "text: empty", ""]


def test_csv_keeps_the_other_columns_and_line_ends_in_quotes(write: Write) -> None:
    row = read(write("a.csv", b'id,title,text\n7,Baker,"Bakes\nbread"\n'))[0]
    assert (row.id, row.text, row.fields) == ("7", "Bakes\nbread", {"title": "Baker"})


def test_jsonl_keeps_ids_and_fields(write: Write) -> None:
    row = read(write("a.jsonl", b'{"text": "Cook", "id": 3, "url": "x"}\n'))[0]
    assert (row.number, row.id, row.fields) == (1, "3", {"url": "x"})


def test_rows_of_a_gzip_are_read(write: Write) -> None:
    assert [row.text for row in read(write("a.txt.gz", gzip.compress(b"one\ntwo")))] == ["one", "two"]


def test_texts_are_normalised_before_any_offset(write: Write) -> None:
    assert read(write("a.jsonl", json.dumps({"text": "e\u0301\r\n\x07x"}).encode()))[0].text == "é\nx"


def test_a_row_that_is_too_long_is_refused_and_the_rest_read(write: Write) -> None:
    first, second = read(write("a.txt", b"x" * 200_001 + b"\nok\n"))
    assert "longer than 200,000" in first.refused
    assert second.refused == ""


@pytest.mark.parametrize("value", ["null", "3", '["a"]'])
def test_a_text_that_is_no_string_is_a_refused_row(write: Write, value: str) -> None:
    row = read(write("a.jsonl", f'{{"text": {value}}}\n'.encode()))[0]
    assert row.refused.startswith("text: given")


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b"\x7fELF\0\0\0", "NUL"),
        ("a.txt", "naïve".encode("utf-16"), "UTF-16"),
        ("a.txt", b"PK\x03\x04rest", "zip archive"),
        ("a.txt", b"ok\nbroken \xff here\n", "line 2, byte 8"),
        ("a.txt", b"x" * (MAX_LINE_BYTES + 1), "line 1: longer"),
        ("a.csv", b"id,body,title\n1,x,y\n", "No column is called text. The file has id, body, title".lower()),
        ("a.csv", b"text\n", "no rows"),
        ("a.csv", b'text\n"open', "no CSV"),
        ("a.csv", b"text\na,b\n", "2 values for 1 columns"),
        ("a.csv", ",".join(f"c{n}" for n in range(10_000)).encode(), "10,000 columns"),
        ("a.jsonl", b"{", "line 1: no JSON"),
        ("a.jsonl", b'{"text": "\xff"}', "not UTF-8"),
        ("a.jsonl", b"[1]", "an object"),
        ("a.jsonl", b'{"body": "x"}', "the first row has body"),
        ("a.jsonl", b"[" * 100_000, "no JSON"),
        ("a.txt.gz", b"not packed at all", "cannot be unpacked"),
        ("a.txt.gz", gzip.compress(os.urandom(5000).hex().encode() + b"\n")[:-20], "cannot be unpacked"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(write: Write, name: str, body: bytes, says: str) -> None:
    assert says.lower() in refusal(write(name, body)).lower()


def peak(work: Callable[[], object]) -> int:
    """Most bytes held meanwhile."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_two_gigabytes_of_one_line_are_refused_and_take_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(2 << 30)  # no disk is taken either: what was never written reads as zeros
    said: list[str] = []
    assert peak(lambda: said.append(refusal(path))) < 4 * MAX_LINE_BYTES
    assert "line 1: longer than 4,000,000 bytes" in said[0]


def test_a_gzip_of_two_gigabytes_in_one_line_is_refused_and_takes_no_memory(write: Write) -> None:
    block = gzip.compress(b"x" * (64 << 20), 1)
    path = write("a.txt.gz", block * 32)  # packed one after the other they unpack as one
    said: list[str] = []
    assert peak(lambda: said.append(refusal(path))) < 4 * MAX_LINE_BYTES
    assert "line 1: longer than 4,000,000 bytes" in said[0]


def test_a_gzip_bomb_is_refused_after_a_fraction_of_it_and_takes_no_memory(write: Write) -> None:
    path = write("a.txt.gz", gzip.compress((b"word " * 200 + b"\n") * 72_000, 9))  # 72 MB in 100 KB

    def reading() -> None:
        with pytest.raises(BadInput, match="times its size"):
            for _ in rows(path, Limits()):
                pass

    assert peak(reading) < 4 * MAX_LINE_BYTES


def test_ten_thousand_columns_are_refused_before_a_row_is_read(write: Write) -> None:
    header = ",".join(f"c{n}" for n in range(10_000))
    path = write("a.csv", f"{header}\n".encode() + b"," * 9_999 + b"\n")
    assert refusal(path) == "10,000 columns, allowed: 500"


def test_more_rows_than_allowed_are_refused(write: Write) -> None:
    with pytest.raises(BadInput, match="more than 2 rows"):
        list(rows(write("a.txt", b"1\n2\n3\n"), Limits(max_rows=2)))


@pytest.mark.parametrize("name", ["a.txt", "A.CSV", "x/y.jsonl.gz", "🙂" * 300 + ".txt"])
def test_a_format_is_told_from_the_name(name: str) -> None:
    assert format_of(name) in ("txt", "csv", "jsonl")


@pytest.mark.parametrize("name", ["", "txt", "a.pdf", "a.gz", "a.txt.gz.gz", "../../x"])
def test_a_name_that_promises_nothing_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match=r"\.txt, \.csv, \.jsonl"):
        format_of(name)
