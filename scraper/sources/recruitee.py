"""Recruitee career sites by their public interface: `recruitee:COMPANY`. Ids: Recruitee's own."""

from typing import Any

from pipeline.web.page import Page
from scraper import boards
from scraper.postings import Posting, Reading, Skip, SourceConfig


class Recruitee:
    def start(self, config: SourceConfig) -> list[str]:
        return [boards.address(config, "https://{board}.recruitee.com/api/offers")]

    def read(self, page: Page, config: SourceConfig) -> Reading:
        return boards.read_jobs(page, "offers", _posting)


def _posting(job: dict[str, Any]) -> Posting | Skip:
    places = [
        boards.join_names(place.get("city"), place.get("country")) or place.get("name")
        for place in boards.objects(job.get("locations"))
    ]
    # Some boards keep the words of each language apart.
    translations = job.get("translations")
    words = next(filter(_has_text, [job, *(translations.values() if isinstance(translations, dict) else ())]), job)
    return boards.make_posting(
        external_id=job.get("id"),
        title=job.get("title") or words.get("title"),
        parts=[words.get("description"), words.get("requirements")],
        url=job.get("careers_url"),
        company=job.get("company_name"),
        location=boards.join_places(places)
        or boards.join_places([job.get("location")])
        or boards.join_names(job.get("city"), job.get("country")),
        date_posted=str(job.get("published_at") or job.get("created_at") or "").removesuffix(" UTC"),
        employmentType=str(job.get("employment_type_code") or "").removesuffix("_permanent"),
        jobLocationType=[name for name in ("remote", "hybrid", "on_site") if job.get(name) is True],
        countries=[place.get("country_code") for place in boards.objects(job.get("locations"))]
        or job.get("country_code"),
        department=job.get("department"),
        baseSalary=_salary(job.get("salary")),
        experienceLevel=job.get("experience_code"),
        validThrough=str(job.get("close_at") or "").removesuffix(" UTC"),
        applyUrl=job.get("careers_apply_url"),
    )


def _has_text(words: Any) -> bool:
    return isinstance(words, dict) and bool(words.get("description") or words.get("requirements"))


def _salary(given: Any) -> dict[str, Any] | None:
    if not isinstance(given, dict):
        return None
    named = {"minValue": "min", "maxValue": "max", "currency": "currency", "unitText": "period"}
    return {ours: given.get(theirs) for ours, theirs in named.items()}


SOURCE = Recruitee()
