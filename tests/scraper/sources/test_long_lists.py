"""Lists in portions: what a site says of its length decides when to stop; one that is cut off is asked for in parts."""

import json
from collections import Counter
from typing import Any

import pytest

from pipeline.web.page import Page
from scraper import sources
from scraper.postings import Link, Reading
from scraper.sources.workday import LONGEST, PAGE
from tests.scraper.sources.saved import AT, config

API = "https://clocks.wd3.myworkdayjobs.com/wday/cxs/clocks/Jobs/jobs"


class Board:
    """Workday's list: at most 20 jobs an answer, no more than 2,000 told, and from there on the first ones again."""

    def __init__(self, jobs: list[dict[str, str]]) -> None:
        self.jobs = jobs
        self.asked = 0

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        self.asked += 1
        chosen = {name: ids[0] for name, ids in body["appliedFacets"].items()}
        found = [
            number for number, job in enumerate(self.jobs) if all(job.get(name) == one for name, one in chosen.items())
        ]
        offset = body["offset"] % LONGEST if len(found) > LONGEST else body["offset"]
        facets = []
        for name in ("jobFamilyGroup", "timeType"):
            counts = Counter(self.jobs[number][name] for number in found if name in self.jobs[number])
            values = [{"id": one, "descriptor": one, "count": count} for one, count in counts.items()]
            facets.append({"facetParameter": name, "values": values})
        return {
            "total": 0 if body["offset"] else min(len(found), LONGEST),
            "jobPostings": [{"externalPath": f"/job/{number}"} for number in found[offset : offset + PAGE]],
            "facets": [{"facetParameter": "all", "values": facets}],
        }


def crawl(board: Board) -> tuple[set[str], list[str]]:
    source = sources.load("workday")
    settings = config("workday", address="https://clocks.wd3.myworkdayjobs.com/Jobs")
    asked: list[Any] = list(source.start(settings))
    jobs, reasons = set(), []
    while asked:
        link = asked.pop()
        body = json.dumps(board.answer(json.loads(link.body))).encode()
        reading = source.read(Page(link.url, body, "application/json", AT), settings)
        reasons += [skip.reason for skip in reading.skips]
        jobs |= {one.url for one in reading.links if not one.body}
        asked += [one for one in reading.links if one.body]
    return jobs, reasons


@pytest.mark.parametrize("number", [0, 1, 20, 21, 45, 1999])
def test_a_list_is_read_to_its_end(number: int) -> None:
    board = Board([{} for _ in range(number)])
    jobs, reasons = crawl(board)
    assert (len(jobs), reasons) == (number, [])
    assert board.asked == max(1, -(-number // PAGE))


def test_a_list_that_is_too_long_is_asked_for_in_parts() -> None:
    families = ["a"] * 5000 + ["b"] * 700 + ["c"] * 3
    board = Board([{"jobFamilyGroup": one, "timeType": f"{at % 4}"} for at, one in enumerate(families)])
    jobs, reasons = crawl(board)
    assert (len(jobs), reasons) == (len(families), [])


def test_what_cannot_be_parted_is_told() -> None:
    jobs, reasons = crawl(Board([{} for _ in range(2500)]))
    assert (len(jobs), reasons) == (2000, ["list-cut"])


def read(kind: str, url: str, value: Any) -> Reading:
    page = Page(url, json.dumps(value).encode(), "application/json", AT)
    return sources.load(kind).read(page, config(kind, address="https://clocks.example/sites/CX_1"))


def turns(reading: Reading) -> list[str]:
    return [link.url.rpartition("/")[2] for link in reading.links if link.turns]


def test_a_short_portion_is_not_the_end_where_more_are_told() -> None:
    jobs = [{"id": str(number)} for number in range(99)]
    api = "https://api.smartrecruiters.com/v1/companies/clocks/postings?limit=100&offset=0"
    assert turns(read("smartrecruiters", api, {"totalFound": 150, "content": jobs})) == ["postings?limit=100&offset=99"]
    assert turns(read("smartrecruiters", api, {"totalFound": 99, "content": jobs})) == []

    listed = {"requisitionList": [{"Id": str(number)} for number in range(24)], "TotalJobsCount": 30}
    api = "https://clocks.example/hcmRestApi/resources/latest/recruitingCEJobRequisitions?finder=findReqs;siteNumber=CX_1,limit=25,offset=0"
    [following] = turns(read("oracle", api, {"items": [listed]}))
    assert "offset=24" in following
    assert turns(read("oracle", api, {"items": [{**listed, "TotalJobsCount": 24}]})) == []

    items = {"items": [{"id": "u-1"}, {"id": "u-1"}, {"id": "u-2"}], "page": 0, "pageSize": 20, "totalPages": 2}
    reading = read("rippling", "https://ats.rippling.com/api/v2/board/clocks/jobs", items)
    assert [link.url.rpartition("/")[2] for link in reading.links] == ["u-1", "u-2", "jobs?page=1&pageSize=20"]


def test_icims_stops_where_its_page_says() -> None:
    card = '<li class="iCIMS_JobCardItem"><a class="iCIMS_Anchor" href="/jobs/82/cook/job">Cook</a></li>'
    url = "https://careers-clocks.icims.com/jobs/search?ss=1&pr=1&in_iframe=1"

    def links(said: str) -> list[Link]:
        return sources.load("icims").read(Page(url, f"{said}{card}".encode(), "text/html", AT), config("icims")).links

    assert [link.turns for link in links("<h2>Search Results Page 2 of 3</h2>")] == [False, True]
    assert [link.url for link in links("<h2>Search Results\n Page 2 of 2</h2>")] == [
        "https://careers-clocks.icims.com/jobs/82/cook/job?in_iframe=1"
    ]


@pytest.mark.parametrize(
    ("kind", "address", "start"),
    [
        ("greenhouse", "https://job-boards.greenhouse.io/clocks/jobs/12", "https://boards-api.greenhouse.io/v1/boards/clocks/jobs?content=true"),
        ("lever", "https://jobs.lever.co/clocks", "https://api.lever.co/v0/postings/clocks?mode=json&skip=0&limit=100"),
        ("lever", "https://jobs.eu.lever.co/clocks/12", "https://api.eu.lever.co/v0/postings/clocks?mode=json&skip=0&limit=100"),
        ("ashby", "https://jobs.ashbyhq.com/clocks", "https://api.ashbyhq.com/posting-api/job-board/clocks"),
        ("smartrecruiters", "https://careers.smartrecruiters.com/Clocks", "https://api.smartrecruiters.com/v1/companies/Clocks/postings?limit=100&offset=0"),
        ("workable", "https://apply.workable.com/clocks/j/AB12", "https://apply.workable.com/api/v1/widget/accounts/clocks?details=true"),
        ("recruitee", "https://clocks.recruitee.com/o/cook", "https://clocks.recruitee.com/api/offers"),
        ("recruitee", "https://jobs.clocks.example/", "https://jobs.clocks.example/api/offers"),
        ("bamboohr", "https://clocks.bamboohr.com/careers/12", "https://clocks.bamboohr.com/careers/list"),
        ("rippling", "https://ats.rippling.com/en-GB/clocks/jobs", "https://api.rippling.com/platform/api/ats/v1/board/clocks/jobs"),
        ("pinpoint", "https://clocks.pinpointhq.com/en/postings/12", "https://clocks.pinpointhq.com/postings.json"),
        ("jazzhr", "https://clocks.applytojob.com/apply/AbC123/Cook", "https://clocks.applytojob.com/apply/jobs"),
        ("greenhouse", "http://127.0.0.1:9/v1/boards/clocks/jobs?content=true", "http://127.0.0.1:9/v1/boards/clocks/jobs?content=true"),
    ],
)  # fmt: skip
def test_the_address_of_a_boards_pages_leads_to_its_interface(kind: str, address: str, start: str) -> None:
    assert sources.load(kind).start(config(kind, address=address)) == [start]


@pytest.mark.parametrize(
    "address",
    [
        "https://wd5.myworkdaysite.com/en-US/recruiting/clocks/Jobs/job/Kiel/Cook_R1",
        "https://wd5.myworkdaysite.com/recruiting/clocks/Jobs",
        "https://clocks.wd5.myworkdayjobs.com/de-DE/Jobs/job/Kiel/Cook_R1",
    ],
)
def test_workdays_addresses(address: str) -> None:
    [start] = sources.load("workday").start(config("workday", address=address))
    assert isinstance(start, Link)
    assert start.url.endswith("/wday/cxs/clocks/Jobs/jobs#0")
