"""Workable boards."""

from scraper import sources
from tests.scraper.sources.saved import config, read, text


def test_the_start() -> None:
    [start] = sources.load("workable").start(config("workable", address="clocks"))
    assert start == "https://apply.workable.com/api/v1/widget/accounts/clocks?details=true"


def test_a_job() -> None:
    reading = read("workable", "jobs.json", url="https://apply.workable.com/api/v1/widget/accounts/clocks?details=true")
    [one] = reading.postings
    assert (one.external_id, one.title, one.location, one.date_posted) == (
        "AB12",
        "Clockmaker",
        "Kiel, Germany",
        "2026-03-01",
    )
    assert text(reading) == "Mend clocks."


def test_another_answer_is_no_list() -> None:
    assert read("workable", "changed.json").skips
