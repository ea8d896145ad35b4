"""Pinpoint boards."""

from scraper import sources
from tests.scraper.sources.saved import config, read, text


def test_the_start() -> None:
    [start] = sources.load("pinpoint").start(config("pinpoint", address="clocks"))
    assert start == "https://clocks.pinpointhq.com/postings.json"


def test_a_job() -> None:
    reading = read("pinpoint", "jobs.json", url="https://clocks.pinpointhq.com/postings.json")
    [one] = reading.postings
    assert (one.external_id, one.title, one.location, one.date_posted) == ("5", "Clockmaker", "Kiel", "2026-03-01")
    assert text(reading) == "Mend clocks.\n\nPay\n\nGood."


def test_another_answer_is_no_list() -> None:
    assert read("pinpoint", "changed.json").skips
