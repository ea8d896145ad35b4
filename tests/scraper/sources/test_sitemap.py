"""Sitemaps."""

import gzip
from pathlib import Path

import pytest

from tests.scraper.pages import page, posting
from tests.scraper.sources.saved import read, reasons


def test_an_index_leads_to_sitemaps() -> None:
    found = [(link.url, link.turns) for link in read("sitemap", "index.xml").links]
    assert found == [("https://example.org/sitemap-jobs.xml", True), ("https://example.org/sitemap-news.xml", True)]


def test_a_sitemap_leads_to_pages_of_a_path() -> None:
    found = [(link.url, link.changed) for link in read("sitemap", "urls.xml", {"path": "/jobs/"}).links]
    assert found == [
        ("https://example.org/jobs/1?utm_source=map", "2026-03-01T10:00:00Z"),
        ("https://example.org/jobs/2", ""),
    ]


def test_a_packed_sitemap(tmp_path: Path) -> None:
    whole = (Path(__file__).parent / "sitemap" / "urls.xml").read_bytes()
    (tmp_path / "x.xml.gz").write_bytes(gzip.compress(whole))
    assert len(read("sitemap", tmp_path / "x.xml.gz").links) == 3


def test_a_packed_sitemap_that_unpacks_without_end(tmp_path: Path) -> None:
    (tmp_path / "x.xml.gz").write_bytes(gzip.compress(b"<urlset>" + b" " * 20_000_000))
    assert reasons(read("sitemap", tmp_path / "x.xml.gz")) == ["too-large"]


def test_its_pages_are_read_as_postings_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "x.html").write_text(posting(1))
    assert len(read("sitemap", tmp_path / "x.html").postings) == 1
    (tmp_path / "y.html").write_text(page('<a href="/jobs/2">x</a>'))
    reading = read("sitemap", tmp_path / "y.html")
    assert (reading.links, reasons(reading)) == ([], ["no-posting"])


ONE, SPACE = "https://example.org/jobs/1", "http://www.sitemaps.org/schemas/sitemap/0.9"


@pytest.mark.parametrize(
    "body",
    [
        f'<?xml version="1.0"?><s:urlset xmlns:s="{SPACE}"><s:url><s:loc>{ONE}</s:loc></s:url></s:urlset>'.encode(),
        f"<!-- {'note ' * 1000} --><urlset><url><loc><![CDATA[{ONE}]]></loc></url></urlset>".encode(),
        f'<?xml version="1.0" encoding="utf-16"?><urlset><url><loc>{ONE}</loc></url></urlset>'.encode("utf-16"),
        b"\xef\xbb\xbf" + f"{ONE}\r\n".encode(),
        f"<rss><channel><link>https://example.org</link><item><link>{ONE}</link></item></channel></rss>".encode(),
        f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="{ONE}"/></entry></feed>'.encode(),
        gzip.compress(gzip.compress(f"<urlset><url><loc>{ONE}</loc></url></urlset>".encode(), mtime=0), mtime=0),
    ],
)
def test_a_sitemap_in_every_form(body: bytes, tmp_path: Path) -> None:
    (tmp_path / "sitemap").write_bytes(body)
    assert [(link.url, link.turns) for link in read("sitemap", tmp_path / "sitemap").links] == [(ONE, False)]


def test_a_robots_file_names_sitemaps(tmp_path: Path) -> None:
    (tmp_path / "robots.txt").write_text("User-agent: *\nDisallow: /x\nSitemap: https://example.org/sitemap_jobs.xml\n")
    found = [(link.url, link.turns) for link in read("sitemap", tmp_path / "robots.txt").links]
    assert found == [("https://example.org/sitemap_jobs.xml", True)]
