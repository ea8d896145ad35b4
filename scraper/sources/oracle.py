"""Oracle Recruiting: `oracle:https://HOST.oraclecloud.com/hcmUI/CandidateExperience/en/sites/CX_1`.

The list in portions of 25, each job's text by itself. Ids: the requisition's number.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from pipeline.web.page import Page
from scraper import boards
from scraper.postings import Link, Posting, Reading, Skip, SourceConfig

PAGE = 25  # jobs that one answer is asked to hold

_SITE = re.compile(r"/sites/([\w-]+)")
_FINDER = re.compile(r"siteNumber=([\w-]+)")
_OFFSET = re.compile(r"offset=(\d+)")
_API = "/hcmRestApi/resources/latest/recruitingCEJobRequisition"
_PARTS = (
    "ExternalDescriptionStr", "CorporateDescriptionStr", "ExternalResponsibilitiesStr", "ExternalQualificationsStr",
)  # fmt: skip


class Oracle:
    def start(self, config: SourceConfig) -> list[str]:
        site = _SITE.search(config.web_address()) or _FINDER.search(config.address)
        if not site:
            raise ValueError(f"address: given {config.address!r}, allowed: one with /sites/NAME")
        return [_list(_root(config.address), site[1], 0)]

    def read(self, page: Page, config: SourceConfig) -> Reading:
        reading = Reading()
        answer = boards.load(page, reading)
        if reading.skips:
            return reading
        items = boards.objects(answer.get("items"))
        found = [item for item in items if isinstance(item.get("requisitionList"), list)]
        lists = [item["requisitionList"] for item in found]
        details = [answer] if "Title" in answer else [one for one in items if "Title" in one]
        site = _site(page, config)
        for jobs in lists:
            boards.link_jobs(
                reading,
                jobs,
                lambda job: _detail(_root(page.url), site, number) if (number := boards.read_id(job, "Id")) else "",
            )
        at = _OFFSET.search(page.url)
        read = boards.as_number(at[1] if at else 0) + sum(map(len, lists))
        # A portion may be shorter than was asked for, and there are more.
        total = max((boards.as_number(item.get("TotalJobsCount")) for item in found), default=0)
        if any(lists) and (read < total or (not total and any(len(jobs) >= PAGE for jobs in lists))):
            reading.links.append(Link(_list(_root(page.url), site, read), turns=True))
        for job in details if not lists else ():
            reading.add(
                _posting(job, f"{_root(page.url)}/hcmUI/CandidateExperience/en/sites/{site}/job/{job.get('Id')}")
            )
        if not lists and not details and answer.get("items") == [] and "Details" in page.url:
            reading.skips.append(Skip("http-404", page.url))  # how it says that a job is gone
        elif not lists and not details:
            reading.skips.append(Skip("layout-changed", "neither a list 'requisitionList' nor a job in the answer"))
        return reading


def _site(page: Page, config: SourceConfig) -> str:
    found = _FINDER.search(page.url) or _SITE.search(config.address) or _FINDER.search(config.address)
    return found[1] if found else "CX"


def _root(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _list(root: str, site: str, offset: int) -> str:
    finder = f"findReqs;siteNumber={site},limit={PAGE},offset={offset},sortBy=POSTING_DATES_DESC"
    return f"{root}{_API}s?onlyData=true&expand=requisitionList.secondaryLocations&finder={finder}"


def _detail(root: str, site: str, number: str) -> str:
    return f"{root}{_API}Details?onlyData=true&expand=all&finder=ById;Id=%22{number}%22,siteNumber={site}"


def _posting(job: dict[str, Any], url: str) -> Posting | Skip:
    parts = [job.get(name) for name in _PARTS]
    others = [place.get("Name") for place in boards.objects(job.get("secondaryLocations"))]
    return boards.make_posting(
        external_id=job.get("Id"),
        title=job.get("Title"),
        parts=parts if any(parts) else [job.get("ShortDescriptionStr")],
        url=url,
        company=job.get("LegalEmployer"),
        location=boards.join_places([job.get("PrimaryLocation"), *others]),
        date_posted=job.get("ExternalPostedStartDate") or job.get("PostedDate"),
        employmentType=job.get("JobSchedule"),
        jobLocationType=job.get("WorkplaceType") or job.get("WorkplaceTypeCode"),
        countries=job.get("PrimaryLocationCountry"),
        department=job.get("Department") or job.get("Category"),
        validThrough=job.get("ExternalPostedEndDate"),
    )


SOURCE = Oracle()
