"""JSON Lines files."""

import gzip
from pathlib import Path

import pytest

from scraper import row_files
from scraper.postings import Posting, Skip
from scraper.sources.jsonl import SOURCE
from tests.fakes.memory import MemoryStore
from tests.scraper.sources.saved import HERE, config, read, reasons


def test_rows() -> None:
    reading = read("jsonl", "rows.jsonl")

    first, second, third = reading.postings
    assert (first.external_id, first.title, first.fetched_at) == ("1", "Clockmaker", "2026-03-01T08:00:00+00:00")
    assert first.description == "Mend clocks & watches.\nSteady hands."
    assert second.external_id.endswith(":2")
    assert (third.external_id, third.url) == ("", "https://example.org/jobs/5")
    assert reasons(reading) == ["bad-row", "bad-row", "no-description", "bad-date"]
    assert "row 4" in reading.skips[0].detail


def test_a_row_without_an_id_keeps_the_one_its_file_gives_it() -> None:
    [one], [two] = ([p for p in read("jsonl", "rows.jsonl").postings if p.title == "No id"] for _ in range(2))
    assert one.external_id == two.external_id


def test_columns_by_a_map(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"job_id": 7, "a": {"b": "Soup."}, "when": "2026-03-01"}')
    fields = {"external_id": "job_id", "description": "a.b", "fetched_at": "when"}
    [one] = read("jsonl", tmp_path / "x.jsonl", fields).postings
    assert (one.external_id, one.description, one.fetched_at) == ("7", "Soup.", "2026-03-01T00:00:00+00:00")


def test_a_row_beyond_all_measure_is_left_out_and_the_next_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(
        b'{"text": "' + b"x" * row_files.LONGEST * 2 + b'"}\n{"id": "2", "text": "Soup."}'
    )
    reading = read("jsonl", tmp_path / "x.jsonl")
    assert (reasons(reading), [one.external_id for one in reading.postings]) == (["too-large"], ["2"])


def test_a_prefix_of_a_bucket_is_read_in_chunks() -> None:
    store = MemoryStore()
    many = b"".join(b'{"id": "%d", "text": "Soup."}\n' % n for n in range(1000))
    store.put("in/a.jsonl", many)
    store.put("in/b.jsonl.gz", gzip.compress(b'{"id": "b", "text": "Soup."}'))
    store.put("in/readme.txt", b"no")
    found = row_files.find("s3://bucket/in/", ".jsonl", lambda name: store)

    read_ = [one for file in found for one in row_files.read_postings(SOURCE, file, config("jsonl"))]

    assert [file.name for file in found] == ["in/a.jsonl", "in/b.jsonl.gz"]
    assert len(read_) == 1001
    assert all(isinstance(one, Posting) for one in read_)


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": "1", "text": "Soup."}\nnot json')
    (tmp_path / "b.csv").write_text("x")
    (tmp_path / "c.jsonl").write_text('{"id": "2", "text": "Soup."}')
    found = row_files.find(str(tmp_path), ".jsonl", lambda name: MemoryStore())
    read_ = [one for file in found for one in row_files.read_postings(SOURCE, file, config("jsonl"))]
    assert [type(one) for one in read_] == [Posting, Skip, Posting]


def test_the_saved_file_is_there() -> None:
    assert row_files.find(str(HERE / "jsonl" / "rows.jsonl"), ".jsonl", lambda name: MemoryStore())


@pytest.mark.parametrize(
    "body",
    [b"no gzip", gzip.compress(b'{"text": "Soup."}\n', mtime=0)[:-8], gzip.compress(b"x", mtime=0)[:-8] + b"12345678"],
)
def test_a_packed_file_that_breaks_off_does_not_keep_the_others(body: bytes, tmp_path: Path) -> None:
    (tmp_path / "1.jsonl.gz").write_bytes(body)
    (tmp_path / "2.jsonl").write_text('{"id": "2", "text": "Soup."}')
    found = [
        one
        for file in row_files.find(str(tmp_path), ".jsonl", lambda name: MemoryStore())
        for one in row_files.read_postings(SOURCE, file, config("jsonl"))
    ]
    assert isinstance(found[-1], Posting)
    assert found[-1].external_id == "2"
    assert isinstance(found[-2], Skip)
    assert found[-2].reason == "bad-row"


def test_a_time_before_all_times_is_a_bad_date(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"text": "Soup.", "fetched_at": "0001-01-01T00:00:00+05:00"}')
    assert reasons(read("jsonl", tmp_path / "x.jsonl")) == ["bad-date"]
