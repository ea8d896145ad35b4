"""Files and messages that strangers hand in, made to do more than be read."""

import contextlib
import gzip
import io
import json
import os
import pickle
from pathlib import Path

import pytest

from pipeline import messages
from pipeline.annotator.inputs import rows
from pipeline.annotator.plugin import BadInput, Limits
from pipeline.formats import catalog, table
from pipeline.formats.options import Reading, Writing
from pipeline.formats.record import Record
from pipeline.jobs.submissions import shown_name
from pipeline.schema import SchemaError
from scraper import xml
from tests.fakes.memory import MemoryStore

ENTITIES = {
    "file": b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><rss>&e;</rss>',
    "address": b'<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:1/">]><rss>&e;</rss>',
    "laughs": b"<!DOCTYPE x [<!ENTITY a 'ha'>" + b"".join(
        b"<!ENTITY %c '&%c;&%c;'>" % (n + 1, n, n) for n in range(97, 120)) + b"]><rss>&x;</rss>",
    "parameter": b'<!DOCTYPE x [<!ENTITY % e SYSTEM "file:///etc/passwd"> %e;]><rss/>',
    "UTF-16": '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY e "ha">]><rss>&e;</rss>'.encode("utf-16"),
}  # fmt: skip


@pytest.mark.parametrize("name", ENTITIES)
def test_cwe_611_and_cwe_776_entities_of_a_feed_are_refused(name: str) -> None:
    with pytest.raises(xml.XmlRefused, match="xml-entities"):
        xml.parse(ENTITIES[name])


class Runs:
    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self._path),)


@pytest.mark.parametrize("name", catalog.READ)
def test_cwe_502_no_file_is_unpickled(tmp_path: Path, name: str) -> None:
    path = tmp_path / "ran"
    pickled = pickle.dumps(Runs(path))
    pickle.loads(pickled)
    assert path.exists()  # so it does where somebody unpickles it
    path.rmdir()
    with contextlib.suppress(Exception):  # of each format its own
        for _ in catalog.named(name).reader()(io.BytesIO(pickled), Reading()):
            pass
    assert not path.exists()


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"])
def test_cwe_1236_no_cell_of_an_export_is_a_formula(cell: str) -> None:
    out = io.BytesIO()
    table.write([Record(cell, id=cell)], out, Writing((), {}))
    for line in out.getvalue().decode().split("\r\n")[1:2]:
        assert line.startswith("\"'"), line


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.txt", "..\\..\\x.txt", "/etc/x.txt", "a\r\nX: y.txt", "a\0.txt", "\u202etxt.exe.txt"]
)
def test_cwe_73_the_name_of_a_file_is_only_shown(name: str) -> None:
    shown = shown_name(name)
    assert not set(shown) & set("/\\\r\n\0\u202e")


@pytest.mark.parametrize("key", ["labels/x", "handoff/../labels/x", "/handoff/x", "raw/x", "", "handoff"])
def test_cwe_345_a_message_names_no_object_but_those_handed_over(key: str) -> None:
    store = MemoryStore()
    store.put(key or "x", json.dumps({"schema": "post-scraped/1"}).encode())
    with pytest.raises(SchemaError, match="allowed: a key below handoff/"):
        messages.value(store, json.dumps({"schema": "handoff/1", "key": key}))


def test_cwe_409_what_is_packed_is_unpacked_no_further_than_the_limit(tmp_path: Path) -> None:
    given = tmp_path / "given.txt.gz"
    with gzip.open(given, "wb") as file:
        for _ in range(60):
            file.write(b"\0" * 10_000_000)
    with pytest.raises(BadInput):
        for _ in rows(given, Limits()):
            pass
