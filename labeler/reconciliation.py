"""Rows compared with the objects that they became, whatever their number: the listing lies in a temporary file."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator

from pipeline.ports import ObjectStore

Progress = Callable[[int], object]  # told how many were dealt with

CHUNK = 500  # rows in memory at a time

Row = tuple[str, bytes, bool]  # key, body, whether it is marked as stored


def differences(store: ObjectStore, prefix: str, rows: Iterable[Row], progress: Progress) -> Iterator[str]:
    """One line each."""
    stored = sqlite3.connect("")
    try:
        stored.execute("create table keys (key text primary key, etag) without rowid")
        listed = ((one.key, one.etag.strip('"')) for one in store.list(prefix))
        stored.executemany("insert into keys values (?, ?)", listed)
        for row in rows:
            yield from _compared(store, stored, row)
            progress(1)
        for (key,) in stored.execute("select key from keys order by key"):
            yield f"{key}: in S3 only"
    finally:
        stored.close()


def _compared(store: ObjectStore, stored: sqlite3.Connection, row: Row) -> Iterator[str]:
    key, body, marked = row
    found = stored.execute("select etag from keys where key = ?", (key,)).fetchone()
    stored.execute("delete from keys where key = ?", (key,))
    if found is None:
        yield f"{key}: in the database only" + ("" if marked else ", waiting to be stored")
        return
    same = found[0] == hashlib.md5(body, usedforsecurity=False).hexdigest()
    # Where S3 encrypts with a key of ours, an ETag is no MD5.
    if not same and store.get(key).body != body:
        yield f"{key}: the object is not what the row says"
    elif not marked:
        yield f"{key}: in S3, and not marked as stored"
