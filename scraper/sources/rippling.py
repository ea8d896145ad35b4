"""Rippling boards by their public interface: `rippling:BOARD`. Ids: Rippling's own.

A job stands in the list once for each of its places; its text is fetched by itself.
"""

from typing import Any
from urllib.parse import parse_qs

import orjson

from pipeline.web.page import Page
from scraper import boards
from scraper.postings import Link, Posting, Reading, Skip, SourceConfig


class Rippling:
    def start(self, config: SourceConfig) -> list[str]:
        return [boards.address(config, "https://api.rippling.com/platform/api/ats/v1/board/{board}/jobs")]

    def read(self, page: Page, config: SourceConfig) -> Reading:
        reading = Reading()
        base, _, query = page.url.partition("?")
        if page.body.lstrip().startswith(b"["):
            try:
                jobs = orjson.loads(page.body)
            except orjson.JSONDecodeError as error:
                return Reading(skips=[Skip("broken-json", str(error))])
            pages = 0
        else:
            answer = boards.load(page, reading)
            if "description" in answer:
                reading.add(_posting(answer, page.url))
                return reading
            jobs, pages = answer.get("items"), boards.as_number(answer.get("totalPages"))
            if not isinstance(jobs, list):
                if not reading.skips:
                    reading.skips.append(Skip("layout-changed", "neither a list nor a job with a description"))
                return reading
        boards.link_jobs(
            reading, jobs, lambda job: f"{base}/{number}" if (number := boards.read_id(job, "uuid", "id")) else ""
        )
        reading.links = list({link.url: link for link in reading.links}.values())
        at = boards.as_number(parse_qs(query).get("page", ["0"])[0])
        if at + 1 < pages:
            size = boards.as_number(answer.get("pageSize")) or 20
            reading.links.append(Link(f"{base}?page={at + 1}&pageSize={size}", turns=True))
        return reading


def _posting(job: dict[str, Any], url: str) -> Posting | Skip:
    text = job["description"]
    several = job.get("workLocations")
    places = several if isinstance(several, list) else [boards.inside(job, "workLocation", "label")]
    return boards.make_posting(
        external_id=job.get("uuid"),
        title=job.get("name"),
        parts=[text.get("company"), text.get("role")] if isinstance(text, dict) else [text],
        url=job.get("url") or url,
        company=job.get("companyName"),
        location=boards.join_places(
            place.get("label") or place.get("name") if isinstance(place, dict) else place for place in places
        ),
        date_posted=job.get("createdOn"),
        employmentType=job.get("employmentType"),
        department=job.get("department"),
    )


SOURCE = Rippling()
