"""Feeds."""

from pathlib import Path

import pytest

from scraper import sources
from tests.scraper.sources.saved import config, read, reasons, text


def test_rss() -> None:
    reading = read("feed", "rss.xml")

    first, second = reading.postings
    assert (first.external_id, first.title, first.date_posted) == ("hc-1", "Clockmaker", "2026-03-01")
    assert text(reading) == "Mend clocks & watches.\n\nSteady hands."
    assert (second.external_id, second.url, text(reading, 1)) == ("", "https://example.org/jobs/2", "Grind corn.")
    assert reasons(reading) == ["no-description"]


def test_atom() -> None:
    reading = read("feed", "atom.xml")

    [one] = reading.postings
    assert one.external_id == "urn:uuid:60a76c80-d399-11d9-b91c-0003939e0af6"
    assert (one.url, one.company, one.date_posted) == ("https://example.org/jobs/1", "Harbour Clocks", "2026-03-01")
    assert text(reading) == "Mend clocks."


def test_any_xml_by_a_map(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text(
        "<jobs xmlns='urn:x'><job nr='7'><d><t>Cook</t>"
        "<a>&lt;p&gt;Soup&lt;/p&gt;</a><b>1 &lt; 2\nlines</b></d></job></jobs>"
    )
    fields = {"item": "job", "external_id": "@nr", "title": "d.t", "description": "d.a+d.b+d.none"}

    reading = read("feed", tmp_path / "x.xml", fields)

    assert (reading.postings[0].external_id, reading.postings[0].title) == ("7", "Cook")
    assert text(reading) == "Soup\n\n1 < 2\nlines"


def test_any_json_by_a_map(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"a": [{"jobs": [{"nr": 7, "t": ["Cook", "Chef"], "text": "Soup."}, 5, {}]}]}')
    fields = {"item": "a.0.jobs", "external_id": "nr", "title": "t", "description": "text"}

    reading = read("feed", tmp_path / "x.json", fields)

    assert [(one.external_id, one.title) for one in reading.postings] == [("7", "Cook, Chef")]
    assert reasons(reading) == ["bad-record", "no-description"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("laughs.xml", "xml-entities"), ("outside.xml", "xml-entities")],
)
def test_entities_of_a_feed_s_own_are_refused(name: str, reason: str) -> None:
    reading = read("feed", name)
    assert (reading.postings, reasons(reading)) == ([], [reason])


def test_a_feed_that_breaks_off_loses_its_last_record_only() -> None:
    reading = read("feed", "broken.xml")

    assert [one.title for one in reading.postings] == ["Clockmaker"]
    assert (reasons(reading), reading.notes) == (["broken-xml"], ["repaired"])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "empty-page"),
        ("no feed", "not-xml"),
        ('{"items": [', "broken-json"),
        ("<r>" + "<a>" * 5_000 + "</a>" * 5_000 + "</r>", "xml-too-deep"),
    ],
)
def test_what_is_no_feed(body: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text(body)
    assert reasons(read("feed", tmp_path / "x.xml")) == [reason]


def test_a_field_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match="given 'titel', allowed: external_id"):
        sources.load("feed").start(config("feed", {"titel": "x"}))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("feed", b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "7", "content_text": "Soup."}]}'),
        ("greenhouse", b'{"jobs": [{"id": 7, "content": "Soup."}]}'),
        ("jsonl", b'{"id": 7, "text": "Soup."}'),
    ],
)
def test_a_byte_order_mark_before_json_is_no_part_of_it(kind: str, body: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b"\xef\xbb\xbf" + body)
    assert [one.external_id for one in read(kind, tmp_path / "x.json").postings] == ["7"]


XML = """<x:jobs xmlns:x="urn:x" xmlns="urn:y"><job nr="7"><head><title>Cook</title><x:title>No</x:title></head>
<part kind="task"><p>Soup.</p></part><part kind="we"><p>We bake.</p></part><part kind="task"><p>Bread.</p></part>
<x:place>Bern</x:place></job></x:jobs>"""
JSON = """{"data": {"jobs": [{"id": 7, "name": "Cook", "Job place": "Bern", "links": [{"rel": "x", "href": "no"},
{"rel": "self", "href": "/jobs/7"}], "sections": [{"text": "<p>Soup.</p>"}, {"head": "x"}, {"text": "Bread."}]}]}}"""


@pytest.mark.parametrize(
    ("name", "body", "fields"),
    [
        (
            "x.xml",
            XML,
            {
                "item": "//job",
                "external_id": "@nr",
                "title": "head/title",
                "description": "part[@kind='task']",
                "location": "x:place",
                "url": "concat('https://example.org/jobs/', @nr)",
            },
        ),
        (
            "x.xml",
            XML.replace(' kind="we"><p>We bake.</p>', ">"),
            {
                "item": "job",
                "external_id": "@nr",
                "title": "head.title",
                "description": "part",
                "location": "place",
                "url": "string('https://example.org/jobs/7')",
            },
        ),
        (
            "x.json",
            JSON,
            {
                "item": "data.jobs",
                "external_id": "id",
                "title": "name",
                "description": "sections[].text",
                "location": "Job place",
                "url": "links[?rel=='self'].href | [0]",
            },
        ),
        (
            "x.json",
            JSON,
            {
                "item": "data.jobs[?id > `1`]",
                "external_id": "id",
                "title": "name",
                "description": "sections.0.text+sections.2.text",
                "location": "Job place",
                "url": "links.1.href",
            },
        ),
    ],
)
def test_paths_of_libraries_and_of_older_settings(name: str, body: str, fields: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / name).write_text(body)
    sources.load("feed").start(config("feed", fields))

    reading = read("feed", tmp_path / name, fields)

    [one] = reading.postings
    assert (one.external_id, one.title, one.location) == ("7", "Cook", "Bern")
    assert one.url.endswith("/jobs/7")
    assert text(reading) == "Soup.\n\nBread."


@pytest.mark.parametrize("path", ["a[", "a/b[", "//", "a b("])
def test_a_path_that_is_none_is_told(path: str) -> None:
    with pytest.raises(ValueError, match=r"--field title: given .*, allowed: JMESPath for JSON, XPath for XML"):
        sources.load("feed").start(config("feed", {"title": path}))


def test_the_texts_of_a_feed_that_has_none_are_fetched(tmp_path: Path) -> None:
    fields = {
        "item": "jobs",
        "detail": "links.self",
        "external_id": "id",
        "title": "name",
        "description": "parts[].text",
    }
    (tmp_path / "list.json").write_text('{"jobs": [{"links": {"self": "/api/7"}}, {"links": null}]}')
    (tmp_path / "one.json").write_text('{"id": 7, "name": "Cook", "parts": [{"text": "Soup."}, {"text": "Bread."}]}')
    (tmp_path / "one.html").write_text(
        '<html><script type="application/ld+json">'
        '{"@type": "JobPosting", "title": "Cook", "description": "Soup."}</script>'
    )

    listed = read("feed", tmp_path / "list.json", fields)
    assert [link.url for link in listed.links] == ["https://example.org/api/7"]
    assert (listed.postings, reasons(listed)) == ([], ["bad-record"])

    reading = read("feed", tmp_path / "one.json", fields, "https://example.org/api/7")
    assert [(one.external_id, one.title) for one in reading.postings] == [("7", "Cook")]
    assert text(reading) == "Soup.\n\nBread."
    assert text(read("feed", tmp_path / "one.html", fields, "https://example.org/api/7")) == "Soup."
