"""Greenhouse job boards by their public API: `greenhouse:BOARD`. Ids: the board's own job post ids."""

from typing import Any

from pipeline.web.page import Page
from scraper import boards
from scraper.postings import Posting, Reading, Skip, SourceConfig


class Greenhouse:
    def start(self, config: SourceConfig) -> list[str]:
        return [boards.address(config, "https://boards-api.greenhouse.io/v1/boards/{board}/jobs?content=true")]

    def read(self, page: Page, config: SourceConfig) -> Reading:
        return boards.read_jobs(page, "jobs", _posting)


def _posting(job: dict[str, Any]) -> Posting | Skip:
    return boards.make_posting(
        external_id=job.get("id"),
        title=job.get("title"),
        parts=[job.get("content")],  # HTML, escaped once as a whole
        url=job.get("absolute_url"),
        company=job.get("company_name"),
        location=boards.inside(job, "location", "name"),
        date_posted=job.get("first_published") or job.get("updated_at"),
        department=[one.get("name") for one in boards.objects(job.get("departments"))],
        validThrough=job.get("application_deadline"),
    )


SOURCE = Greenhouse()
