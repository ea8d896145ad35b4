"""Ashby job boards by their public API: `ashby:BOARD`. Ids: Ashby's own job posting ids."""

from typing import Any

from pipeline.web.page import Page
from scraper import boards
from scraper.postings import Posting, Reading, Skip, SourceConfig


class Ashby:
    def start(self, config: SourceConfig) -> list[str]:
        return [boards.address(config, "https://api.ashbyhq.com/posting-api/job-board/{board}")]

    def read(self, page: Page, config: SourceConfig) -> Reading:
        return boards.read_jobs(page, "jobs", _posting)


def _posting(job: dict[str, Any]) -> Posting | Skip:
    # An employer's own draft: reachable by its address, not meant to be found.
    if job.get("isListed") is False:
        return Skip("unlisted", str(job.get("title") or ""))
    more = job.get("secondaryLocations")
    others = [place.get("location") for place in more if isinstance(place, dict)] if isinstance(more, list) else []
    places = [place for place in [job.get("location"), *others] if isinstance(place, str) and place]
    return boards.make_posting(
        external_id=job.get("id"),
        title=job.get("title"),
        parts=[job.get("descriptionHtml") or job.get("descriptionPlain")],
        url=job.get("jobUrl"),
        company="",
        location="; ".join(places),
        date_posted=job.get("publishedAt"),
        employmentType=job.get("employmentType"),
        jobLocationType=job.get("workplaceType") or ("remote" if job.get("isRemote") is True else ""),
        countries=boards.inside(job, "address", "postalAddress", "addressCountry"),
        department=job.get("department") or job.get("team"),
        baseSalary=boards.inside(job, "compensation", "scrapeableCompensationSalarySummary"),
        applyUrl=job.get("applyUrl"),
    )


SOURCE = Ashby()
