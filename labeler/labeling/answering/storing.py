"""Puts answers and other records into S3, each once: `If-None-Match`, compared by SHA-256 where the key is taken."""

import hashlib
import json
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from typing import Any, Protocol

from django.utils import timezone

from labeler.labeling.models import Annotation
from labeler.services import cloud
from labeler.sql import Statement
from pipeline.ports import ObjectExists, ObjectMissing, ObjectStore, StoreUnavailable
from pipeline.schema import Json

log = logging.getLogger(__name__)


class Record(Protocol):
    """An object that never changes once it is stored."""

    @property
    def key(self) -> str: ...

    def to_json(self) -> Json: ...


class Kept(Protocol):
    """A row of the database that is the index of such an object; a model names in `RELATED` what its object takes."""

    pk: int
    stored_at: datetime | None

    def record(self) -> Record: ...

    def renumber(self, known: int) -> None:
        """Takes the number after all that the database and the bucket (`known`) have."""


def body(row: Kept) -> bytes:
    """The object of a row: the same bytes at every call."""
    return packed(row.record())


def packed(record: Record) -> bytes:
    """What is stored of a record."""
    return json.dumps(record.to_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def store(row: Kept) -> bool:
    """True once the row's object is in S3; False while S3 is away: the sweep tries again."""
    labels = cloud().labels
    try:
        while not put(labels, row):
            row.renumber(highest(labels, row))
    except StoreUnavailable as error:
        log.warning("%s is saved and waits for S3: %s", row, error)
        return False
    row.stored_at = timezone.now()
    _stored(type(row)).change(row.stored_at, row.pk)
    return True


@cache
def _stored(model: Any) -> Statement:
    return Statement(f"UPDATE {model._meta.db_table} SET stored_at = %s WHERE id = %s")  # noqa: S608


def store_all(rows: Sequence[Annotation], threads: int = 8) -> int:
    """As `store` for many rows of the caller's making, several at a time; returns how many are in S3 now."""
    labels = cloud().labels

    def tried(row: Annotation) -> bool:
        try:
            return put(labels, row)
        except StoreUnavailable as error:
            log.warning("annotation %s is saved and waits for S3: %s", row.pk, error)
            return False

    with ThreadPoolExecutor(threads) as pool:
        there = [row.pk for row, done in zip(rows, pool.map(tried, rows), strict=True) if done]
    Annotation.objects.filter(pk__in=there).update(stored_at=timezone.now())
    return len(there)


def sweep(model: Any = Annotation, most: int = 1000) -> tuple[int, int]:
    """Stores what waits, oldest first; returns how many were stored and how many tried ones still wait."""
    stored = 0
    waiting = model.objects.filter(stored_at__isnull=True).select_related(*model.RELATED).order_by("id")[:most]
    for row in waiting:
        if not store(row):
            return stored, len(waiting) - stored
        stored += 1
    return stored, 0


def put(labels: ObjectStore, row: Kept) -> bool:
    """False when another body has the key: the row wants the next number."""
    record = row.record()
    key, made = record.key, packed(record)
    try:
        labels.put_new(key, made)
    except ObjectExists:
        try:
            there = labels.get(key).body
        except ObjectMissing:  # deleted between the two calls
            return put(labels, row)
        return hashlib.sha256(there).digest() == hashlib.sha256(made).digest()
    return True


def highest(labels: ObjectStore, row: Kept) -> int:
    """The highest number that the bucket knows where the row's object belongs; 0 when it knows none."""
    prefix = row.record().key.rpartition("/")[0] + "/"
    return max((int(one.key.removeprefix(prefix).removesuffix(".json")) for one in labels.list(prefix)), default=0)
