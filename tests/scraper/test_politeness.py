"""robots.txt, delays and pauses: what a site asks for is what it gets."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request
from scrapy.core.downloader import Slot
from scrapy.http import Response
from scrapy.robotstxt import ProtegoRobotParser
from scrapy.settings import Settings

from scraper.crawl_settings import Limits, NoContact, make_user_agent, scrapy_settings
from scraper.politeness import RetryAfter, Throttle, retry_after_seconds
from tests.scraper.conftest import World
from tests.scraper.pages import listing, posting
from tests.scraper.site import Answer, Site


def test_what_robots_txt_forbids_is_not_asked_for(site: Site, world: World) -> None:
    site.pages |= {
        "/robots.txt": "User-agent: other\nDisallow: /\n\nUser-agent: Labelmill\nDisallow: /jobs/2",
        "/": listing("/jobs/1", "/jobs/2"),
        "/jobs/1": posting(1),
        "/jobs/2": posting(2),
    }

    report = world.crawl(site.url)

    assert (report.unique, report.skipped) == (1, {"robots": 1})
    assert "/jobs/2" not in site.paths()


@pytest.mark.parametrize("status", [404, 403, 410])
def test_no_robots_txt_allows_all_even_when_its_page_says_otherwise(status: int, site: Site, world: World) -> None:
    site.pages |= {"/robots.txt": Answer("User-agent: *\nDisallow: /", status), "/": posting(1)}

    assert world.crawl(site.url).unique == 1


@pytest.mark.parametrize("status", [500, 503])
def test_a_robots_txt_that_cannot_be_had_forbids_all(status: int, site: Site, world: World) -> None:
    site.pages |= {"/robots.txt": Answer(status=status), "/": posting(1)}

    report = world.crawl(site.url)

    assert (report.unique, report.skipped) == (0, {"robots-unreachable": 1})
    assert not site.paths()


def throttled(robots: str, polite: bool) -> Any:
    """The downloader after a robots.txt was read, with one slot that had been opened before."""
    downloader = SimpleNamespace(per_slot_settings={}, slots={"example.org": Slot(concurrency=8, delay=0)})
    crawler = SimpleNamespace(
        settings=Settings({"AUTOTHROTTLE_ENABLED": polite, "DOWNLOAD_DELAY": 1.0 if polite else 0}),
        signals=SimpleNamespace(connect=lambda *args, **kwargs: None),
        engine=SimpleNamespace(downloader=downloader),
    )
    throttle = Throttle(crawler)
    throttle._robots_parsed(ProtegoRobotParser(robots.encode(), None), Request("https://example.org/x"))
    if throttle.auto:
        throttle.auto.mindelay, throttle.auto.maxdelay = 1.0, 60.0
        request = Request("https://example.org/x", meta={"download_slot": "example.org", "download_latency": 0.01})
        throttle.auto._response_downloaded(Response("https://example.org/x"), request, None)
    return downloader


@pytest.mark.parametrize(("polite", "asked", "kept"), [(True, 7, 7), (True, 0.2, 1.0), (False, 0.4, 0.4)])
def test_crawl_delay_is_kept_and_never_undercut(polite: bool, asked: float, kept: float) -> None:
    downloader = throttled(f"User-agent: *\nCrawl-delay: {asked}", polite)
    slot = downloader.slots["example.org"]
    assert (slot.delay, slot.concurrency, slot.jitter) == (kept, 1, 0)
    assert downloader.per_slot_settings["example.org"]["delay"] == kept


def test_without_crawl_delay_nothing_changes() -> None:
    assert throttled("User-agent: *\nDisallow: /x", polite=False).per_slot_settings == {}


def test_after_retry_after_the_page_comes_in_the_end(site: Site, world: World) -> None:
    asked: list[str] = []

    def busy(handler: Any) -> None:
        asked.append(handler.path)
        handler.path = "/busy" if len(asked) == 1 else "/ready"
        site.answer(handler)

    site.pages |= {"/": busy, "/busy": Answer(status=503, headers={"Retry-After": "1"}), "/ready": posting(1)}

    report = world.crawl(site.url)

    assert (report.unique, report.errors, len(asked)) == (1, {}, 2)


def test_requests_to_a_host_wait_for_as_long_as_it_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    now = [1000.0]

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    middleware = RetryAfter(SimpleNamespace(spider=SimpleNamespace(context=SimpleNamespace(limits=Limits()))))
    monkeypatch.setattr("scraper.politeness.asyncio", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr("scraper.politeness.time", SimpleNamespace(monotonic=lambda: now[0], time=time.time))
    request = Request("https://example.org/x")
    middleware.process_response(request, Response(request.url, 429, headers={"Retry-After": "30"}))

    asyncio.run(middleware.process_request(request))
    asyncio.run(middleware.process_request(Request("https://other.example/x")))

    assert slept == [30]


def test_a_host_that_asks_for_a_long_pause_is_left_alone(site: Site, world: World) -> None:
    site.pages |= {"/": listing("/jobs/1", "/jobs/2"), "/jobs/2": posting(2)}
    site.pages["/jobs/1"] = Answer(status=429, headers={"Retry-After": "86400"})

    report = world.crawl(site.url, Limits(retry_after=60))

    assert report.skipped["asked-to-wait"] >= 1
    assert site.paths().count("/jobs/1") == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Sun, 01 Mar 2026 12:02:00 GMT", 120),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("soon", 0),
        ("²", 0),
        ("1 Jan 99999999999 00:00:00 +0000", 0),
        ("", 0),
        ("-5", 0),
    ],
)
def test_what_retry_after_may_say(value: str, seconds: float) -> None:
    assert retry_after_seconds(value, now=1772366400) == seconds


def test_a_public_site_needs_a_contact_and_only_this_machine_does_not() -> None:
    assert make_user_agent("me@example.org", local=False) == "Labelmill/0.1 (+me@example.org)"
    assert make_user_agent("", local=True)
    with pytest.raises(NoContact, match="LABELMILL_CONTACT"):
        make_user_agent("", local=False)
    with pytest.raises(NoContact, match="allowed"):
        make_user_agent("x) Mozilla/5.0 (\n", local=False)


def test_settings_for_a_public_site_are_polite_and_for_no_site_unsafe() -> None:
    public, local = (scrapy_settings(Limits(), "Labelmill", here) for here in (False, True))
    assert public["DOWNLOAD_DELAY"] >= 1
    assert public["AUTOTHROTTLE_ENABLED"] is True
    assert public["CONCURRENT_REQUESTS_PER_DOMAIN"] <= 2
    for values in (public, local):
        assert values["ROBOTSTXT_OBEY"] is True
        assert values["DOWNLOAD_VERIFY_CERTIFICATES"] is True
        for name in ("COOKIES_ENABLED", "HTTPPROXY_ENABLED", "TELNETCONSOLE_ENABLED", "REMOTE_CONTROL_ENABLED"):
            assert values[name] is False
        for scheme in ("file", "ftp", "s3", "data"):
            assert values["DOWNLOAD_HANDLERS"][scheme] is None
