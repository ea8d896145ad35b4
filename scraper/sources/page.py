"""A plain job page, where nothing structured is there: its main text, title and metadata.

HTML, Markdown with front matter, or plain text. `--field path=/jobs/`: the address is a list, and the pages it links to
whose address holds this are the postings. `--field external_id=NAME`: the id is that entry of the page's front matter.
Ids otherwise: the page's canonical address.
"""

import re

import trafilatura

from pipeline.web.page import Page
from scraper import blocks, dates, links
from scraper.postings import Posting, Reading, Skip, SourceConfig

MIN_CHARS = 400  # of a main text; less is a notice, not a posting

# A page with no text of its own would otherwise give that of its banner.
_AROUND = ["//header", "//footer", "//nav", "//*[contains(@class, 'banner')]", "//*[@role='banner']"]
# Dates in running text are any dates.
_ONLY_WHAT_IS_SAID = {"original_date": True, "extensive_search": False}
_FRONT = re.compile(r"\A\ufeff?\s*---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.S)
_ENTRY = re.compile(r"^(\w[\w-]*):[ \t]*(.*)$", re.M)
_HTML = re.compile(r"<(?:!doctype|html|head|body|div|p|h1|main|article)\b", re.I)


class PlainPage:
    def start(self, config: SourceConfig) -> list[str]:
        config.check_fields("path", "external_id")
        return [config.web_address()]

    def read(self, page: Page, config: SourceConfig) -> Reading:
        path = config.fields.get("path", "")
        if path and path not in page.url:
            found = [link for link in links.find_links(page) if link.turns or path in link.url]
            return Reading(links=found, bare=not found and links.has_script(page.tree))
        reading = Reading(notes=["charset"] * page.decoded.misdeclared)
        reading.add(_posting(page, config))
        return reading


def _posting(page: Page, config: SourceConfig) -> Posting | Skip:
    front, body = _split(page.text)
    if not _HTML.search(body[:20_000]):
        return _plain(front, body, config)
    document = Page(page.url, body.encode("utf-8", "replace"), "text/html; charset=utf-8")
    main = trafilatura.extract(
        body, url=page.url, output_format="html", include_tables=True, include_comments=False, prune_xpath=_AROUND
    )
    text = blocks.read_html(main or "")
    if len(text) < MIN_CHARS:
        return Skip("no-main-text", page.url)
    about = trafilatura.extract_metadata(body, default_url=page.url, date_config=_ONLY_WHAT_IS_SAID)
    return Posting(
        title=front.get("title") or _heading(document) or (about.title if about else "") or "",
        description=text,
        markup=False,
        external_id=front.get(config.fields.get("external_id", ""), ""),
        url=links.find_canonical(document),
        company=(about.sitename if about else "") or "",
        date_posted=dates.settle((about.date if about else "") or ""),
    )


def _plain(front: dict[str, str], body: str, config: SourceConfig) -> Posting | Skip:
    """Markdown or text: as it is, its first line being the title where nothing else is."""
    text = body.strip()
    if len(text) < MIN_CHARS:
        return Skip("no-main-text")
    return Posting(
        title=front.get("title") or text.split("\n", 1)[0].lstrip("# ").strip(),
        description=text,
        markup=False,
        external_id=front.get(config.fields.get("external_id", ""), ""),
        date_posted=dates.settle(front.get("date", "")),
    )


def _split(text: str) -> tuple[dict[str, str], str]:
    """The plain entries of the front matter that site generators put before a page, and the page."""
    found = _FRONT.match(text)
    if not found:
        return {}, text
    entries = {name: value.strip().strip("'\"") for name, value in _ENTRY.findall(found.group(1))}
    return entries, text[found.end() :]


def _heading(page: Page) -> str:
    """The page's only heading of the first rank; of several, none is to be trusted."""
    found = [" ".join(blocks.read_tree(heading).split()) for heading in page.tree.iter("h1")]
    found = list(filter(None, found))
    return found[0] if len(found) == 1 else ""


SOURCE = PlainPage()
