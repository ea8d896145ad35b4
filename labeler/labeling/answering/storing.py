"""Puts answers and other records into S3, each once: `If-None-Match`, compared by SHA-256 where the key is taken."""

import hashlib
import json
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from labeler.cloud import cloud
from labeler.labeling.models import Annotation
from labeler.statements import Statement
from pipeline.ports import ObjectExists, ObjectMissing, ObjectStore, StoreUnavailable
from pipeline.schema import Json

log = logging.getLogger(__name__)
_STORED = Statement("UPDATE labeling_annotation SET stored_at = %s WHERE id = %s")
RELATED = ("project", "task__post", "labeler")  # what an annotation's body is made of


class Record(Protocol):
    """An object that never changes once it is stored."""

    @property
    def key(self) -> str: ...

    def to_json(self) -> Json: ...


class Kept(Protocol):
    """A row of the database that is the index of such an object."""

    def record(self) -> Record: ...


def body(row: Kept) -> bytes:
    """The object of a row: the same bytes at every call."""
    return packed(row.record())


def packed(record: Record) -> bytes:
    """What is stored of a record."""
    return json.dumps(record.to_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def store(row: Annotation) -> bool:
    """True once the row's object is in S3; False while S3 is away: the sweep tries again."""
    try:
        while not put(cloud().labels, row):
            _take_next_number(cloud().labels, row)
    except StoreUnavailable as error:
        log.warning("annotation %s is saved and waits for S3: %s", row.pk, error)
        return False
    row.stored_at = timezone.now()
    _STORED.change(row.stored_at, row.pk)
    return True


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


def sweep(most: int = 1000) -> tuple[int, int]:
    """Stores what waits, oldest first; returns how many were stored and how many tried ones still wait."""
    stored = 0
    waiting = Annotation.objects.filter(stored_at__isnull=True).select_related(*RELATED).order_by("id")[:most]
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


def _take_next_number(labels: ObjectStore, row: Annotation) -> None:
    """Gives the row the number after all that the database and the bucket know under its prefix."""
    known = highest(labels, row)
    with transaction.atomic():
        now = Annotation.objects.select_for_update().get(pk=row.pk)
        if now.n == row.n:  # else another sweep was here first
            rows = Annotation.objects.filter(task=row.task_id, labeler=row.labeler_id)
            now.n = max(known, rows.aggregate(most=Max("n"))["most"]) + 1
            now.save(update_fields=["n"])
        row.n = now.n
