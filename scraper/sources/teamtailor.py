"""Teamtailor career sites by their feed: `teamtailor:COMPANY` or `teamtailor:https://career.example.org`.

`jobs.rss` holds all jobs with their texts; of `jobs.json`, which holds the newest, a job without a text is read from
its page. Ids: the number in a job's address.
"""

import re
from typing import Any

from pipeline.web.page import Page
from scraper import boards, xml
from scraper.postings import Link, Posting, Reading, Skip, SourceConfig
from scraper.sources.jobposting import read_detail

_NUMBER = re.compile(r"/jobs/(\d+)")


class Teamtailor:
    def start(self, config: SourceConfig) -> list[str]:
        base = boards.address(config, "https://{board}.teamtailor.com").rstrip("/")
        return [base if base.endswith((".rss", ".json")) else f"{base.removesuffix('/jobs')}/jobs.rss"]

    def read(self, page: Page, config: SourceConfig) -> Reading:
        if _NUMBER.search(page.url):
            return read_detail(page, config, _NUMBER)
        if page.body.lstrip()[:1] == b"{":
            reading = boards.read_jobs(page, "items", _posting)
            # A job without a text is no loss: its page has it.
            without = {skip.detail for skip in reading.skips if skip.reason == "no-description"}
            reading.skips = [skip for skip in reading.skips if skip.reason != "no-description"]
            jobs = boards.objects(boards.load(page, reading).get("items")) if without else []
            found = [
                job["url"]
                for job in jobs
                if isinstance(job.get("url"), str) and str(job.get("title")).strip() in without
            ]
            reading.links = [Link(url) for url in found if _NUMBER.search(url)]
            return reading
        return _read_feed(page)


def _read_feed(page: Page) -> Reading:
    reading = Reading()
    root = boards.load_xml(page, reading)
    if root is None:
        return reading
    items = list(root.iter("item"))
    if not items and root.tag != "rss":
        reading.skips.append(Skip("layout-changed", f"no items in <{xml.local(root)}>"))
    for item in items:
        url = item.findtext("link", "").strip()
        number = _NUMBER.search(url)
        places = []
        for place in item.iterfind(".//{*}location"):
            names = (place.findtext(f"{{*}}{name}") for name in ("city", "country"))
            places.append(", ".join(filter(None, names)) or place.findtext("{*}name") or place.text)
        reading.add(
            boards.make_posting(
                external_id=number[1] if number else item.findtext("guid"),
                title=item.findtext("title"),
                parts=[item.findtext("description")],
                url=url,
                company=root.findtext("channel/title"),
                location=boards.join_places(places),
                date_posted=item.findtext("pubDate"),
                jobLocationType="remote" if (how := item.findtext("{*}remoteStatus")) == "fully" else how,
                department=item.findtext("{*}department"),
                countries=[place.findtext("{*}country") for place in item.iterfind(".//{*}location")],
            )
        )
    return reading


def _posting(job: dict[str, Any]) -> Posting | Skip:
    url = job.get("url") or ""
    number = _NUMBER.search(url) if isinstance(url, str) else None
    data = job.get("_jobposting")
    return boards.make_posting(
        external_id=number[1] if number else job.get("id"),
        title=job.get("title"),
        parts=[
            job.get("content_html") or job.get("content_text") or boards.inside({"data": data}, "data", "description")
        ],
        url=url,
        company=boards.inside({"data": data}, "data", "hiringOrganization", "name"),
        location="",
        date_posted=job.get("date_published"),
    )


SOURCE = Teamtailor()
