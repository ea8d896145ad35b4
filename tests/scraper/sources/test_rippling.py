"""Rippling boards."""

from scraper import sources
from tests.scraper.sources.saved import config, read, reasons, text


def test_the_start() -> None:
    [start] = sources.load("rippling").start(config("rippling", address="clocks"))
    assert start == "https://api.rippling.com/platform/api/ats/v1/board/clocks/jobs"


def test_a_list_leads_to_its_jobs() -> None:
    reading = read("rippling", "list.json", url="https://api.rippling.com/platform/api/ats/v1/board/clocks/jobs")
    assert [link.url for link in reading.links] == [
        "https://api.rippling.com/platform/api/ats/v1/board/clocks/jobs/u-1"
    ]
    assert reasons(reading) == ["bad-record"]
    assert not reading.postings


def test_a_job() -> None:
    reading = read("rippling", "job.json", url="https://api.rippling.com/platform/api/ats/v1/board/clocks/jobs/u-1")
    [one] = reading.postings
    assert (one.external_id, one.title, one.location, one.date_posted) == (
        "u-1",
        "Clockmaker",
        "Kiel; Bremen",
        "2026-03-01",
    )
    assert text(reading) == "We are Harbour Clocks.\n\nMend clocks."


def test_another_answer_is_no_list() -> None:
    assert read("rippling", "changed.json").skips
