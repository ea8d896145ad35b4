"""Which boards a page shows: by its address, and by what it embeds or links to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from pipeline.web.page import Page

_NAME = r"([A-Za-z0-9][A-Za-z0-9_.-]*)"
_LABEL = r"([A-Za-z0-9][A-Za-z0-9-]*)"  # of a host
_LANGUAGE = r"(?:[a-z]{2}(?:-[A-Za-z]{2})?/)?"
_COMPANY = r"(?:oneclick-ui/company/)?"
_MOST = 400_000  # characters of a page that are looked at
_NO_BOARDS = frozenset(
    re.findall(r"\w+", "www embed api app help support blog jobs careers js static apply resources images widget cdn")
)


@dataclass(frozen=True, slots=True)
class Board:
    """A board that `crawl ADDRESS` reads. `label`: as its makers write it."""

    kind: str
    label: str
    address: str


# kind, label, the form of its addresses with what `crawl` is given in the first group
_FORMS = [
    (kind, label, re.compile(form, re.I))
    for kind, label, form in (
        ("greenhouse", "Greenhouse", rf"greenhouse\.io/embed/job_\w+(?:/js)?\?(?:[^\"'\s]*&)?for={_NAME}"),
        ("greenhouse", "Greenhouse", rf"//(?:boards|job-boards)(?:\.eu)?\.greenhouse\.io/{_NAME}"),
        ("greenhouse", "Greenhouse", rf"boards-api\.greenhouse\.io/v1/boards/{_NAME}"),
        ("lever", "Lever", rf"//(?:jobs|api)\.lever\.co/(?:v0/postings/)?{_NAME}"),
        ("lever", "Lever", r"(https://(?:jobs|api)\.eu\.lever\.co/(?:v0/postings/)?[\w.-]+)"),
        ("lever", "Lever", rf"leverJobsOptions\s*=\s*\{{[^}}]*?accountName[\"']?\s*:\s*[\"']{_NAME}"),
        ("ashby", "Ashby", rf"//(?:jobs|api)\.ashbyhq\.com/(?:posting-api/job-board/)?{_NAME}"),
        ("workday", "Workday", rf"(https://[a-z0-9-]+\.wd\d+\.myworkdayjobs\.com/(?!wday/){_LANGUAGE}[A-Za-z0-9_-]+)"),
        ("workday", "Workday", r"(https://[a-z0-9.-]+\.myworkday(?:jobs|site)\.com/wday/cxs/[\w-]+/[\w-]+)"),
        ("workday", "Workday", rf"(https://wd\d+\.myworkdaysite\.com/{_LANGUAGE}recruiting/[\w-]+/[\w-]+)"),
        ("personio", "Personio", rf"(https://{_LABEL}\.jobs\.personio\.(?:de|com))"),
        ("teamtailor", "Teamtailor", rf"//{_LABEL}\.teamtailor\.com"),
        ("icims", "iCIMS", rf"(https://{_LABEL}\.icims\.com)"),
        ("oracle", "Oracle Recruiting", r"(https://[a-z0-9.-]+/hcmUI/CandidateExperience/[\w-]+/sites/[\w-]+)"),
        ("smartrecruiters", "SmartRecruiters", rf"//(?:careers|jobs)\.smartrecruiters\.com/{_COMPANY}{_NAME}"),
        ("smartrecruiters", "SmartRecruiters", rf"//api\.smartrecruiters\.com/v1/companies/{_NAME}"),
        ("smartrecruiters", "SmartRecruiters", rf"company_code[\"']?\s*:\s*[\"']{_NAME}"),
        ("workable", "Workable", rf"//apply\.workable\.com/(?:api/v\d/(?:widget/)?accounts/)?{_NAME}"),
        ("workable", "Workable", rf"//{_LABEL}\.workable\.com"),
        ("workable", "Workable", r"whr_embed\(\s*(\d+)"),
        ("recruitee", "Recruitee", rf"//{_LABEL}\.recruitee\.com"),
        ("bamboohr", "BambooHR", rf"(?://|data-domain=[\"']){_LABEL}\.bamboohr\.com"),
        ("rippling", "Rippling", rf"//(?:ats|api)\.rippling\.com/(?:[\w/]+/board/|{_LANGUAGE})?{_NAME}"),
        ("pinpoint", "Pinpoint", rf"//{_LABEL}\.pinpointhq\.com"),
        ("jazzhr", "JazzHR", rf"//{_LABEL}\.applytojob\.com"),
        ("jazzhr", "JazzHR", rf"//app\.jazz\.co/widgets/\w+/create/{_NAME}"),
    )
]  # fmt: skip

# Boards under the employer's own name: what their pages are made of.
_HOSTED = (
    ("teamtailor", "Teamtailor", re.compile(r"//[\w.-]*teamtailor-cdn\.com/assets", re.I)),
    ("recruitee", "Recruitee", re.compile(r"//[\w.-]*recruiteecdn\.com/", re.I)),
)


def find_in_address(url: str) -> list[Board]:
    """What the address alone says."""
    return list({board.address: board for board in _find(url)}.values())


def find_boards(page: Page) -> list[Board]:
    """Each board once, the one of the page's own address first."""
    text = page.url + " " + page.text[:_MOST].replace("\\/", "/").replace("&amp;", "&")
    if "%2F" in text:
        text += " " + unquote(text)
    found: dict[str, Board] = {}
    for board in _find(text):
        found.setdefault(board.address, board)
    root = "{0.scheme}://{0.netloc}".format(urlsplit(page.url))
    for kind, label, form in _HOSTED:
        if form.search(text) and not any(board.kind == kind for board in found.values()):
            found[f"{kind}:{root}"] = Board(kind, label, f"{kind}:{root}")
    return list(found.values())


def _find(text: str) -> Iterator[Board]:
    for kind, label, form in _FORMS:
        for match in form.finditer(text):
            name = match[1].rstrip(".")
            if name.lower() not in _NO_BOARDS:
                yield Board(kind, label, f"{kind}:{name}")
