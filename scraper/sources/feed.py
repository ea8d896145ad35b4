"""Feeds: RSS, Atom and JSON Feed as they are; any other XML or JSON with a map of fields.

    feed:https://example.org/jobs.xml --field item=offer --field external_id=reference
        --field title=job/title --field "description=job/text | job/profile"
    feed:https://example.org/jobs.json --field item=jobs --field detail=links.self
        --field external_id=id --field title=title --field description=sections[].text

Paths are XPath in XML and JMESPath in JSON (field_paths.py). `item` names the records. `detail`: where the address
of a record's own answer stands; all other fields are read from that, or its JobPosting data where it is a page. Ids:
what the map says; `guid`, Atom's `id` and JSON Feed's `id` by themselves; else the record's address.
"""

import codecs
import re
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin

import orjson
from lxml import etree

from pipeline.web.page import Page
from scraper import field_paths, links, xml
from scraper.postings import Link, Posting, Reading, Skip, SourceConfig
from scraper.sources.jobposting import read_detail

_RSS = {
    "item": "item",
    "external_id": "guid",
    "title": "title",
    "description": "encoded",  # content:encoded, the whole text where description is its beginning
    "url": "link",
    "company": "author",
    "date_posted": "pubDate",
}
_ATOM = {
    "item": "entry",
    "external_id": "id",
    "title": "title",
    "description": "content",
    "url": "link@href",
    "company": "author.name",
    "date_posted": "published",
}
_JSON_FEED = {
    "item": "items",
    "external_id": "id",
    "title": "title",
    "description": "content_html",
    "url": "url",
    "date_posted": "date_published",
}
_SHORTER = {
    "encoded": "description",
    "content": "summary",
    "content_html": "content_text",
    "published": "updated",
    "pubDate": "date",
}


DETAIL = "detail"
_NO_NUMBER = re.compile(r"(?!)")


class Feed:
    def start(self, config: SourceConfig) -> list[str]:
        config.check_fields(*field_paths.FIELDS, field_paths.ITEM, DETAIL)
        field_paths.check(config.fields)
        return [config.web_address()]

    def read(self, page: Page, config: SourceConfig) -> Reading:
        reading = Reading()
        if DETAIL in config.fields and _is_html(page):
            return read_detail(page, config, _NO_NUMBER)
        try:
            found, paths = self._records(page, config, reading)
        except xml.XmlRefused as error:
            reading.skips.append(Skip(error.reason, str(error)))
            return reading
        if DETAIL in config.fields:
            for record in found:
                at = field_paths.read_text(record, config.fields[DETAIL]).strip()
                if url := at and links.absolute(page.url, at):
                    reading.links.append(Link(url))
            if reading.links:
                missing = len(found) - len(reading.links)
                reading.skips += [Skip("bad-record", f"nothing at {config.fields[DETAIL]!r}")] * missing
                return reading
            found = [_whole(page)]  # what such an address leads to
        for record in found:
            posting = field_paths.read_posting(record, _fitting(record, paths, config))
            if isinstance(posting, Posting) and "url" not in config.fields:
                posting = replace(posting, url=_address(record) or posting.url)
            reading.add(posting)
        return reading

    def _records(self, page: Page, config: SourceConfig, reading: Reading) -> tuple[list[Any], dict[str, str]]:
        body = page.body.removeprefix(codecs.BOM_UTF8)
        if body.lstrip()[:1] in (b"{", b"["):
            try:
                value = orjson.loads(body)
            except orjson.JSONDecodeError as error:
                raise xml.XmlRefused("broken-json", str(error)) from error
            paths = _JSON_FEED if isinstance(value, dict) and "jsonfeed" in str(value.get("version", "")) else {}
            paths = {**paths, **config.fields}
            return list(field_paths.find_in_json(value, paths.get("item", ""))), paths
        document = xml.parse(page.body)
        paths = {**(_ATOM if xml.local(document.root) == "feed" else _RSS), **config.fields}
        found: list[Any] = list(field_paths.find_in_xml(document.root, paths["item"]))
        if document.mended:
            reading.notes.append("repaired")
            # Where the document broke off, a record may have lost its end.
            if found:
                found.pop()
                reading.skips.append(Skip("broken-xml", "the last record"))
        return found, paths


def _whole(page: Page) -> Any:
    """The one record that an answer is."""
    body = page.body.removeprefix(codecs.BOM_UTF8)
    return orjson.loads(body) if body.lstrip()[:1] in (b"{", b"[") else xml.parse(page.body).root


def _is_html(page: Page) -> bool:
    return "html" in page.content_type or b"<html" in page.body[:2_000].lower()


def _fitting(record: Any, paths: dict[str, str], config: SourceConfig) -> dict[str, str]:
    """The paths for one record: the shorter text where the feed has no longer one."""
    fitting = dict(paths)
    for name, path in paths.items():
        if name not in config.fields and path in _SHORTER and not field_paths.read_text(record, path):
            fitting[name] = _SHORTER[path]
    return fitting


def _address(record: Any) -> str:
    """The address of an Atom entry, which is its alternate link, or of an RSS item whose guid is one; else empty."""
    if not isinstance(record, etree._Element):
        return ""
    kinds = {xml.local(child): child for child in record}
    for child in record:
        # A link that names no relation is the alternate one (RFC 4287, 4.2.7.2).
        if xml.local(child) == "link" and child.get("href") and child.get("rel", "alternate") == "alternate":
            return urljoin(child.base or "", child.get("href", "").strip())
    guid = kinds.get("guid")
    if "link" not in kinds and guid is not None and guid.get("isPermaLink", "true") == "true":
        address = (guid.text or "").strip()
        return address if address.startswith(("http://", "https://")) else ""
    return ""


SOURCE = Feed()
