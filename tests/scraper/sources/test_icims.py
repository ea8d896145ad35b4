"""iCIMS boards."""

from scraper import sources
from tests.scraper.sources.saved import config, read, reasons, text


def test_the_start() -> None:
    [start] = sources.load("icims").start(config("icims", address="clocks"))
    assert start == "https://careers-clocks.icims.com/jobs/search?ss=1&pr=0&in_iframe=1"


def test_a_list_leads_to_its_jobs() -> None:
    reading = read("icims", "list.html", url="https://careers-clocks.icims.com/jobs/search?ss=1&pr=0&in_iframe=1")
    assert [link.url for link in reading.links] == [
        "https://careers-clocks.icims.com/jobs/82/clockmaker/job?in_iframe=1",
        "https://careers-clocks.icims.com/jobs/search?ss=1&pr=1&in_iframe=1",
    ]
    assert reasons(reading) == []
    assert not reading.postings


def test_a_job() -> None:
    reading = read("icims", "job.html", url="https://careers-clocks.icims.com/jobs/82/clockmaker/job?in_iframe=1")
    [one] = reading.postings
    assert (one.external_id, one.title, one.location, one.date_posted) == ("82", "Clockmaker", "", "")
    assert text(reading) == "Mend clocks."


def test_another_answer_is_no_list() -> None:
    assert read("icims", "changed.html").skips
