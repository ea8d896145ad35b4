"""Personio job pages by their public feed: `personio:COMPANY` or `personio:https://COMPANY.jobs.personio.com`.

Ids: Personio's own. Where the feed leaves the texts out, the posting's page is fetched for them.
"""

import re

from lxml import etree

from pipeline.web.page import Page
from scraper import boards, xml
from scraper.postings import Link, Posting, Reading, Skip, SourceConfig
from scraper.sources.jobposting import read_detail

_NUMBER = re.compile(r"/job/(\d+)")


class Personio:
    def start(self, config: SourceConfig) -> list[str]:
        base = boards.address(config, "https://{board}.jobs.personio.de").rstrip("/")
        return [base if base.endswith("/xml") else f"{base}/xml"]

    def read(self, page: Page, config: SourceConfig) -> Reading:
        if _NUMBER.search(page.url):
            return read_detail(page, config, _NUMBER, "//*[contains(@class, 'page_jobDescription')]")
        reading = Reading()
        root = boards.load_xml(page, reading)
        if root is None:
            return reading
        base = page.url.rsplit("/xml", 1)[0]
        seen = set()
        for position in root.iter("position"):
            number = position.findtext("id", "").strip()
            if number in seen:
                continue
            seen.add(number)
            if number and not _parts(position):
                reading.links.append(Link(f"{base}/job/{number}"))
            else:
                reading.add(_posting(position, f"{base}/job/{number}"))
        if not seen and root.tag != "workzag-jobs":
            reading.skips.append(Skip("layout-changed", f"no positions in <{xml.local(root)}>"))
        return reading


def _parts(position: etree._Element) -> list[str]:
    found = []
    for part in position.iterfind("jobDescriptions/jobDescription"):
        if (value := part.findtext("value", "")).strip():
            found.append(boards.section(part.findtext("name", "").strip(), value))
    return found


def _posting(position: etree._Element, url: str) -> Posting | Skip:
    offices = [position.findtext("office"), *(office.text for office in position.iterfind("additionalOffices/office"))]
    return boards.make_posting(
        external_id=position.findtext("id"),
        title=position.findtext("name"),
        parts=_parts(position),
        url=url,
        company=position.findtext("subcompany"),
        location=boards.join_places(offices),
        date_posted=position.findtext("createdAt"),
        employmentType=list(filter(None, map(position.findtext, ("schedule", "employmentType")))),
        department=position.findtext("department"),
        experienceLevel=position.findtext("seniority"),
    )


SOURCE = Personio()
