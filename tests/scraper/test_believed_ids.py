"""Ids that do not tell postings apart, teasers, crawls that were killed, and lists without an end."""

from pathlib import Path

from scraper.crawl_settings import Limits
from scraper.journal import FILE
from tests.scraper.conftest import World
from tests.scraper.pages import WORDS, job, ld, listing, page, posting
from tests.scraper.site import Answer, Site

SHARED = {"@type": "PropertyValue", "name": "Harbour Clocks", "value": "HARBOUR-GROUP"}


def test_an_id_of_several_postings_stays_with_the_first_and_is_named(site: Site, world: World) -> None:
    site.pages["/"] = listing(*(f"/jobs/{number}" for number in range(4)))
    site.pages |= {f"/jobs/{number}": posting(number, identifier=SHARED) for number in range(4)}

    reports = [world.crawl(site.url) for _ in range(3)]

    assert [(one.unique, one.new, one.changed) for one in reports] == [(4, 4, 0), (4, 0, 0), (4, 0, 0)]
    assert (reports[0].noted["shared-id"], dict(reports[0].shared_ids)) == (3, {"HARBOUR-GROUP": 3})
    ids = {post.external_id for post in world.sent()}
    assert len(ids - {"HARBOUR-GROUP"}) == 3
    assert {name.rsplit("/", 1)[0] for name in ids - {"HARBOUR-GROUP"}} == {"127.0.0.1/jobs"}


def test_the_first_address_keeps_an_id_that_another_one_brings_later(site: Site, world: World) -> None:
    site.pages |= {"/": listing("/jobs/1"), "/jobs/1": posting(1, identifier=SHARED)}
    world.crawl(site.url)
    [first] = world.sent()
    site.pages |= {"/": listing("/jobs/2", "/jobs/1"), "/jobs/2": posting(2, identifier=SHARED)}

    report = world.crawl(site.url)

    assert (report.new, report.changed, report.unchanged) == (1, 0, 1)
    [second] = world.sent()
    assert (first.external_id, second.external_id) == ("HARBOUR-GROUP", "127.0.0.1/jobs/2")


def test_a_posting_that_moved_under_a_new_title_keeps_its_id(site: Site, world: World) -> None:
    site.pages |= {"/": listing("/jobs/clockmaker"), "/jobs/clockmaker": posting(1)}
    world.crawl(site.url)
    moved = posting(1, title="Senior clockmaker", description="<p>Mend the largest of our clocks, in towers.</p>")
    site.pages |= {"/": listing("/jobs/senior"), "/jobs/senior": moved}

    report = world.crawl(site.url)

    assert (report.new, report.changed) == (0, 1)
    assert len({post.post_id for post in world.sent()}) == 1


def test_teasers_of_other_postings_change_nothing(site: Site, world: World) -> None:
    def with_teasers(number: int) -> str:
        teasers = [
            job(
                title=f"Clockmaker {other}",
                identifier=f"HC-2026-{other:04}",
                url=f"{site.url}/jobs/{other}",
                description="We are looking for a careful person …",
            )
            for other in range(4)
            if other != number
        ]
        own = job(title=f"Clockmaker {number}", identifier=f"HC-2026-{number:04}", url=f"{site.url}/jobs/{number}")
        return page("", ld([*teasers, own]))

    site.pages |= {"/": listing("/jobs/0"), **{f"/jobs/{number}": with_teasers(number) for number in range(4)}}

    reports = [world.crawl(site.url) for _ in range(3)]

    assert [(one.new, one.changed) for one in reports] == [(4, 0), (0, 0), (0, 0)]
    assert {post.text for post in world.sent()} == {WORDS}


def test_a_teaser_counts_where_its_own_page_gives_no_posting(site: Site, world: World) -> None:
    teasers = [job(title=f"Job {n}", identifier=None, url=f"{site.url}/jobs/{n}") for n in (1, 2)]
    site.pages |= {"/": page("", ld(teasers)), "/jobs/1": page("<p>Apply here</p>")}

    world.crawl(site.url)

    assert [post.external_id for post in world.sent()] == ["127.0.0.1/jobs/1"]  # /jobs/2 is gone: 404


def test_a_start_that_moved_within_its_site_is_crawled_there(site: Site, world: World) -> None:
    moved = Site()
    try:
        moved.pages |= {"/jobs": listing("/jobs/1"), "/jobs/1": posting(1)}
        site.pages["/"] = Answer(status=301, headers={"Location": f"{moved.url}/jobs"})
        assert world.crawl(site.url).unique == 1
    finally:
        moved.close()


def test_endless_next_pages_stop(site: Site, world: World) -> None:
    for number in range(60):
        site.pages[f"/list?page={number}"] = listing("/jobs/1", more=f'<a href="/list?page={number + 1}">next</a>')
    site.pages["/jobs/1"] = posting(1)

    report = world.crawl(f"{site.url}/list?page=0")

    assert (report.unique, report.skipped["endless-list"]) == (1, 1)
    assert 20 <= report.requests <= 26


def test_a_killed_crawl_asks_again_for_what_was_not_sent(site: Site, world: World, tmp_path: Path) -> None:
    paths = [f"/jobs/{number}" for number in range(30)]
    site.pages |= {"/": listing(*paths), **{path: posting(number) for number, path in enumerate(paths)}}
    world.crawl(site.url, jobdir=str(tmp_path))
    written = (tmp_path / FILE).read_bytes().splitlines(keepends=True)
    # As it stands when the process dies in the middle of a line, ten pages after the first were sent.
    done = [number for number, line in enumerate(written) if line.startswith(b'{"done"')]
    (tmp_path / FILE).write_bytes(b"".join(written[: done[10]]) + b'{"done":"htt')
    site.asked.clear()

    report = world.crawl(site.url, jobdir=str(tmp_path))

    assert (report.failure, report.unique, report.unchanged) == ("", 21, 21)
    assert len(set(site.paths()) & set(paths)) == 21

    again = world.crawl(site.url, Limits(), jobdir=str(tmp_path))
    assert (again.stopped, again.failure, again.requests) == ("finished", "", 0)
