"""Workday career sites by their own interface: `workday:https://TENANT.wd3.myworkdayjobs.com/SITE`.

The list is asked for in portions of 20, each job's text by itself. Ids: the requisition's number.
"""

import re
from typing import Any
from urllib.parse import urldefrag

import orjson

from pipeline.web.page import Page
from scraper import boards
from scraper.postings import Link, Posting, Reading, Skip, SourceConfig

PAGE = 20  # jobs that one answer holds at most

_SITE = re.compile(r"(https?://([A-Za-z0-9-]+)[^/]*)/(?:[a-z]{2}-[A-Za-z]{2}/)?([\w-]+)/?(?:[?#].*)?")
_API = re.compile(r"https?://[^/]+/wday/cxs/[^/]+/[^/]+")


class Workday:
    def start(self, config: SourceConfig) -> list[Link]:
        if api := _API.match(config.web_address()):
            return [_ask(api[0], 0)]
        site = _SITE.fullmatch(config.address)
        if not site:
            raise ValueError(f"address: given {config.address!r}, allowed: https://TENANT.wdN.myworkdayjobs.com/SITE")
        return [_ask(f"{site[1]}/wday/cxs/{site[2]}/{site[3]}", 0)]

    def read(self, page: Page, config: SourceConfig) -> Reading:
        reading = Reading()
        answer = boards.load(page, reading)
        jobs = answer.get("jobPostings")
        if isinstance(answer.get("jobPostingInfo"), dict):
            company = boards.inside(answer, "hiringOrganization", "name")
            reading.add(_posting(answer["jobPostingInfo"], company, page.url))
        elif isinstance(jobs, list):
            self._read_list(page, jobs, reading)
        elif not reading.skips:
            reading.skips.append(Skip("layout-changed", "no list 'jobPostings' in the answer"))
        return reading

    def _read_list(self, page: Page, jobs: list[Any], reading: Reading) -> None:
        url, offset = urldefrag(page.url)
        base = url.removesuffix("/jobs")
        for job in jobs:
            path = job.get("externalPath") if isinstance(job, dict) else None
            if isinstance(path, str) and path.startswith("/"):
                reading.links.append(Link(base + path))
            else:
                reading.skips.append(Skip("bad-record", f"{job!r:.60}"))
        # How many there are is told with the first portion only.
        if len(jobs) >= PAGE:
            reading.links.append(_ask(base, (int(offset) if offset.isdecimal() else 0) + PAGE))


def _ask(base: str, offset: int) -> Link:
    body = {"appliedFacets": {}, "limit": PAGE, "offset": offset, "searchText": ""}
    return Link(f"{base}/jobs#{offset}", turns=True, body=orjson.dumps(body).decode())


def _posting(job: dict[str, Any], company: Any, url: str) -> Posting | Skip:
    more = job.get("additionalLocations")
    return boards.make_posting(
        external_id=job.get("jobReqId") or job.get("id"),
        title=job.get("title"),
        parts=[job.get("jobDescription")],
        url=job.get("externalUrl") or url,
        company=company,
        location=boards.join_places([job.get("location"), *(more if isinstance(more, list) else [])]),
        date_posted="",  # `startDate` is the day of work; `postedOn` is "3 days ago"
        employmentType=job.get("timeType"),
        jobLocationType=job.get("remoteType"),
        countries=boards.inside(job, "country", "descriptor"),
        validThrough=job.get("endDate"),
    )


SOURCE = Workday()
