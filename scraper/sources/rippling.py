"""Rippling boards by their public interface: `rippling:BOARD`. Ids: Rippling's own.

A job stands in the list once for each of its places; its text is fetched by itself.
"""

from typing import Any

import orjson

from pipeline.web.page import Page
from scraper import boards
from scraper.postings import Link, Posting, Reading, Skip, SourceConfig


class Rippling:
    def start(self, config: SourceConfig) -> list[str]:
        return [boards.address(config, "https://api.rippling.com/platform/api/ats/v1/board/{board}/jobs")]

    def read(self, page: Page, config: SourceConfig) -> Reading:
        reading = Reading()
        if not page.body.lstrip().startswith(b"["):
            job = boards.load(page, reading)
            if "description" in job:
                reading.add(_posting(job, page.url))
            elif not reading.skips:
                reading.skips.append(Skip("layout-changed", "neither a list nor a job with a description"))
            return reading
        try:
            jobs = orjson.loads(page.body)
        except orjson.JSONDecodeError as error:
            return Reading(skips=[Skip("broken-json", str(error))])
        numbers = dict.fromkeys(job.get("uuid") for job in boards.objects(jobs))
        reading.links = [Link(f"{page.url.split('?')[0]}/{number}") for number in numbers if number]
        reading.skips = [Skip("bad-record", "no uuid") for number in numbers if not number]
        return reading


def _posting(job: dict[str, Any], url: str) -> Posting | Skip:
    text = job["description"]
    places = job.get("workLocations")
    return boards.make_posting(
        external_id=job.get("uuid"),
        title=job.get("name"),
        parts=[text.get("company"), text.get("role")] if isinstance(text, dict) else [text],
        url=job.get("url") or url,
        company=job.get("companyName"),
        location=boards.join_places(
            places if isinstance(places, list) else [boards.inside(job, "workLocation", "label")]
        ),
        date_posted=job.get("createdOn"),
        employmentType=job.get("employmentType"),
        department=job.get("department"),
    )


SOURCE = Rippling()
