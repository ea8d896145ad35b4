"""BambooHR career sites by their own interface: `bamboohr:COMPANY`. Ids: BambooHR's own.

The list holds no texts: each job's is fetched by itself.
"""

from typing import Any

from pipeline.web.page import Page
from scraper import boards
from scraper.postings import Link, Posting, Reading, Skip, SourceConfig


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
        for job in jobs:
            number = job.get("id") if isinstance(job, dict) else None
            if number:
                reading.links.append(Link(f"{page.url.removesuffix('/list')}/{number}/detail"))
            else:
                reading.skips.append(Skip("bad-record", f"{job!r:.60}"))
        return reading


def _posting(job: dict[str, Any], url: str) -> Posting | Skip:
    address = url.removesuffix("/detail")
    place = job.get("location")
    names = [place.get(name) for name in ("city", "state", "addressCountry")] if isinstance(place, dict) else []
    return boards.make_posting(
        external_id=job.get("id") or address.rsplit("/", 1)[-1],
        title=job.get("jobOpeningName"),
        parts=[job.get("description")],
        url=job.get("jobOpeningShareUrl") or address,
        company="",
        location=boards.join_names(*names),
        date_posted=job.get("datePosted"),
        employmentType=job.get("employmentStatusLabel"),
        jobLocationType={"0": "on-site", "1": "remote", "2": "hybrid"}.get(str(job.get("locationType"))),
        countries=place.get("addressCountry") if isinstance(place, dict) else "",
        department=job.get("departmentLabel"),
        baseSalary=job.get("compensation"),
        experienceLevel=job.get("minimumExperience"),
    )


SOURCE = BambooHR()
