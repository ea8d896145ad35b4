"""Which boards a page shows: by its address, and by what it embeds or links to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from pipeline.web.page import Page

_NAME = r"([A-Za-z0-9][A-Za-z0-9_.-]*)"
_LABEL = r"([A-Za-z0-9][A-Za-z0-9-]*)"  # of a host
_MOST = 400_000  # characters of a page that are looked at
_NO_BOARDS = frozenset(("www", "embed", "api", "app", "help", "support", "blog", "jobs", "careers", "js", "static"))


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
        ("lever", "Lever", rf"//(?:jobs|api)(?:\.eu)?\.lever\.co/(?:v0/postings/)?{_NAME}"),
        ("ashby", "Ashby", rf"//(?:jobs|api)\.ashbyhq\.com/(?:posting-api/job-board/)?{_NAME}"),
        ("workday", "Workday", r"(https://[a-z0-9-]+\.wd\d+\.myworkdayjobs\.com/(?:[a-z]{2}-[A-Z]{2}/)?[A-Za-z0-9_-]+)"),
        ("personio", "Personio", rf"(https://{_LABEL}\.jobs\.personio\.(?:de|com))"),
        ("teamtailor", "Teamtailor", rf"//{_LABEL}\.teamtailor\.com"),
        ("icims", "iCIMS", rf"(https://{_LABEL}\.icims\.com)"),
        ("oracle", "Oracle Recruiting", r"(https://[a-z0-9.-]+\.oraclecloud\.com/hcmUI/\w+/[a-z-]+/sites/[\w-]+)"),
        ("smartrecruiters", "SmartRecruiters", rf"//\w+\.smartrecruiters\.com/(?:v1/companies/)?{_NAME}"),
        ("workable", "Workable", rf"//apply\.workable\.com/(?:api/v\d/(?:widget/)?accounts/)?{_NAME}"),
        ("recruitee", "Recruitee", rf"//{_LABEL}\.recruitee\.com"),
        ("bamboohr", "BambooHR", rf"//{_LABEL}\.bamboohr\.com/(?:careers|jobs)"),
        ("rippling", "Rippling", rf"//\w+\.rippling\.com/(?:\S+/board/|[a-z]{{2}}-[A-Z]{{2}}/)?{_NAME}"),
        ("pinpoint", "Pinpoint", rf"//{_LABEL}\.pinpointhq\.com"),
        ("jazzhr", "JazzHR", rf"//{_LABEL}\.applytojob\.com"),
    )
]  # fmt: skip


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
    return list(found.values())


def _find(text: str) -> Iterator[Board]:
    for kind, label, form in _FORMS:
        for match in form.finditer(text):
            name = match[1].rstrip(".")
            if name.lower() not in _NO_BOARDS:
                yield Board(kind, label, f"{kind}:{name}")
