"""BambooHR career sites by their own interface: `bamboohr:COMPANY`. Ids: BambooHR's own.

The list holds no texts: each job's is fetched by itself.
"""

from typing import Any

from pipeline.web.page import Page
from scraper import boards
from scraper.postings import Posting, Reading, Skip, SourceConfig


class BambooHR:
    def start(self, config: SourceConfig) -> list[str]:
        return [boards.address(config, "https://{board}.bamboohr.com/careers/list")]

    def read(self, page: Page, config: SourceConfig) -> Reading:
        reading = Reading()
        answer = boards.load(page, reading)
        if reading.skips:
            return reading
        if isinstance(boards.inside(answer, "result", "jobOpening"), dict):
            reading.add(_posting(answer["result"]["jobOpening"], page.url))
            return reading
        jobs = answer.get("result")
        if not isinstance(jobs, list):
            reading.skips.append(Skip("layout-changed", "no list 'result' in the answer"))
            return reading
        base = page.url.partition("?")[0].removesuffix("/list")
        boards.link_jobs(
            reading, jobs, lambda job: f"{base}/{number}/detail" if (number := boards.read_id(job, "id")) else ""
        )
        return reading


def _posting(job: dict[str, Any], url: str) -> Posting | Skip:
    address = url.removesuffix("/detail")
    names = [boards.inside(job, "location", name) for name in ("city", "state", "addressCountry")]
    elsewhere = [boards.inside(job, "atsLocation", name) for name in ("city", "state", "country")]
    return boards.make_posting(
        external_id=job.get("id") or address.rsplit("/", 1)[-1],
        title=job.get("jobOpeningName"),
        parts=[job.get("description")],
        url=job.get("jobOpeningShareUrl") or address,
        company="",
        location=boards.join_names(*names) or boards.join_names(*elsewhere),
        date_posted=job.get("datePosted"),
        employmentType=job.get("employmentStatusLabel"),
        jobLocationType={"0": "on-site", "1": "remote", "2": "hybrid"}.get(str(job.get("locationType"))),
        countries=boards.inside(job, "location", "addressCountry"),
        department=job.get("departmentLabel"),
        baseSalary=job.get("compensation"),
        experienceLevel=job.get("minimumExperience"),
    )


SOURCE = BambooHR()
