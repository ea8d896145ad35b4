"""iCIMS career sites: `icims:COMPANY` or `icims:https://careers-COMPANY.icims.com`.

The search's pages one after another, and the pages of the jobs with their data. Ids: the number in a job's address.
"""

import re
from urllib.parse import parse_qs, urlsplit

from pipeline.web.page import Page
from scraper import boards, links
from scraper.postings import Link, Reading, Skip, SourceConfig
from scraper.sources.jobposting import read_detail

_NUMBER = re.compile(r"/jobs/(\d+)/")


class ICims:
    def start(self, config: SourceConfig) -> list[str]:
        parts = urlsplit(boards.address(config, "https://careers-{board}.icims.com"))
        return [_search(f"{parts.scheme}://{parts.netloc}", 0)]

    def read(self, page: Page, config: SourceConfig) -> Reading:
        if _NUMBER.search(page.url):
            return read_detail(page, config, _NUMBER, "//*[contains(@class, 'iCIMS_JobContent')]")
        reading = Reading()
        found = page.tree.xpath("//a[contains(@class, 'iCIMS_Anchor')]/@href")
        for url in dict.fromkeys(links.absolute(page.url, href) for href in found):
            if _NUMBER.search(url):
                reading.links.append(Link(url))
        if reading.links:
            parts = urlsplit(page.url)
            at = parse_qs(parts.query).get("pr", ["0"])[0]
            number = int(at) if at.isdecimal() else 0
            reading.links.append(Link(_search(f"{parts.scheme}://{parts.netloc}", number + 1), turns=True))
        elif not page.tree.xpath("//*[contains(@class, 'iCIMS')]"):
            reading.skips.append(Skip("layout-changed", "no element of iCIMS on the page"))
        return reading


def _search(site: str, number: int) -> str:
    return f"{site}/jobs/search?ss=1&pr={number}&in_iframe=1"


SOURCE = ICims()
