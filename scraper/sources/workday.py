"""Workday career sites by their own interface: `workday:https://TENANT.wd3.myworkdayjobs.com/SITE`.

The list is asked for in portions of 20, each job's text by itself. A list ends at 2,000 jobs: a longer one is asked
for in parts, by what the site itself lets its visitors choose. Ids: the requisition's number.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urldefrag, urlencode

import orjson

from pipeline.web.page import Page
from scraper import boards
from scraper.postings import Link, Posting, Reading, Skip, SourceConfig

PAGE = 20  # jobs that one answer holds at most
LONGEST = 2_000  # jobs of one list; behind them it begins again

_LANGUAGE = r"(?:[a-z]{2}-[A-Za-z]{2}/)?"
_SITE = re.compile(rf"(https?://([A-Za-z0-9-]+)[^/]*)/{_LANGUAGE}([\w-]+)(?:[/?#].*)?")
_SHARED = re.compile(rf"(https?://[^/]+)/{_LANGUAGE}recruiting/([\w-]+)/([\w-]+)(?:[/?#].*)?")  # wd5.myworkdaysite.com
_API = re.compile(r"https?://[^/]+/wday/cxs/[^/]+/[^/]+")
# Choices of which a job has one, before those of which it may have several.
_CHOICES = ("jobFamilyGroup", "jobFamily", "timeType", "workerSubType", "locationHierarchy1", "locationCountry")

Chosen = dict[str, str]  # by the name of the choice, the id of what was chosen


class Workday:
    def start(self, config: SourceConfig) -> list[Link]:
        if api := _API.match(config.web_address()):
            return [_ask(api[0], 0, {})]
        site = _SHARED.fullmatch(config.address) or _SITE.fullmatch(config.address)
        if not site:
            raise ValueError(f"address: given {config.address!r}, allowed: https://TENANT.wdN.myworkdayjobs.com/SITE")
        return [_ask(f"{site[1]}/wday/cxs/{site[2]}/{site[3]}", 0, {})]

    def read(self, page: Page, config: SourceConfig) -> Reading:
        reading = Reading()
        answer = boards.load(page, reading)
        jobs = answer.get("jobPostings")
        if isinstance(answer.get("jobPostingInfo"), dict):
            company = boards.inside(answer, "hiringOrganization", "name")
            reading.add(_posting(answer["jobPostingInfo"], company, page.url))
        elif isinstance(jobs, list):
            _read_list(page, answer, jobs, reading)
        elif not reading.skips:
            reading.skips.append(Skip("layout-changed", "no list 'jobPostings' in the answer"))
        return reading


def _read_list(page: Page, answer: dict[str, Any], jobs: list[Any], reading: Reading) -> None:
    url, asked = urldefrag(page.url)
    base = url.removesuffix("/jobs")
    first, _, rest = asked.partition("&")
    chosen, offset = dict(parse_qsl(rest)), boards.as_number(first)
    # How many there are is told with the first portion only.
    total = boards.as_number(chosen.pop("total", 0)) or boards.as_number(answer.get("total"))
    boards.link_jobs(reading, jobs, lambda job: base + path if (path := _path(job)) else "")
    if total == LONGEST and offset == 0 and (choice := _choose(answer, chosen)):
        name, ids = choice
        reading.links += [_ask(base, 0, {**chosen, name: one}) for one in ids]
        return
    read = offset + PAGE
    if total == LONGEST and read >= LONGEST:
        reading.skips.append(Skip("list-cut", f"the list of {chosen or 'all jobs'} may be longer than {LONGEST}"))
    elif jobs and (read < total if total else len(jobs) >= PAGE):
        reading.links.append(_ask(base, read, chosen, total))


def _path(job: dict[str, Any]) -> str:
    path = job.get("externalPath")
    return path if isinstance(path, str) and path.startswith("/") else ""


def _choose(answer: dict[str, Any], chosen: Chosen) -> tuple[str, list[str]] | None:
    """What to ask for instead of a list that is too long: a choice not made yet, and what can be chosen.

    None where the site offers none that leads to all jobs.
    """
    offered: dict[str, dict[str, int]] = {}
    for name, one, jobs in _offers(answer.get("facets")):
        offered.setdefault(name, {})[one] = jobs
    whole = {name: ids for name, ids in offered.items() if name not in chosen and sum(ids.values()) >= LONGEST}
    known = [name for name in _CHOICES if name in whole]
    if not (names := known or sorted(whole, key=lambda name: (max(whole[name].values()), name))):
        return None
    # One that holds nearly everything parts nothing.
    return next(((name, list(whole[name])) for name in names if len(whole[name]) > 1), None)


def _offers(facets: Any, within: str = "") -> Iterator[tuple[str, str, int]]:
    """The name of a choice, the id of what may be chosen, and how many jobs that leads to; a choice may hold others."""
    for facet in boards.objects(facets):
        name = facet.get("facetParameter")
        name = name if isinstance(name, str) and name else within
        if isinstance(facet.get("values"), list):
            yield from _offers(facet["values"], name)
        elif name and isinstance(facet.get("id"), str) and (jobs := boards.as_number(facet.get("count"))):
            yield name, facet["id"], jobs


def _ask(base: str, offset: int, chosen: Chosen, total: int = 0) -> Link:
    """The fragment says what is asked for: it is not sent."""
    facets = {name: [one] for name, one in chosen.items()}
    body = {"appliedFacets": facets, "limit": PAGE, "offset": offset, "searchText": ""}
    more = {**({"total": str(total)} if total else {}), **chosen}
    asked = "&".join(filter(None, (str(offset), urlencode(more))))
    return Link(f"{base}/jobs#{asked}", turns=True, body=orjson.dumps(body).decode())


def _posting(job: dict[str, Any], company: Any, url: str) -> Posting | Skip:
    more = job.get("additionalLocations")
    return boards.make_posting(
        external_id=job.get("jobReqId") or job.get("id"),
        title=job.get("title"),
        parts=[job.get("jobDescription")],
        url=job.get("externalUrl") or url,
        company=company,
        location=boards.join_places([job.get("location"), *(more if isinstance(more, list) else [])]),
        date_posted="",  # `startDate` is the day of work; `postedOn` is "3 days ago"
        employmentType=job.get("timeType"),
        jobLocationType=job.get("remoteType"),
        countries=boards.inside(job, "country", "descriptor"),
        validThrough=job.get("endDate"),
    )


SOURCE = Workday()
