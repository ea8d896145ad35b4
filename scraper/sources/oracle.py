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
        lists = [item["requisitionList"] for item in items if isinstance(item.get("requisitionList"), list)]
        details = [answer] if "ExternalDescriptionStr" in answer else [one for one in items if "Title" in one]
        site = _site(page, config)
        for jobs in lists:
            for job in boards.objects(jobs):
                if number := job.get("Id"):
                    reading.links.append(Link(_detail(_root(page.url), site, str(number))))
                else:
                    reading.skips.append(Skip("bad-record", f"{job!r:.60}"))
            if len(jobs) >= PAGE:
                at = _OFFSET.search(page.url)
                reading.links.append(Link(_list(_root(page.url), site, int(at[1] if at else 0) + PAGE), turns=True))
        for job in details if not lists else ():
            reading.add(
                _posting(job, f"{_root(page.url)}/hcmUI/CandidateExperience/en/sites/{site}/job/{job.get('Id')}")
            )
        if not lists and not details:
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
