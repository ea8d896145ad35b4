"""Every page of the sample site: sound, closed in itself, and with the posting it is about."""

import json
import re
from dataclasses import replace
from urllib.parse import urljoin

import lxml.html
import pytest
from markdown_it import MarkdownIt

from demo.site import content, expected, jobposting, pages
from demo.site.build import Page, build
from demo.site.expected import postings_in

BASE = "http://127.0.0.1:1"
POSTINGS = content.load()
PAGES = build(POSTINGS, BASE)
HTML = {path: page for path, page in PAGES.items() if page.type.startswith("text/html")}
BY_PATH = {path: one for one in POSTINGS for path in one.paths}
STATIC = [path for path, one in BY_PATH.items() if one.employer.script != "posting"]
SCRIPTED = [path for path, one in BY_PATH.items() if one.employer.script == "posting"]


def parsed(page: Page) -> lxml.html.HtmlElement:
    return lxml.html.fromstring(page.body.decode())


def plain(text: str) -> str:
    """The words of a Markdown text as a reader sees them."""
    parser = MarkdownIt("commonmark").enable("table")
    parts = []
    for token in parser.parse(text):
        for child in token.children or []:
            parts.append(" " if child.type == "softbreak" else child.content)
        parts.append(" ")
    return squeeze("".join(parts))


def squeeze(text: str) -> str:
    # Not \s, for a no-break space is a letter of the text.
    return re.sub("[ \n]+", " ", text).strip()


def text_of(html: str) -> str:
    element = lxml.html.fromstring(f"<div>{html}</div>")
    for block in element.iter("p", "li", "ul", "ol", "h2", "h3", "h4", "td", "th", "blockquote"):
        block.tail = " " + (block.tail or "")
        block.text = " " + (block.text or "")
    return squeeze(element.text_content())


@pytest.mark.parametrize("path", STATIC)
def test_a_detail_page_carries_its_posting_and_the_text_is_that_of_the_content(path: str) -> None:
    page, one = parsed(PAGES[path]), BY_PATH[path]
    (job,) = postings_in(page)
    assert job["title"] == one.title
    assert job["url"] == BASE + path
    assert text_of(job["description"]) == plain(one.text)
    shown = page.xpath('//div[@class="text"]')[0]
    assert text_of(lxml.html.tostring(shown, encoding="unicode")) == plain(one.text)
    assert page.get("lang") == one.employer.language


@pytest.mark.parametrize("path", SCRIPTED)
def test_a_page_made_by_script_holds_no_posting_until_the_script_has_run(path: str) -> None:
    one = BY_PATH[path]
    served = PAGES[path].body.decode()
    assert "ld+json" not in served
    assert one.title not in served
    data = json.loads(PAGES[parsed(PAGES[path]).xpath("//@data-posting")[0]].body)
    assert text_of(data["html"]) == plain(one.text)
    assert data["jsonld"] == json.loads(json.dumps(jobposting.value(one, BASE + path)))


def test_every_shape_of_jsonld_is_used_and_the_identifier_is_where_it_says() -> None:
    shapes = {}
    for one in POSTINGS:
        shapes[one.employer.shape] = (one, jobposting.value(one, BASE + one.path))
    assert shapes.keys() == jobposting.SHAPES.keys()
    found = {
        "property-value": lambda value: value["identifier"]["value"],
        "plain": lambda value: value["identifier"],
        "number": lambda value: str(value["identifier"]),
        "graph": lambda value: value["@graph"][2]["identifier"]["value"],
        "array": lambda value: value[1]["identifier"]["value"],
    }
    for shape, take in found.items():
        one, value = shapes[shape]
        assert take(value) == one.id
    assert "identifier" not in shapes["without-identifier"][1]


def test_no_text_ends_the_script_it_stands_in() -> None:
    one = replace(POSTINGS[0], title="</script><script>alert(1)</script>")
    (job,) = postings_in(lxml.html.fromstring(f"<html>{jobposting.script(one, BASE)}"))
    assert job["title"] == one.title
    listed = replace(one, employer=replace(one.employer, script="list"))
    page = lxml.html.fromstring(pages.listing(listed.employer, [listed], 1, 1))
    assert json.loads(page.xpath('//script[@id="openings"]')[0].text)[0]["title"] == one.title


def test_employers_of_the_old_system_write_ascii_only() -> None:
    (employer,) = {one.employer for one in POSTINGS if one.employer.entities}
    one = next(one for one in POSTINGS if one.employer is employer)
    text = parsed(PAGES[one.path]).xpath('//div[@class="text"]')[0].text_content()
    assert "&eacute;" in PAGES[one.path].body.decode()
    assert "é" in text


def test_no_page_asks_for_anything_outside_of_the_site() -> None:
    for path, page in PAGES.items():
        text = page.body.decode()
        if page.type.startswith("text/html"):
            tree = parsed(page)
            for value in tree.xpath("//@href | //@src | //@action | //@srcset | //@poster | //@data"):
                assert urljoin(BASE + path, value).startswith(BASE + "/"), (path, value)
            for data in tree.xpath('//script[@type="application/ld+json"]'):
                data.drop_tree()  # its @context is a name, which nobody fetches
            text = lxml.html.tostring(tree, encoding="unicode")
        known = (
            "http://www.w3.org/2000/svg",
            "http://www.sitemaps.org/schemas/",
            "https://schema.org",
            "http://schema.org",
        )
        outside = [url for url in re.findall(r"https?://[^\s\"'<)]+", text) if not url.startswith((BASE, *known))]
        assert not outside, (path, outside)


def test_every_link_leads_to_a_page() -> None:
    for path, page in HTML.items():
        for href in parsed(page).xpath("//@href | //@src"):
            assert urljoin(path, href) in PAGES, (path, href)


def test_without_scripts_the_lists_made_by_script_lead_nowhere() -> None:
    seen, left = set(), ["/"]
    while left:
        path = left.pop()
        if path not in seen and path in HTML:
            seen.add(path)
            left += [urljoin(path, href) for href in parsed(HTML[path]).xpath("//a/@href")]
    hidden = {one.path for one in POSTINGS if one.employer.script == "list"}
    assert hidden
    assert not hidden & seen
    assert BY_PATH.keys() - seen == hidden


def test_long_lists_have_pages() -> None:
    assert "/pellam-county-council/page/2" in HTML
    first = parsed(HTML["/pellam-county-council/"])
    assert first.xpath('//a[@rel="next"]/@href') == ["/pellam-county-council/page/2"]
    assert len(first.xpath('//ul[@class="rows"]/li')) == 4


def test_the_sitemap_names_every_address_of_every_posting() -> None:
    named = set(re.findall("<loc>(.*?)</loc>", PAGES["/sitemap.xml"].body.decode()))
    assert {BASE + path for path in BY_PATH} <= named
    assert {url.removeprefix(BASE) for url in named} <= PAGES.keys()
    assert f"Sitemap: {BASE}/sitemap.xml" in PAGES["/robots.txt"].body.decode()


def test_what_the_pages_hold_is_what_is_expected() -> None:
    in_pages = sum(1 for page in HTML.values() for _ in postings_in(parsed(page)))
    assert in_pages + len(SCRIPTED) == expected().scraped
