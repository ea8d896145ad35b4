"""iCIMS career sites: `icims:COMPANY` or `icims:https://careers-COMPANY.icims.com`.

The search's pages one after another, and the pages of the jobs with their data. Ids: the number in a job's address.
"""

import re
from urllib.parse import parse_qs, urlsplit

from pipeline.web.page import Page
from scraper import boards, links
from scraper.postings import Link, Reading, Skip, SourceConfig
from scraper.sources.jobposting import read_detail

_OF = re.compile(r"\bPage \d{1,6} of (\d{1,6})")
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
                # Without it, the page holds a frame in which the job is.
                reading.links.append(
                    Link(url if "in_iframe" in url else f"{url}{'&' if '?' in url else '?'}in_iframe=1")
                )
        if reading.links:
            parts = urlsplit(page.url)
            number = boards.as_number(parse_qs(parts.query).get("pr", ["0"])[0]) + 1
            said = _OF.search(" ".join(page.tree.text_content().split()))
            if not said or number < int(said[1]):
                reading.links.append(Link(_search(f"{parts.scheme}://{parts.netloc}", number), turns=True))
        elif not page.tree.xpath("//*[contains(@class, 'iCIMS')]"):
            reading.skips.append(Skip("layout-changed", "no element of iCIMS on the page"))
        return reading


def _search(site: str, number: int) -> str:
    return f"{site}/jobs/search?ss=1&pr={number}&in_iframe=1"


SOURCE = ICims()
