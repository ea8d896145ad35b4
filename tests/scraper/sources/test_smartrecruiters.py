"""SmartRecruiters boards."""

from scraper import sources
from tests.scraper.sources.saved import config, read, reasons, text


def test_the_start() -> None:
    [start] = sources.load("smartrecruiters").start(config("smartrecruiters", address="clocks"))
    assert start == "https://api.smartrecruiters.com/v1/companies/clocks/postings?limit=100&offset=0"


def test_a_list_leads_to_its_jobs() -> None:
    reading = read(
        "smartrecruiters",
        "list.json",
        url="https://api.smartrecruiters.com/v1/companies/clocks/postings?limit=100&offset=0",
    )
    assert [link.url for link in reading.links] == ["https://api.smartrecruiters.com/v1/companies/clocks/postings/744"]
    assert reasons(reading) == ["bad-record"]
    assert not reading.postings


def test_a_job() -> None:
    reading = read(
        "smartrecruiters", "job.json", url="https://api.smartrecruiters.com/v1/companies/clocks/postings/744"
    )
    [one] = reading.postings
    assert (one.external_id, one.title, one.location, one.date_posted) == (
        "744",
        "Clockmaker",
        "Kiel, de",
        "2026-03-01",
    )
    assert text(reading) == "Your work\n\nMend clocks.\n\nYou\n\nSteady hands."


def test_another_answer_is_no_list() -> None:
    assert read("smartrecruiters", "changed.json").skips
