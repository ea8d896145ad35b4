"""A crawl from a list to its postings, with memory in place of AWS."""

from pathlib import Path

import pytest

from pipeline.web import warc
from pipeline.web.page import Page
from scraper.crawl_settings import Limits
from scraper.postings import Reading, SourceConfig
from scraper.sources.jobposting import JobPostingPages
from tests.scraper.conftest import World
from tests.scraper.pages import WORDS, job, ld, listing, page, posting
from tests.scraper.site import Answer, Site


def test_lists_are_followed_to_their_postings(site: Site, world: World) -> None:
    site.pages |= {"/": listing("/jobs/1", "/jobs/2"), "/jobs/1": posting(1), "/jobs/2": posting(2)}

    report = world.crawl(site.url)

    assert (report.scraped, report.unique, report.sent, report.failure) == (2, 2, 2, "")
    assert not report.skipped
    posts = {post.external_id: post for post in world.sent()}
    assert set(posts) == {"HC-2026-0001", "HC-2026-0002"}
    one = posts["HC-2026-0001"]
    assert (one.title, one.company, one.language, one.text) == ("Clockmaker 1", "Harbour Clocks", "en", WORDS)
    assert (one.url, one.date_posted, one.source) == (f"{site.url}/jobs/1", "2026-03-01", "clocks")


def test_next_pages_of_a_list_are_no_step_deeper(site: Site, world: World) -> None:
    for number in range(1, 9):
        site.pages[f"/jobs/{number}"] = posting(number)
        more = f'<nav><a href="/list?page={number + 1}">next</a></nav>' if number < 8 else ""
        site.pages[f"/list?page={number}"] = listing(f"/jobs/{number}", more=more)

    report = world.crawl(f"{site.url}/list?page=1", Limits(level=1))

    assert report.unique == 8


def test_a_page_that_our_own_fault_keeps_from_being_read_is_counted(
    site: Site, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = JobPostingPages.read

    def read(self: JobPostingPages, page: Page, config: SourceConfig) -> Reading:
        if page.url.endswith("/2"):
            raise ZeroDivisionError
        return whole(self, page, config)

    monkeypatch.setattr(JobPostingPages, "read", read)
    site.pages |= {"/": listing("/jobs/1", "/jobs/2"), "/jobs/1": posting(1), "/jobs/2": posting(2)}

    report = world.crawl(site.url)

    assert (report.scraped, dict(report.skipped)) == (1, {"fault": 1})


def test_links_deeper_than_the_limit_are_counted(site: Site, world: World) -> None:
    site.pages |= {"/": listing("/a"), "/a": listing("/b"), "/b": listing("/jobs/1"), "/jobs/1": posting(1)}

    report = world.crawl(site.url, Limits(level=2))

    assert report.skipped["too-deep"] == 1
    assert report.failure


def test_a_posting_at_two_addresses_is_one_post(site: Site, world: World) -> None:
    site.pages |= {"/": listing("/jobs/1", "/featured/1"), "/jobs/1": posting(1), "/featured/1": posting(1)}

    report = world.crawl(site.url)

    assert (report.scraped, report.unique, report.sent, report.unchanged) == (2, 1, 1, 1)
    assert len(world.sent()) == 1


def test_links_to_other_hosts_are_not_followed(site: Site, world: World) -> None:
    elsewhere = Site()
    try:
        elsewhere.pages["/jobs/2"] = posting(2)
        site.pages |= {"/": listing("/jobs/1", f"{elsewhere.url}/jobs/2"), "/jobs/1": posting(1)}

        report = world.crawl(site.url)

        assert report.unique == 1
        assert not elsewhere.asked
    finally:
        elsewhere.close()


def test_a_second_crawl_sends_only_what_changed(site: Site, world: World) -> None:
    site.pages |= {"/": listing("/jobs/1", "/jobs/2"), "/jobs/1": posting(1), "/jobs/2": posting(2)}
    world.crawl(site.url)
    first = {post.external_id: post for post in world.sent()}
    site.pages["/jobs/2"] = posting(2, description="<p>We now look for somebody who repairs tower clocks.</p>")

    report = world.crawl(site.url)

    assert (report.new, report.changed, report.unchanged) == (0, 1, 1)
    [again] = world.sent()
    assert again.post_id == first["HC-2026-0002"].post_id
    assert again.revision != first["HC-2026-0002"].revision


def test_an_unchanged_page_costs_a_304_and_leads_on(site: Site, world: World) -> None:
    filler = "<!--" + "x" * 20_000 + "-->"
    site.pages["/"] = Answer(listing("/jobs/1", "/jobs/2") + filler, headers={"ETag": '"list"'})
    for number in (1, 2):
        site.pages[f"/jobs/{number}"] = Answer(posting(number) + filler, headers={"ETag": f'"{number}"'})
    first = world.crawl(site.url)
    world.sent()

    second = world.crawl(site.url)

    assert (second.scraped, second.sent, second.unchanged, second.failure) == (0, 0, 2, "")
    assert second.received_bytes < first.received_bytes * 0.02
    assert not world.sent()


def test_a_page_that_was_read_in_part_is_read_again(site: Site, world: World) -> None:
    """The limit fell in the middle of it: its other postings must not be taken for known."""
    both = page("", ld([job(identifier="HC-2026-0001"), job(identifier="HC-2026-0002")]))
    site.pages["/"] = Answer(both, headers={"ETag": '"1"'})
    assert world.crawl(site.url, Limits(posts=1)).sent == 1

    report = world.crawl(site.url)

    assert (report.new, report.unchanged) == (1, 1)
    assert "if-none-match" not in site.asked[-1].headers


def test_pages_of_a_sitemap_with_the_same_lastmod_are_not_asked_for_again(site: Site, world: World) -> None:
    def sitemap(*days: str) -> Answer:
        entries = (f"<url><loc>{site.url}/jobs/{n}</loc><lastmod>{day}</lastmod></url>" for n, day in enumerate(days))
        return Answer(f"<urlset>{''.join(entries)}</urlset>", headers={"Content-Type": "application/xml"})

    site.pages |= {"/jobs/0": posting(0), "/jobs/1": posting(1)}
    site.pages["/sitemap.xml"] = sitemap("2026-03-01", "2026-03-01")
    address = f"sitemap:{site.url}/sitemap.xml"
    assert world.crawl(address).new == 2
    site.pages["/sitemap.xml"] = sitemap("2026-03-01", "2026-03-02")
    site.asked.clear()

    report = world.crawl(address)

    assert (report.unchanged, report.failure) == (2, "")
    assert site.paths() == ["/sitemap.xml", "/jobs/1"]

    site.asked.clear()
    late = world.crawl(address, since="2026-03-03", source="since")
    assert (late.skipped, site.paths()) == ({"before-since": 2}, ["/sitemap.xml"])


def test_a_page_whose_post_was_not_sent_is_fetched_whole_again(site: Site, world: World) -> None:
    site.pages["/"] = Answer(posting(1), headers={"ETag": '"1"'})
    world.queue.send = lambda messages: list(range(len(messages)))  # type: ignore[method-assign]

    report = world.crawl(site.url)

    assert (report.sent, report.errors["not-sent"]) == (0, 1)
    world.crawl(site.url)
    assert "if-none-match" not in site.asked[-1].headers


def test_raw_pages_are_stored_before_their_posts_are_sent(site: Site, world: World) -> None:
    site.pages |= {"/": listing("/jobs/1"), "/jobs/1": posting(1)}
    stored: list[list[str]] = []
    send = world.queue.send

    def sending(messages):  # type: ignore[no-untyped-def]
        stored.append([one.key for one in world.store.list("raw/")])
        return send(messages)

    world.queue.send = sending  # type: ignore[method-assign]
    world.crawl(site.url)

    [post] = world.sent()
    assert post.raw
    assert stored == [[post.raw.key]]
    body = world.store.get(post.raw.key).body
    [kept] = warc.read_pages(body[post.raw.offset :])
    assert kept.page.url == post.url
    assert kept.page.body.decode() == site.pages["/jobs/1"]


def test_a_limit_stops_the_crawl_at_that_many_postings(site: Site, world: World) -> None:
    site.pages["/"] = listing(*(f"/jobs/{number}" for number in range(30)))
    site.pages |= {f"/jobs/{number}": posting(number) for number in range(30)}

    report = world.crawl(site.url, Limits(posts=7))

    assert (report.scraped, report.sent, report.stopped) == (7, 7, "limit")
    assert not report.skipped


def test_a_dry_run_reads_and_leaves_nothing(site: Site, world: World) -> None:
    from scraper.commands import runtime

    site.pages |= {"/": listing("/jobs/1"), "/jobs/1": posting(1)}
    world.adapters = lambda: runtime.make_adapters(None, {})  # type: ignore[method-assign]

    report = world.crawl(site.url)

    assert (report.scraped, report.sent) == (1, 0)
    assert not list(world.store.list(""))
    assert not world.sent()


def test_an_empty_result_is_a_failure_that_says_what_was_seen(site: Site, world: World) -> None:
    site.pages |= {"/": listing("/about"), "/about": page("<p>Who we are</p>")}

    report = world.crawl(site.url)

    assert "no posting was found" in report.failure
    assert report.skipped["no-posting"] == 2


def test_postings_before_a_day_are_left_out_and_that_is_no_failure(site: Site, world: World) -> None:
    site.pages["/"] = posting(1)

    report = world.crawl(site.url, since="2026-04-01")

    assert (report.scraped, report.skipped["before-since"], report.failure) == (0, 1, "")


def test_one_user_agent_with_a_contact_is_sent(site: Site, world: World) -> None:
    world.env["LABELMILL_CONTACT"] = "crawler@example.org"
    site.pages["/"] = posting(1)

    world.crawl(site.url)

    assert {asked.headers["user-agent"] for asked in site.asked} == {"Labelmill/0.1 (+crawler@example.org)"}


def test_an_interrupted_crawl_goes_on_where_it_stopped(site: Site, world: World, tmp_path: Path) -> None:
    paths = [f"/jobs/{number}" for number in range(40)]
    site.pages |= {"/": listing(*paths), **{path: posting(number) for number, path in enumerate(paths)}}
    jobdir = str(tmp_path / "job")

    first = world.crawl(site.url, Limits(pages=5), jobdir=jobdir)
    second = world.crawl(site.url, jobdir=jobdir)

    assert (first.stopped, second.stopped) == ("pages", "")
    assert 0 < first.unique < 40
    assert first.unique + second.unique == 40
    assert sorted(site.paths()) == sorted(["/", *paths])
