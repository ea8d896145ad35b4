"""BambooHR boards."""

from scraper import sources
from tests.scraper.sources.saved import config, read, reasons, text


def test_the_start() -> None:
    [start] = sources.load("bamboohr").start(config("bamboohr", address="clocks"))
    assert start == "https://clocks.bamboohr.com/careers/list"


def test_a_list_leads_to_its_jobs() -> None:
    reading = read("bamboohr", "list.json", url="https://clocks.bamboohr.com/careers/list")
    assert [link.url for link in reading.links] == ["https://clocks.bamboohr.com/careers/31/detail"]
    assert reasons(reading) == ["bad-record"]
    assert not reading.postings


def test_a_job() -> None:
    reading = read("bamboohr", "job.json", url="https://clocks.bamboohr.com/careers/31/detail")
    [one] = reading.postings
    assert (one.external_id, one.title, one.location, one.date_posted) == (
        "31",
        "Clockmaker",
        "Kiel, Germany",
        "2026-03-01",
    )
    assert text(reading) == "Mend clocks."


def test_another_answer_is_no_list() -> None:
    assert read("bamboohr", "changed.json").skips
