"""Builds a release: plan, files, manifest. Goes on after a crash where it was; the manifest publishes it.

Constant memory: a few thousand posts at a time become one file of each format.
"""

import hashlib
import logging
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC
from itertools import groupby, islice
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast

import orjson
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from labeler import record_store
from labeler.adjudication.models import Gold
from labeler.datasets.models import Release
from labeler.datasets.releases import card, plan, records, selection, verification
from labeler.datasets.releases.options import Options
from labeler.datasets.releases.plan import Planned
from labeler.labeling import layers
from labeler.labeling.models import Annotation, Project
from labeler.services import cloud
from pipeline.errors import InvalidInput
from pipeline.formats import tags, writing
from pipeline.formats.catalog import FORMATS
from pipeline.formats.record import Record
from pipeline.ports import ObjectExists, ObjectMissing, ObjectStore
from pipeline.schema import Json, timestamp

log = logging.getLogger(__name__)

SCHEMA = "release/1"
SHARD = 2000  # posts in one file
PAGE = 300
TELL = 1000

Progress = Callable[[int], object]


class Broken(Exception):
    """A file did not give back what was written, or an answer is not what the plan says: nothing is published."""


def ask(project: Project, options: Options, by: str = "system") -> Release:
    """The next version, waiting to be built; or the one that was asked for in the same words and isn't finished."""
    options.check()
    there = max(published_versions(cloud().releases, project.slug), default=0)
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # one asks at a time
        of_project, now = Release.objects.filter(project=project), timezone.now()
        unfinished = of_project.filter(state__in=[Release.State.WAITING, Release.State.RUNNING])
        if found := unfinished.filter(options=options.to_json()).order_by("version").first():
            return found
        known = of_project.aggregate(most=Max("version"))["most"] or 0
        return Release.objects.create(
            project=project, version=max(known, there) + 1, options=options.to_json(), by=by, began_at=now, beat_at=now
        )


def published_versions(store: ObjectStore, slug: str) -> list[int]:
    """Of which a manifest is in the bucket, in order. Skips from version to version, not through all their files."""
    found, prefix, after = [], f"releases/{slug}/v", ""
    while one := next(iter(store.list(prefix, after)), None):
        version = one.key.removeprefix(prefix).split("/")[0]
        if version.isdecimal() and version.isascii():
            try:
                store.get_range(f"{prefix}{version}/manifest.json", 0, 1)
                found.append(int(version))
            except ObjectMissing:
                pass
        after = f"{prefix}{version}/\U0010ffff"
    return sorted(found)


class Build:
    def __init__(self, release: Release, progress: Progress = lambda _: None) -> None:
        self.release, self._progress = release, progress
        self.options = Options.from_json(release.options)
        self._store = cloud().releases
        self._seen = 0
        self._labels = layers.columns(release.project.settings.labels)
        self._names = layers.of_project(release.project.settings.labels)

    def run(self, stopping: threading.Event | None = None) -> bool:
        """False when it was told to stop before the end. Raises `InvalidInput` or `Broken`, and is then failed."""
        self._save(state=Release.State.RUNNING)
        try:
            return self._run(stopping)
        except (InvalidInput, Broken) as error:
            self._save(state=Release.State.FAILED, error=str(error))
            raise

    def _run(self, stopping: threading.Event | None) -> bool:
        try:
            header, planned = plan.read(self._planned())
        except ValueError as error:
            raise Broken(f"{self.release.prefix}{plan.KEY}: {error}") from error
        if header["settings"] != self.release.project.event:
            raise Broken(f"the project has changed since the plan was made (event {header['settings']})")
        columns = tuple(tags.Column(layer, depth) for layer, depth in header["columns"])
        for layer, label in header.get("more_labels", ()):
            self._labels[layer] = (*self._labels.get(layer, ()), label)
        state: Json = self.release.manifest
        if "files" not in state:
            state = {"files": [], "splits": {}, "shards": 0, "posts": header["posts"]}
            self._save(manifest=state)
        for at, (split, number, shard) in enumerate(_shards(planned)):
            if at >= state["shards"]:
                self._shard(split, number, shard, columns, state)
                state["shards"] = at + 1
                self._save(manifest=state, done=self.release.done + len(shard))
            self._progress(len(shard))
            if stopping and stopping.is_set():
                return False
        self._publish(self._manifest(header, state))
        return True

    def _planned(self) -> bytes:
        key = self.release.prefix + plan.KEY
        try:
            return self._store.get(key).body
        except ObjectMissing:
            pass
        while record_store.sweep(Annotation)[0] or record_store.sweep(Gold)[0]:
            pass
        made = plan.make(self.release.project, self.options, splits_before(self._store, self.release), self._looked_at)
        try:
            self._store.put_new(key, made, "application/gzip")
        except ObjectExists:
            return self._store.get(key).body
        return made

    def _looked_at(self, count: int) -> None:
        """Of posts, while the plan is made; told now and then, so that nobody takes the build for dead."""
        self._seen += count
        if self._seen % TELL == 0:
            self._save(manifest={"looked_at": self._seen})
        self._progress(count)

    def _shard(
        self, split: str, number: int, shard: list[Planned], columns: tuple[tags.Column, ...], state: Json
    ) -> None:
        held = list(self._records(shard))
        counts = state["splits"].setdefault(split, {"posts": 0, "spans": 0, "labels": {}})
        counts["posts"] += len(held)
        counts["spans"] += sum(len(record.marks) for record in held)
        labels = Counter(counts["labels"])
        labels.update(mark.label for record in held for mark in record.marks)
        counts["labels"] = dict(sorted(labels.items()))
        for name in self.options.formats:
            form = FORMATS[name]
            with TemporaryFile() as file:
                out = cast(BinaryIO, file)
                written = writing.write(form, lambda: held, out, self._labels, self.options.unit, columns)
                out.seek(0)
                body = out.read()
            key = f"data/{name}/{split}-{number:05}{form.suffix}"
            self._store.put(self.release.prefix + key, body, "application/octet-stream")
            # What is in the bucket is compared, not what was meant to be.
            with TemporaryFile() as file:
                file.write(self._store.get(self.release.prefix + key).body)
                file.seek(0)
                dropped = verification.dropped(
                    form, map(written.names.record, held), cast(BinaryIO, file), self.options.unit
                )
            if dropped:
                raise Broken(f"{key}: {dropped} labels are not there when it is read back")
            state["files"].append(
                {
                    "key": key,
                    "format": name,
                    "split": split,
                    "posts": len(held),
                    "bytes": len(body),
                    "sha256": hashlib.sha256(body).hexdigest(),
                    "dropped": dropped,
                    **{f"spans_{outcome}": count for outcome, count in sorted(written.outcomes.items())},
                    **({"labels": renamed} if (renamed := written.names.changed()) else {}),
                }
            )

    def _records(self, shard: list[Planned]) -> Iterator[Record]:
        for at in range(0, len(shard), PAGE):
            page = shard[at : at + PAGE]
            rows = selection.chosen(self.release.project, [(one.post_id, one.revision) for one in page])
            for one in page:
                row = next(
                    (row for row in rows.get((one.post_id, one.revision), ()) if records.key_of(row) == one.key), None
                )
                if row is None:
                    raise Broken(f"{one.key}: planned, and not in the database")
                yield records.record(row, row.task.post, one.split, one.group, self._names)

    def _manifest(self, header: Json, state: Json) -> Json:
        project, settings = self.release.project, self.release.project.settings
        return {
            "schema": SCHEMA,
            "project": project.slug,
            "name": settings.name,
            "version": f"v{self.release.version}",
            "began_at": timestamp(self.release.began_at.astimezone(UTC)),
            "by": self.release.by,
            "licence": self.options.licence,
            "seed": self.options.seed,
            "shares": dict(self.options.shares),
            "filters": self.options.to_json()["filters"],
            "unit": self.options.unit,
            "settings": settings.n,
            "guideline_version": settings.guideline_version,
            "label_set": [one.to_json() for one in settings.labels],
            "tokenizer": settings.tokenizer.to_json(),
            "posts": header["posts"],
            "excluded": header["excluded"],
            "agreement": header["agreement"],
            "dropped": sum(file["dropped"] for file in state["files"]),
            "splits": state["splits"],
            "plan": plan.KEY,
            "files": state["files"],
        }

    def _publish(self, manifest: Json) -> None:
        for name, text, kind in (
            ("README.md", card.markdown(manifest), "text/markdown"),
            ("card.html", card.html(manifest), "text/html"),
        ):
            self._store.put(self.release.prefix + name, text.encode(), f"{kind}; charset=utf-8")
        body = orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
        key = self.release.prefix + "manifest.json"
        try:
            self._store.put_new(key, body)
        except ObjectExists:
            if self._store.get(key).body != body:
                raise Broken(f"{key}: another release has this version") from None
        self._save(state=Release.State.PUBLISHED, manifest=manifest, error="")

    def _save(self, **fields: Any) -> None:
        for name, value in {**fields, "beat_at": timezone.now()}.items():
            setattr(self.release, name, value)
        self.release.save(update_fields=[*fields, "beat_at"])


def _shards(planned: Iterator[Planned]) -> Iterator[tuple[str, int, list[Planned]]]:
    """(split, number within it, posts): the plan is sorted by split."""
    for split, rows in groupby(planned, key=lambda one: one.split):
        number = 0
        while shard := list(islice(rows, SHARD)):
            yield split, number, shard
            number += 1


def splits_before(store: ObjectStore, release: Release) -> dict[str, str]:
    """post_id → split of the newest release before this one. Raises `Broken`."""
    earlier = [one for one in published_versions(store, release.project.slug) if one < release.version]
    if not earlier:
        return {}
    key = f"releases/{release.project.slug}/v{earlier[-1]}/{plan.KEY}"
    try:
        _, planned = plan.read(store.get(key).body)
        return {one.post_id: one.split for one in planned}
    except (ObjectMissing, ValueError, TypeError, OSError, EOFError, zlib.error) as error:
        raise Broken(f"{key}: the splits of the release before cannot be read ({error!r})") from error
