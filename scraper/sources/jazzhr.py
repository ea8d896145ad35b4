"""JazzHR career pages: `jazzhr:COMPANY`. Ids: the code in a job's address."""

import re

from pipeline.web.page import Page
from scraper import boards, links
from scraper.postings import Link, Reading, Skip, SourceConfig
from scraper.sources.jobposting import read_detail

_CODE = re.compile(r"/apply/(?:jobs/details/)?(?!jobs(?:/|$))([A-Za-z0-9]{6,})(?:[/?]|$)")


class JazzHR:
    def start(self, config: SourceConfig) -> list[str]:
        return [boards.address(config, "https://{board}.applytojob.com/apply/jobs")]

    def read(self, page: Page, config: SourceConfig) -> Reading:
        if _CODE.search(page.url):
            text = "//*[contains(@class, 'job_description') or @id='job-description']"
            return read_detail(page, config, _CODE, text)
        found = (links.absolute(page.url, href) for href in page.tree.xpath("//a/@href"))
        reading = Reading(links=[Link(url) for url in dict.fromkeys(found) if _CODE.search(url)])
        if not reading.links and not page.tree.xpath("//*[contains(@id, 'job') or contains(@class, 'job')]"):
            reading.skips.append(Skip("layout-changed", "no jobs on the page"))
        return reading


SOURCE = JazzHR()
