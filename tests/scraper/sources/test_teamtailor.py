"""Teamtailor boards."""

from scraper import sources
from tests.scraper.sources.saved import config, read, reasons, text


def test_the_start() -> None:
    [start] = sources.load("teamtailor").start(config("teamtailor", address="clocks"))
    assert start == "https://clocks.teamtailor.com/jobs.rss"


def test_a_list_leads_to_its_jobs() -> None:
    reading = read("teamtailor", "list.json", url="https://clocks.teamtailor.com/jobs.json")
    assert [link.url for link in reading.links] == ["https://clocks.teamtailor.com/jobs/71-clockmaker"]
    assert reasons(reading) == []
    assert not reading.postings


def test_a_job() -> None:
    reading = read("teamtailor", "jobs.xml", url="https://clocks.teamtailor.com/jobs.rss")
    [one] = reading.postings
    assert (one.external_id, one.title, one.location, one.date_posted) == (
        "71",
        "Clockmaker",
        "Kiel, Germany",
        "2026-03-01",
    )
    assert text(reading) == "Mend clocks."


def test_another_answer_is_no_list() -> None:
    assert read("teamtailor", "changed.xml").skips
