"""Pinpoint career sites by their public interface: `pinpoint:COMPANY`. Ids: Pinpoint's own."""

from typing import Any

from pipeline.web.page import Page
from scraper import boards
from scraper.postings import Posting, Reading, Skip, SourceConfig


class Pinpoint:
    def start(self, config: SourceConfig) -> list[str]:
        return [boards.address(config, "https://{board}.pinpointhq.com/postings.json")]

    def read(self, page: Page, config: SourceConfig) -> Reading:
        return boards.read_jobs(page, "data", _posting)


def _posting(job: dict[str, Any]) -> Posting | Skip:
    parts = [job.get("description")]
    for name in ("key_responsibilities", "skills_knowledge_expertise", "benefits"):
        parts.append(boards.section(job.get(f"{name}_header"), job.get(name)))
    return boards.make_posting(
        external_id=job.get("id"),
        title=job.get("title"),
        parts=parts,
        url=job.get("url") or job.get("path"),
        company="",
        location=boards.inside(job, "location", "name") or boards.inside(job, "location", "city"),
        date_posted=job.get("first_published_at"),
        employmentType=job.get("employment_type"),
        jobLocationType=job.get("workplace_type"),
        department=boards.inside(job, "job", "department", "name"),
        validThrough=job.get("deadline_at"),
        baseSalary={
            "minValue": job.get("compensation_minimum"),
            "maxValue": job.get("compensation_maximum"),
            "currency": job.get("compensation_currency"),
            "unitText": job.get("compensation_frequency"),
        }
        if job.get("compensation_visible") is True
        else None,
    )


SOURCE = Pinpoint()
