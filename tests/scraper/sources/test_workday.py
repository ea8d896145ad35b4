"""Workday boards."""

import json
from pathlib import Path

from scraper import sources
from scraper.postings import Link
from tests.scraper.sources.saved import config, read, reasons, text


def test_the_start() -> None:
    [start] = sources.load("workday").start(
        config("workday", address="https://clocks.wd3.myworkdayjobs.com/en-US/Jobs")
    )
    assert isinstance(start, Link)
    assert start.url.startswith("https://clocks.wd3.myworkdayjobs.com/wday/cxs/clocks/Jobs/jobs")
    assert '"offset":0' in start.body


def test_a_list_leads_to_its_jobs() -> None:
    reading = read("workday", "list.json", url="https://clocks.wd3.myworkdayjobs.com/wday/cxs/clocks/Jobs/jobs#0")
    assert [link.url for link in reading.links] == [
        "https://clocks.wd3.myworkdayjobs.com/wday/cxs/clocks/Jobs/job/Kiel/Clockmaker_R1"
    ]
    assert reasons(reading) == ["bad-record"]
    assert not reading.postings


def test_a_job() -> None:
    reading = read(
        "workday", "job.json", url="https://clocks.wd3.myworkdayjobs.com/wday/cxs/clocks/Jobs/job/Kiel/Clockmaker_R1"
    )
    [one] = reading.postings
    assert (one.external_id, one.title, one.location, one.date_posted) == ("R1", "Clockmaker", "Kiel; Bremen", "")
    assert text(reading) == "Mend clocks."


def test_another_answer_is_no_list() -> None:
    assert read("workday", "changed.json").skips


def test_a_full_answer_has_a_next(tmp_path: Path) -> None:
    jobs = [{"externalPath": f"/job/{number}"} for number in range(20)]
    (tmp_path / "full.json").write_text(json.dumps({"total": 0, "jobPostings": jobs}))
    *_, following = read("workday", tmp_path / "full.json", url="https://a.example/wday/cxs/a/b/jobs#20").links
    assert following.turns
    assert json.loads(following.body)["offset"] == 40
