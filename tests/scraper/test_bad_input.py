"""What a site may answer, and what it comes to: a counted reason, and the crawl goes on to the good posting."""

import gzip
import time
import zlib
from typing import Any

import brotli
import pytest

from scraper.crawl_settings import Limits
from scraper.report import Report
from tests.scraper.conftest import World
from tests.scraper.pages import WORDS, job, ld, listing, page, posting
from tests.scraper.site import Answer, Page, Site

SMALL = Limits(page_bytes=200_000, page_seconds=3, robots_bytes=10_000)


def crawl(site: Site, world: World, bad: Page, limits: Limits = SMALL) -> Report:
    """A list of a bad page and a good one; the good one must always come through."""
    site.pages |= {"/": listing("/jobs/bad", "/jobs/1"), "/jobs/bad": bad, "/jobs/1": posting(1)}
    report = world.crawl(site.url, limits)
    assert "HC-2026-0001" in {post.external_id for post in world.queue_posts()}
    assert not report.failure
    return report


def endless(handler: Any) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    handler.close_connection = True
    try:
        while True:
            handler.wfile.write(b"<p>and on</p>")
            time.sleep(0.05)
    except OSError:
        pass


def unannounced(handler: Any) -> None:
    """More than the limit, with no length said."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    handler.close_connection = True
    try:
        for _ in range(800):
            handler.wfile.write(b"x" * 65_536)
    except OSError:
        pass


def bomb(encoding: str) -> Answer:
    """Some kilobytes that unpack to 50 MB."""
    zeros = b"0" * 50_000_000
    packed = {"gzip": lambda: gzip.compress(zeros, 9), "br": lambda: brotli.compress(zeros, quality=5)}
    packed["deflate"] = lambda: zlib.compress(zeros, 9)
    return Answer(packed[encoding](), headers={"Content-Encoding": encoding})


def huge_bomb() -> Answer:
    """10 GB in 10 MB. One block over and over: packing it all would take a minute."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS + 16)
    first = packer.compress(b"0" * 10_000_000) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(b"0" * 10_000_000) + packer.flush(zlib.Z_FULL_FLUSH)
    return Answer(first + again * 999, headers={"Content-Encoding": "gzip"})


def twice(body: bytes) -> Answer:
    return Answer(gzip.compress(gzip.compress(body)), headers={"Content-Encoding": "gzip, gzip"})


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (page("<p>We hire again in spring.</p>"), "no-posting"),
        (page("", ld('{"@type": "JobPosting", "title": "cut off", "description": "in the mid')), "jsonld-broken"),
        (page("", ld('{"a":' * 10_000 + "1" + "}" * 10_000)), "jsonld-too-deep"),
        (page("", ld(job(description="<p><br>&nbsp;</p>", identifier="bad-1"))), "empty-description"),
        (page("", ld(job(description="", identifier="bad-1"))), "no-description"),
        (Answer(b"x" * 50_000_000), "too-large"),
        (unannounced, "too-large"),
        (bomb("gzip"), "too-large"),
        (bomb("br"), "too-large"),
        (bomb("deflate"), "too-large"),
        (twice(b"0" * 10_000_000), "too-large"),
        (Answer(status=302, headers={"Location": "/jobs/bad"}), "redirect-loop"),
        (Answer(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data/"}), "inside-address"),
        (Answer(status=302, headers={"Location": "http://10.0.0.1/"}), "inside-address"),
        (Answer(status=302, headers={"Location": "http://[fd00:ec2::254]/"}), "inside-address"),
        (Answer(status=302, headers={"Location": "http://2852039166/"}), "inside-address"),
        (Answer(status=302, headers={"Location": "file:///etc/passwd"}), "scheme"),
        (Answer(page("", '<meta http-equiv="refresh" content="0;url=http://10.0.0.1/">')), "inside-address"),
        (Answer(status=404), "http-404"),
        (Answer(status=410), "http-410"),
        (b"", "no-posting"),
        (Answer(b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, headers={"Content-Type": "image/png"}), "no-posting"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 30 else "page",
)
def test_what_is_left_out_is_counted(bad: Page, reason: str, site: Site, world: World) -> None:
    report = crawl(site, world, bad)

    assert report.skipped == {reason: 1}
    assert report.scraped == 1


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (endless, "timeout"),
        (Answer(status=500), "http-500"),
        (Answer(status=302, headers={"Location": "http://no-such-host.invalid/"}), "dns"),
        (Answer(b"not gzip", headers={"Content-Encoding": "gzip"}), "encoding"),
        (Answer(b"not brotli", headers={"Content-Encoding": "br"}), "encoding"),
    ],
    ids=["endless", "500", "dns", "not gzip", "not brotli"],
)
def test_what_is_wrong_with_a_site_is_an_error(bad: Page, kind: str, site: Site, world: World) -> None:
    report = crawl(site, world, bad)

    assert report.errors == {kind: 1}


def test_a_redirect_to_loopback_is_refused_where_loopback_is_not_asked_for(site: Site, world: World) -> None:
    def lookup(host: str, port: int, *rest: Any) -> list[Any]:
        # The outside world, as far as this test goes, is our own site.
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    world.getaddrinfo = lookup
    world.env["LABELMILL_CONTACT"] = "crawler@example.org"
    report = world.crawl(f"http://careers.example.org:{site.port}/", allow_loopback=False)

    assert report.skipped["inside-address"] == 1
    assert not site.asked


def test_a_name_that_resolves_to_an_inside_address_at_the_second_look_up(site: Site, world: World) -> None:
    asked: list[str] = []

    def lookup(host: str, port: int, *rest: Any) -> list[Any]:
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1" if len(asked) <= 2 else "10.0.0.1", port))]

    world.getaddrinfo = lookup
    world.env["LABELMILL_CONTACT"] = "crawler@example.org"
    # Each connection is for one request, so that the next one has to resolve the name anew.
    goodbye = {"Connection": "close"}
    site.pages |= {"/": Answer(listing("/jobs/1"), headers=goodbye), "/robots.txt": Answer(headers=goodbye)}
    site.pages["/jobs/1"] = posting(1)
    report = world.crawl(f"http://careers.example.org:{site.port}/")

    assert report.skipped["inside-address"] == 1
    assert "/jobs/1" not in site.paths()


@pytest.mark.parametrize("body", [b"User-agent: *\nAllow: /\n" * 2_000_000, b"#" * 20_000], ids=["50 MB", "20 KB"])
def test_a_robots_txt_beyond_the_limit_closes_the_host(body: bytes, site: Site, world: World) -> None:
    site.pages |= {"/robots.txt": Answer(body), "/": posting(1)}

    report = world.crawl(site.url, SMALL)

    assert report.skipped == {"robots-too-large": 1}
    assert report.failure


def test_ten_gigabytes_in_ten_megabytes_are_not_unpacked(site: Site, world: World) -> None:
    bomb = huge_bomb()
    assert 9_000_000 < len(bomb.body) < 11_000_000

    report = crawl(site, world, bomb, Limits(page_bytes=12_000_000))

    assert report.skipped == {"too-large": 1}


def test_invalid_utf8_becomes_a_replacement_character_and_is_noted(site: Site, world: World) -> None:
    bad = posting(7).replace("careful", "caréful").encode().replace("é".encode(), b"\xff\xc3\xa9")

    report = crawl(site, world, bad)

    assert report.noted == {"charset": 1}
    assert "car\ufffdéful" in {post.external_id: post.text for post in world.queue_posts()}["HC-2026-0007"]


def test_mended_json_is_noted(site: Site, world: World) -> None:
    broken = f'{{"@type": "JobPosting", "identifier": "bad-01", "description": "{WORDS}",}}'
    report = crawl(site, world, page("", ld(broken)))

    assert report.noted == {"repaired": 1}
    assert report.unique == 2


def test_a_post_of_200_kilobytes_is_sent_and_a_longer_one_is_cut(site: Site, world: World) -> None:
    text = "<p>" + "word " * 39_990 + "</p>"
    report = crawl(site, world, posting(7, description=text), Limits())
    assert not report.noted

    report = crawl(site, world, posting(8, description=text * 2), Limits())
    assert report.noted == {"cut": 1}
    assert max(len(post.text) for post in world.queue_posts()) <= 200_000


def test_a_page_that_lies_about_another_host_does_not_start_a_crawl_there(site: Site, world: World) -> None:
    other = Site()
    try:
        other.pages |= {"/": listing("/jobs/9"), "/jobs/9": posting(9)}
        report = crawl(site, world, Answer(status=302, headers={"Location": f"{other.url}/"}))
        assert report.unique == 1
        assert other.paths() == ["/"]
    finally:
        other.close()
