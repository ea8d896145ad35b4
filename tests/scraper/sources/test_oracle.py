"""Oracle Recruiting boards."""

from scraper import sources
from tests.scraper.sources.saved import config, read, reasons, text


def test_the_start() -> None:
    [start] = sources.load("oracle").start(
        config("oracle", address="https://clocks.fa.oraclecloud.com/hcmUI/CandidateExperience/en/sites/CX_1")
    )
    assert "siteNumber=CX_1,limit=25,offset=0" in str(start)


def test_a_list_leads_to_its_jobs() -> None:
    reading = read(
        "oracle",
        "list.json",
        url="https://clocks.fa.oraclecloud.com/hcmRestApi/resources/latest/recruitingCEJobRequisitions?finder=findReqs;siteNumber=CX_1,limit=25,offset=0",
    )
    assert [link.url for link in reading.links] == [
        "https://clocks.fa.oraclecloud.com/hcmRestApi/resources/latest/recruitingCEJobRequisitionDetails?onlyData=true&expand=all&finder=ById;Id=%22255%22,siteNumber=CX_1"
    ]
    assert reasons(reading) == ["bad-record"]
    assert not reading.postings


def test_a_job() -> None:
    reading = read(
        "oracle",
        "job.json",
        url="https://clocks.fa.oraclecloud.com/hcmRestApi/resources/latest/recruitingCEJobRequisitionDetails?onlyData=true&expand=all&finder=ById;Id=%22255%22,siteNumber=CX_1",
    )
    [one] = reading.postings
    assert (one.external_id, one.title, one.location, one.date_posted) == ("255", "Clockmaker", "Kiel", "2026-03-01")
    assert text(reading) == "Mend clocks.\n\nSteady hands."


def test_another_answer_is_no_list() -> None:
    assert read("oracle", "changed.json").skips
