"""JazzHR boards."""

from scraper import sources
from tests.scraper.sources.saved import config, read, reasons, text


def test_the_start() -> None:
    [start] = sources.load("jazzhr").start(config("jazzhr", address="clocks"))
    assert start == "https://clocks.applytojob.com/apply/jobs"


def test_a_list_leads_to_its_jobs() -> None:
    reading = read("jazzhr", "list.html", url="https://clocks.applytojob.com/apply/jobs")
    assert [link.url for link in reading.links] == ["https://clocks.applytojob.com/apply/jobs/details/AbC12xYz9?&"]
    assert reasons(reading) == []
    assert not reading.postings


def test_a_job() -> None:
    reading = read("jazzhr", "job.html", url="https://clocks.applytojob.com/apply/jobs/details/AbC12xYz9")
    [one] = reading.postings
    assert (one.external_id, one.title, one.location, one.date_posted) == ("AbC12xYz9", "Clockmaker", "", "")
    assert text(reading) == "Mend clocks."


def test_another_answer_is_no_list() -> None:
    assert read("jazzhr", "changed.html").skips
