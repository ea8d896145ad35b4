"""Greenhouse boards."""

import pytest

from scraper import sources
from tests.scraper.sources.saved import config, read, reasons, text


def test_a_board() -> None:
    reading = read("greenhouse", "jobs.json")

    [one] = reading.postings
    assert (one.external_id, one.title, one.company, one.location) == (
        "4021001", "Clockmaker", "Harbour Clocks", "Kiel, Germany",
    )  # fmt: skip
    assert one.date_posted == "2026-02-27"
    assert text(reading) == "Mend clocks & watches.\n\n• Steady hands\n• A good eye"
    assert reasons(reading) == ["no-description", "no-id", "bad-record"]


def test_the_address_of_a_board() -> None:
    source = sources.load("greenhouse")
    assert source.start(config("greenhouse", address="acme")) == [
        "https://boards-api.greenhouse.io/v1/boards/acme/jobs?content=true"
    ]
    with pytest.raises(ValueError, match="board: given 'a/b'"):
        source.start(config("greenhouse", address="a/b"))
