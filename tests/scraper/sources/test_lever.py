"""Lever sites."""

import json
from pathlib import Path

from scraper import sources
from tests.scraper.sources.saved import config, read, reasons, text


def test_a_site() -> None:
    reading = read("lever", "postings.json")

    [one] = reading.postings
    assert (one.external_id, one.title, one.location, one.date_posted) == (
        "0f5c0b0e-7a4d-4a37-9f6e-0d8f0c1b2a31", "Clockmaker", "Kiel", "2026-03-01",
    )  # fmt: skip
    assert text(reading) == (
        "Mend clocks & watches.\n\nWhat you bring\n\n• Steady hands\n• A good eye\n\nWe answer everybody."
    )
    assert reasons(reading) == ["no-description"]
    assert not reading.links


def test_a_full_answer_has_a_next(tmp_path: Path) -> None:
    jobs = [{"id": str(n), "text": "Clockmaker", "description": "<p>Mend clocks.</p>"} for n in range(100)]
    (tmp_path / "full.json").write_text(json.dumps(jobs))
    [first] = sources.load("lever").start(config("lever", address="harbourclocks"))

    [link] = read("lever", tmp_path / "full.json", url=str(first)).links

    assert link.url == "https://api.lever.co/v0/postings/harbourclocks?mode=json&skip=100&limit=100"
    assert link.turns


def test_an_address_whose_skip_is_no_number_is_read_on_from_its_beginning(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps([{"id": str(at), "description": "Soup."} for at in range(100)]))
    [link] = read("lever", tmp_path / "x.json", url="https://example.org/jobs?skip=no").links
    assert link.url == "https://example.org/jobs?skip=100"
