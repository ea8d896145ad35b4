"""Workable boards by their public interface: `workable:ACCOUNT`. Ids: the shortcodes of the jobs."""

from dataclasses import replace
from typing import Any

from pipeline.web.page import Page
from scraper import boards
from scraper.postings import Posting, Reading, Skip, SourceConfig


class Workable:
    def start(self, config: SourceConfig) -> list[str]:
        return [boards.address(config, "https://apply.workable.com/api/v1/widget/accounts/{board}?details=true")]

    def read(self, page: Page, config: SourceConfig) -> Reading:
        reading = boards.read_jobs(page, "jobs", _posting)
        company = boards.load(page, Reading()).get("name")
        reading.postings = [
            replace(one, company=company if isinstance(company, str) else "") for one in reading.postings
        ]
        return reading


def _posting(job: dict[str, Any]) -> Posting | Skip:
    places = [
        boards.join_names(place.get("city"), place.get("region"), place.get("country"))
        for place in boards.objects(job.get("locations"))
    ]
    return boards.make_posting(
        external_id=job.get("shortcode"),
        title=job.get("title"),
        parts=[
            job.get("description"),
            boards.section("Requirements", job.get("requirements")),
            boards.section("Benefits", job.get("benefits")),
        ],
        url=job.get("url") or job.get("shortlink"),
        company="",
        location=boards.join_places(places) or boards.join_names(job.get("city"), job.get("state"), job.get("country")),
        date_posted=job.get("published_on") or job.get("created_at"),
        employmentType=job.get("employment_type"),
        jobLocationType="remote" if job.get("telecommuting") is True else job.get("workplace_type"),
        countries=[one.get("country") for one in boards.objects(job.get("locations"))] or job.get("country"),
        department=job.get("department"),
        experienceLevel=job.get("experience"),
        applyUrl=job.get("application_url"),
    )


SOURCE = Workable()
