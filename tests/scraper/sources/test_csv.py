"""CSV files."""

from pathlib import Path

from tests.scraper.sources.saved import read, reasons

FIELDS = {"external_id": "reference", "title": "titre", "description": "texte"}


def test_rows() -> None:
    reading = read("csv", "rows.csv", FIELDS)

    assert [(one.external_id, one.title, one.description) for one in reading.postings] == [
        ("1", "Clockmaker", "Mend clocks,\nand watches."),
        ("4", "Cook", 'Say "soup".'),
    ]
    assert reasons(reading) == ["bad-row", "bad-row"]


def test_a_file_without_the_columns_gives_no_posts(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    reading = read("csv", tmp_path / "x.csv")
    assert (reading.postings, reasons(reading)) == ([], ["no-description"])


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("")
    assert read("csv", tmp_path / "x.csv").postings == []
