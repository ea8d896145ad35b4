"""Puts answers, events and other records into S3, each once: `If-None-Match`, SHA-256 where the key is taken."""

import hashlib
import json
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Protocol

from django.utils import timezone

from labeler.services import cloud
from labeler.sql import Statement
from pipeline.ports import ObjectExists, ObjectMissing, ObjectStore, StoreUnavailable
from pipeline.schema import Json

log = logging.getLogger(__name__)

AT_ONCE = 8
BATCH = 200  # then it is looked at whether S3 is there


class Record(Protocol):
    """An object that never changes once it is stored."""

    @property
    def key(self) -> str: ...

    def to_json(self) -> Json: ...


class StoredRow(Protocol):
    """A row of the database that is the index of such an object; a model names in `RELATED` what its object takes."""

    RELATED: ClassVar[tuple[str, ...]]
    _default_manager: Any
    pk: int
    stored_at: datetime | None

    def record(self) -> Record: ...

    def renumber(self, known: int) -> None:
        """Takes the number after all that the database and the bucket (`known`) have."""


def body(row: StoredRow) -> bytes:
    """The object of a row: the same bytes at every call."""
    return packed(row.record())


def packed(record: Record) -> bytes:
    """What is stored of a record."""
    return json.dumps(record.to_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def store(row: StoredRow) -> bool:
    """True once the row's object is in S3; False while S3 is away: the sweep tries again."""
    labels = cloud().labels
    try:
        while not _put(labels, (record := row.record()).key, packed(record)):
            row.renumber(_highest(labels, record.key))
    except StoreUnavailable as error:
        log.warning("%s is saved and waits for S3: %s", row, error)
        return False
    row.stored_at = timezone.now()
    _stored(type(row)).change(row.stored_at, row.pk)
    return True


@cache
def _stored(model: Any) -> Statement:
    return Statement(f"UPDATE {model._meta.db_table} SET stored_at = %s WHERE id = %s")  # noqa: S608


def store_all(rows: Sequence[StoredRow]) -> int:
    """As `store` for many rows of one model, several at a time; returns how many are in S3 now."""
    labels = cloud().labels
    # Made here: what an object is made of may have to be read from this thread's database connection.
    made = [(record.key, packed(record)) for record in (row.record() for row in rows)]

    def tried(named: tuple[str, bytes]) -> bool | None:
        """None while S3 is away."""
        try:
            return _put(labels, *named)
        except StoreUnavailable as error:
            log.warning("%s is saved and waits for S3: %s", named[0], error)
            return None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(tried, made))
    stored = [row.pk for row, outcome in zip(rows, outcomes, strict=True) if outcome]
    if stored:
        type(rows[0])._default_manager.filter(pk__in=stored).update(stored_at=timezone.now())
    taken = [row for row, outcome in zip(rows, outcomes, strict=True) if outcome is False]
    return len(stored) + sum(map(store, taken))


def sweep(model: type[StoredRow], most: int = 1000) -> tuple[int, int]:
    """Stores what waits, oldest first; returns how many were stored and how many tried ones still wait."""
    waiting = model._default_manager.filter(stored_at__isnull=True).select_related(*model.RELATED).order_by("pk")
    stored, rows = 0, list(waiting[:most])
    for at in range(0, len(rows), BATCH):
        batch = rows[at : at + BATCH]
        done = store_all(batch)
        stored += done
        if done < len(batch):
            break
    return stored, len(rows) - stored


def _put(labels: ObjectStore, key: str, made: bytes) -> bool:
    """False when another body has the key: the row wants the next number."""
    try:
        labels.put_new(key, made)
    except ObjectExists:
        try:
            there = labels.get(key).body
        except ObjectMissing:  # deleted between the two calls
            return _put(labels, key, made)
        return hashlib.sha256(there).digest() == hashlib.sha256(made).digest()
    return True


def _highest(labels: ObjectStore, key: str) -> int:
    """The highest number that the bucket knows where an object of this key belongs; 0 when it knows none."""
    prefix = key.rpartition("/")[0] + "/"
    return max((int(one.key.removeprefix(prefix).removesuffix(".json")) for one in labels.list(prefix)), default=0)
