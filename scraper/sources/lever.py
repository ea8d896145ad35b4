"""Lever job sites by their public API: `lever:SITE`. Ids: Lever's own posting ids."""

import re
from html import escape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from pipeline.web.page import Page
from scraper import boards, dates
from scraper.postings import Link, Posting, Reading, Skip, SourceConfig

_EUROPE = re.compile(r"https://jobs\.eu\.lever\.co/([\w.-]+)")

PAGE = 100  # postings that one answer holds at most


class Lever:
    def start(self, config: SourceConfig) -> list[str]:
        region = ".eu" if ".eu.lever.co" in config.address else ""
        form = f"https://api{region}.lever.co/v0/postings/{{board}}?mode=json&skip=0&limit={PAGE}"
        if found := _EUROPE.match(config.address):
            return [form.format(board=found[1])]
        return [boards.address(config, form)]

    def read(self, page: Page, config: SourceConfig) -> Reading:
        reading = boards.read_jobs(page, "", _posting)
        if len(reading.postings) + len(reading.skips) >= PAGE:
            reading.links.append(Link(_next(page.url), turns=True))
        return reading


def _next(url: str) -> str:
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    skip = query.get("skip", "")
    query["skip"] = str((int(skip) if skip.isdecimal() else 0) + PAGE)
    return urlunsplit(parts._replace(query=urlencode(query)))


def _posting(job: dict[str, Any]) -> Posting | Skip:
    given = job.get("lists")
    sections = [section for section in given if isinstance(section, dict)] if isinstance(given, list) else []
    lists = [
        f"<h3>{escape(str(section.get('text') or ''))}</h3><ul>{section.get('content') or ''}</ul>"
        for section in sections
    ]
    return boards.make_posting(
        external_id=job.get("id"),
        title=job.get("text"),
        parts=[job.get("description"), *lists, job.get("additional")],
        url=job.get("hostedUrl"),
        company="",
        location=boards.inside(job, "categories", "location"),
        date_posted=dates.from_epoch(job.get("createdAt")),
        employmentType=boards.inside(job, "categories", "commitment"),
        jobLocationType=job.get("workplaceType"),
        countries=job.get("country"),
        department=boards.inside(job, "categories", "department") or boards.inside(job, "categories", "team"),
        baseSalary=_salary(job.get("salaryRange")),
        applyUrl=job.get("applyUrl"),
    )


def _salary(given: Any) -> dict[str, Any] | None:
    if not isinstance(given, dict):
        return None
    unit = str(given.get("interval") or "").removesuffix("-salary").removesuffix("-wage").removeprefix("per-")
    return {
        "minValue": given.get("min"),
        "maxValue": given.get("max"),
        "currency": given.get("currency"),
        "unitText": unit,
    }


SOURCE = Lever()
