"""Ashby boards."""

from tests.scraper.sources.saved import read, reasons, text


def test_a_board() -> None:
    reading = read("ashby", "board.json")

    [one] = reading.postings
    assert (one.external_id, one.title, one.location, one.date_posted) == (
        "145ff46b-1441-4773-bcd3-c8c90baa598a", "Clockmaker", "Kiel; Lübeck", "2026-03-01",
    )  # fmt: skip
    assert text(reading) == "Mend clocks & watches.\n\n• Steady hands"
    assert reasons(reading) == ["unlisted"]
