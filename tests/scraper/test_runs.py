"""Configured sources: which are due, what is reported."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from pipeline.crawls import CrawlReport, SourceSettings, Trial, is_due, run_name
from pipeline.schema import SchemaError, timestamp
from scraper import runs
from scraper.commands.due import answer_trials, run_due
from scraper.report import Report
from tests.fakes.memory import MemoryStore
from tests.scraper.conftest import World
from tests.scraper.pages import listing, posting
from tests.scraper.site import Site

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)


def source(**fields: Any) -> SourceSettings:
    return SourceSettings(**({"source": "clocks", "address": "https://example.org", "project": "job-posts"} | fields))


def report(hours_ago: float, ended: bool = True) -> CrawlReport:
    at = NOW - timedelta(hours=hours_ago)
    return CrawlReport("clocks", "job-posts", run_name(at), timestamp(at), timestamp(at) if ended else "")


@pytest.mark.parametrize(
    ("settings", "last", "due"),
    [
        (source(), None, True),
        (source(), report(23), False),
        (source(), report(24), True),
        (source(every_minutes=60), report(1), True),
        (source(enabled=False), None, False),
        (source(enabled=False), report(100), False),
        (source(every_minutes=60), report(2, ended=False), False),
        (source(every_minutes=60), report(8, ended=False), True),
        (source(requested_at=timestamp(NOW)), report(1), True),
        (source(requested_at=timestamp(NOW - timedelta(hours=2))), report(1), False),
        (source(enabled=False, requested_at=timestamp(NOW)), report(1), True),
        (source(requested_at=timestamp(NOW)), report(1, ended=False), False),
    ],
)
def test_what_is_due(settings: SourceSettings, last: CrawlReport | None, due: bool) -> None:
    assert is_due(settings, last, NOW) is due


def test_the_newest_report_counts_and_other_objects_do_not() -> None:
    store = MemoryStore()
    store.put("sources/clocks.json", orjson.dumps(source().to_json()))
    store.put("crawls/clocks/known/job-posts.json.gz", b"x")
    for hours in (200, 30):
        store.put(report(hours).key, orjson.dumps(report(hours).to_json()))
    assert [one.source for one in runs.due(store, NOW)] == ["clocks"]
    store.put(report(3).key, orjson.dumps(report(3).to_json()))
    assert not list(runs.due(store, NOW))


def test_a_source_that_cannot_be_read_does_not_keep_the_others() -> None:
    store = MemoryStore()
    store.put("sources/bad.json", b"{")
    store.put("sources/worse.json", b'{"schema": "source/9"}')
    store.put("sources/clocks.json", orjson.dumps(source().to_json()))
    assert [one.source for one in runs.due(store, NOW)] == ["clocks"]


def test_of_two_that_begin_a_source_at_once_one_does() -> None:
    store = MemoryStore()
    assert runs.begin(store, "clocks", "job-posts", NOW)
    assert runs.begin(store, "clocks", "job-posts", NOW + timedelta(seconds=5)) is None


def test_the_report_says_what_came_of_a_run() -> None:
    store = MemoryStore()
    begun = runs.begin(store, "clocks", "job-posts", NOW)
    assert begun
    done = Report("clocks", scraped=3, new=2)
    done.skipped["robots"] = 1
    runs.end(store, begun, done, NOW + timedelta(minutes=2))

    last = runs.last(store, "clocks", NOW + timedelta(hours=1))

    assert last
    assert (last.ended_at, last.counts["scraped"], last.counts["sent"]) == (timestamp(NOW + timedelta(minutes=2)), 3, 2)
    assert last.counts["skipped"] == {"robots": 1}


@pytest.mark.parametrize(
    "fields",
    [
        {"source": "a/b"},
        {"every_minutes": 0},
        {"every_minutes": "60"},
        {"enabled": 1},
        {"fields": {"a": 1}},
        {"schema": "source/2"},
        {"address": None},
    ],
)
def test_settings_that_cannot_be_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(SchemaError):
        SourceSettings.from_json(source().to_json() | fields)


def test_settings_and_reports_keep_what_they_do_not_know() -> None:
    for one in (source(fields={"a": "b"}), report(1)):
        value = one.to_json() | {"later": [1]}
        assert type(one).from_json(value).to_json() == value


def test_due_sources_are_crawled_and_reported(site: Site, world: World) -> None:
    site.pages |= {"/": listing("/jobs/1"), "/jobs/1": posting(1)}
    for settings in (
        source(source="one", address=site.url),
        source(source="two", address="nonsense"),
        source(source="three", address=f"{site.url}/gone"),
        source(source="off", address=site.url, enabled=False),
        source(source="four", address=site.url, project="others"),
    ):
        world.store.put(settings.key, orjson.dumps(settings.to_json()))

    done = world.reactor.call(run_due(world.adapters(), world.store, allow_loopback=True)).result(60)

    assert [(one.source, one.sent, bool(one.failure)) for one in done] == [
        ("four", 1, False),
        ("one", 1, False),
        ("three", 0, True),
        ("two", 0, True),
    ]
    now = datetime.now(UTC)
    kept = {name: runs.last(world.store, name, now) for name in ("one", "two", "three", "off")}
    assert kept["one"]
    assert kept["one"].counts["scraped"] == 1
    assert kept["two"]
    assert "allowed: an address with http" in kept["two"].failure
    assert kept["off"] is None
    assert {post.project for post in world.sent()} == {"job-posts", "others"}
    assert world.reactor.call(run_due(world.adapters(), world.store, allow_loopback=True)).result(60) == []


def tried(world: World, address: str) -> Trial:
    trial = Trial("ab12", address, "job-posts", timestamp(datetime.now(UTC)))
    world.store.put(trial.key, orjson.dumps(trial.to_json()))
    assert [one.trial for one in runs.trials(world.store, datetime.now(UTC))] == ["ab12"]
    world.reactor.call(answer_trials(world.adapters(), world.store, allow_loopback=True)).result(60)
    assert not list(runs.trials(world.store, datetime.now(UTC)))
    return Trial.from_json(orjson.loads(world.store.get(trial.key).body))


def test_an_address_that_is_tried_is_answered_and_nothing_is_sent(site: Site, world: World) -> None:
    site.pages = {"/": listing(*(f"/jobs/{number}" for number in range(5)))}
    site.pages |= {f"/jobs/{number}": posting(number) for number in range(5)}

    found = tried(world, site.url)

    assert found.message.startswith("found 5 postings; first 3: “")
    assert found.suggested == site.url
    assert not world.sent()
    assert not list(world.store.list("crawls/"))


def test_a_trial_that_finds_nothing_says_why(site: Site, world: World) -> None:
    site.pages = {"/": "<p>We mend clocks.</p>"}
    assert "try page:" in tried(world, site.url).message
    assert "allowed: https://TENANT" in tried(world, "workday:https://example.org").message
    assert tried(world, "https://example.org").message.startswith("LABELMILL_CONTACT is not set")


def test_the_contact_of_the_page_is_used_and_that_of_the_environment_known_to_the_page() -> None:
    store = MemoryStore()
    assert runs.read_contact(store, {})["LABELMILL_CONTACT"] == ""
    assert runs.read_contact(store, {"LABELMILL_CONTACT": "a@example.org"})["LABELMILL_CONTACT"] == "a@example.org"
    assert runs.read_contact(store, {"X": "1"}) == {"X": "1", "LABELMILL_CONTACT": "a@example.org"}


def test_a_source_that_is_being_crawled_is_left_to_that_crawl(
    site: Site, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    settings = source(address=site.url)
    world.store.put(settings.key, orjson.dumps(settings.to_json()))
    with runs.alone("clocks", runs.name_stack(world.env)):
        assert not world.reactor.call(run_due(world.adapters(), world.store, allow_loopback=True)).result(60)
    assert "clocks is being crawled already" in caplog.text
    assert not list(world.store.list("crawls/"))
