"""The whole sample site as a mapping from path to page."""

from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from demo.site import pages
from demo.site.content import Employer, Posting

STATIC = Path(__file__).parent / "static"
PAGE = 4  # openings on one page of a list
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".htm": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".xml": "application/xml",
}


@dataclass(frozen=True, slots=True)
class Page:
    body: bytes
    type: str


def build(postings: list[Posting], base: str) -> dict[str, Page]:
    """Every page of the site that stands at `base` (scheme, host and port, without a slash at its end)."""
    made = {"/": _html(pages.home(postings))}
    changed: dict[str, str] = {}
    by_employer: dict[Employer, list[Posting]] = {}
    for one in postings:
        by_employer.setdefault(one.employer, []).append(one)
    for employer, own in by_employer.items():
        size = len(own) if employer.script == "list" else PAGE
        slices = [own[at : at + size] for at in range(0, len(own), size)]
        for number, some in enumerate(slices, 1):
            path = pages.list_path(employer, number)
            made[path] = _html(pages.listing(employer, some, number, len(slices)))
            changed[path] = max(one.posted for one in some).isoformat()
    for one in postings:
        for path in one.paths:
            made[path] = _html(pages.posting(one, base + path))
            changed[path] = one.posted.isoformat()
        if one.employer.script == "posting":
            data = pages.posting_data(one, base + one.path)
            made[pages.data_path(one)] = Page(data.encode(), TYPES[".json"])
        made[f"/apply/{one.id}"] = _html(pages.apply())
    for file in STATIC.iterdir():
        made[f"/static/{file.name}"] = Page(file.read_bytes(), TYPES[file.suffix])
    made["/sitemap.xml"] = Page(_sitemap(base, changed).encode(), TYPES[".xml"])
    robots = f"User-agent: *\nDisallow: /apply/\n\nSitemap: {base}/sitemap.xml\n"
    made["/robots.txt"] = Page(robots.encode(), TYPES[".txt"])
    return made


def _html(text: str) -> Page:
    return Page(text.encode(), TYPES[".html"])


def _sitemap(base: str, changed: dict[str, str]) -> str:
    rows = "".join(
        f"<url><loc>{escape(base + path)}</loc><lastmod>{day}</lastmod></url>\n" for path, day in changed.items()
    )
    namespace = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{namespace}">\n{rows}</urlset>\n'
