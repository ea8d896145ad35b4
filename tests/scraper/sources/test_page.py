"""Plain pages."""

from pathlib import Path

from tests.scraper.pages import WORDS
from tests.scraper.sources.saved import read, reasons, text


def test_the_main_text_and_nothing_around_it() -> None:
    reading = read("page", "harbour.html")

    [one] = reading.postings
    assert (one.title, one.url) == ("Clockmaker by the harbour", "https://example.org/jobs/1")
    found = text(reading)
    assert "• Take clocks apart, clean them, and put them together again\n• Talk with" in found
    assert "We are looking for a careful person" in found
    for around in ("cookies", "Imprint", "Home"):
        assert around not in found


def test_a_list_leads_to_pages_of_a_path() -> None:
    reading = read("page", "list.html", {"path": "/jobs/"})
    assert [(link.url, link.turns) for link in reading.links] == [
        ("https://example.org/jobs/1", False),
        ("https://example.org/jobs/2", False),
        ("https://example.org/list?page=2", True),
    ]


def test_markdown_with_front_matter(tmp_path: Path) -> None:
    (tmp_path / "x.md").write_text(f"---\ntitle: 'Clockmaker'\nleverId: 0f5c\n---\n## Tasks\n\n* {WORDS} {WORDS}\n")
    [one] = read("page", tmp_path / "x.md", {"external_id": "leverId"}).postings
    assert (one.title, one.external_id) == ("Clockmaker", "0f5c")
    assert one.description.startswith("## Tasks\n\n* We are")


def test_plain_text_has_its_first_line_for_a_title(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text(f"\r\nCLOCKMAKER\r\n\r\n{WORDS}\r\n{WORDS}")
    [one] = read("page", tmp_path / "x.txt").postings
    assert one.title == "CLOCKMAKER"


def test_a_page_with_hardly_a_text_is_no_posting(tmp_path: Path) -> None:
    (tmp_path / "x.html").write_text("<html><body><h1>Closed</h1><p>This posting has closed.</p></body></html>")
    assert reasons(read("page", tmp_path / "x.html")) == ["no-main-text"]
