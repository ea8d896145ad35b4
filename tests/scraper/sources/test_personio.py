"""Personio boards."""

from scraper import sources
from tests.scraper.sources.saved import config, read, reasons, text


def test_the_start() -> None:
    [start] = sources.load("personio").start(config("personio", address="clocks"))
    assert start == "https://clocks.jobs.personio.de/xml"


def test_a_list_leads_to_its_jobs() -> None:
    reading = read("personio", "list.xml", url="https://clocks.jobs.personio.de/xml")
    assert [link.url for link in reading.links] == ["https://clocks.jobs.personio.de/job/7"]
    assert reasons(reading) == []
    assert not reading.postings


def test_a_job() -> None:
    reading = read("personio", "full.xml", url="https://clocks.jobs.personio.de/xml")
    [one] = reading.postings
    assert (one.external_id, one.title, one.location, one.date_posted) == (
        "8",
        "Clockmaker",
        "Kiel; Bremen",
        "2026-03-01",
    )
    assert text(reading) == "Your tasks\n\nMend clocks."


def test_another_answer_is_no_list() -> None:
    assert read("personio", "changed.xml").skips


def test_a_page_gives_the_text_that_the_feed_left_out() -> None:
    reading = read("personio", "job.html", url="https://clocks.jobs.personio.de/job/7")
    assert [(one.external_id, one.title) for one in reading.postings] == [("7", "Clockmaker")]
    assert text(reading) == "Mend clocks."
