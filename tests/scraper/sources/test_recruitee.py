"""Recruitee boards."""

from scraper import sources
from tests.scraper.sources.saved import config, read, text


def test_the_start() -> None:
    [start] = sources.load("recruitee").start(config("recruitee", address="clocks"))
    assert start == "https://clocks.recruitee.com/api/offers"


def test_a_job() -> None:
    reading = read("recruitee", "jobs.json", url="https://clocks.recruitee.com/api/offers")
    [one] = reading.postings
    assert (one.external_id, one.title, one.location, one.date_posted) == ("9", "Clockmaker", "Kiel", "2026-03-01")
    assert text(reading) == "Mend clocks.\n\nSteady hands."


def test_another_answer_is_no_list() -> None:
    assert read("recruitee", "changed.json").skips
