"""SmartRecruiters by its public interface: `smartrecruiters:COMPANY`. Ids: SmartRecruiters' own.

The list in portions of 100, each job's text by itself.
"""

from typing import Any
from urllib.parse import parse_qs

from pipeline.web.page import Page
from scraper import boards
from scraper.postings import Link, Posting, Reading, Skip, SourceConfig

PAGE = 100  # jobs that one answer holds at most


class SmartRecruiters:
    def start(self, config: SourceConfig) -> list[str]:
        return [
            boards.address(config, "https://api.smartrecruiters.com/v1/companies/{board}/postings?limit=100&offset=0")
        ]

    def read(self, page: Page, config: SourceConfig) -> Reading:
        reading = Reading()
        answer = boards.load(page, reading)
        if reading.skips:
            return reading
        if isinstance(answer.get("jobAd"), dict):
            reading.add(_posting(answer, page.url))
            return reading
        jobs = answer.get("content")
        if not isinstance(jobs, list):
            reading.skips.append(Skip("layout-changed", "no list 'content' in the answer"))
            return reading
        base, _, query = page.url.partition("?")
        boards.link_jobs(reading, jobs, lambda job: f"{base}/{number}" if (number := boards.read_id(job, "id")) else "")
        read = boards.as_number(parse_qs(query).get("offset", ["0"])[0]) + len(jobs)
        # The last portion may be full, and one before it short.
        if jobs and (read < boards.as_number(answer.get("totalFound")) or len(jobs) >= PAGE):
            reading.links.append(Link(f"{base}?limit={PAGE}&offset={read}", turns=True))
        return reading


def _posting(job: dict[str, Any], url: str) -> Posting | Skip:
    sections = boards.inside(job, "jobAd", "sections")
    names = [boards.inside(job, "location", name) for name in ("city", "region", "country")]
    return boards.make_posting(
        external_id=job.get("id"),
        title=job.get("name"),
        parts=[
            boards.section(part.get("title"), part.get("text"))
            for part in (sections.values() if isinstance(sections, dict) else ())
            if isinstance(part, dict)
        ],
        url=job.get("postingUrl") or url,
        company=boards.inside(job, "company", "name"),
        location=boards.join_names(*names),
        date_posted=job.get("releasedDate"),
        employmentType=job.get("typeOfEmployment"),
        jobLocationType=[name for name in ("remote", "hybrid") if boards.inside(job, "location", name) is True],
        countries=boards.inside(job, "location", "country"),
        department=job.get("department"),
        experienceLevel=job.get("experienceLevel"),
        applyUrl=job.get("applyUrl"),
    )


SOURCE = SmartRecruiters()
