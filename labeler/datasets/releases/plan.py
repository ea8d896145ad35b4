"""What a release will hold: which answer of which post, in which split. Made once, kept in S3, and then followed."""

import gzip
import io
import sqlite3
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import orjson

from labeler.adjudication.agreement.tally import Tally
from labeler.datasets.releases import records
from labeler.datasets.releases.options import Options
from labeler.datasets.releases.selection import choices
from labeler.datasets.releases.splits import Group, Groups, assign
from labeler.labeling import layers
from labeler.labeling.models import Project
from pipeline.errors import InvalidInput
from pipeline.formats import tags, units
from pipeline.formats.record import Record
from pipeline.schema import Json
from pipeline.signature import signature

SCHEMA = "release-plan/1"
KEY = "plan.jsonl.gz"

Progress = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Planned:
    """One post. `key`: the object of the answer taken; `group`: named by the least post_id in it."""

    post_id: str
    revision: str
    key: str
    split: str
    group: str


def make(project: Project, options: Options, before: Mapping[str, str], progress: Progress = lambda _: None) -> bytes:
    """A header line, then a line a post, split by split. `before`: the splits of an earlier release's posts.

    Raises `InvalidInput` when there is nothing to release, or an answer waits for S3.
    """
    excluded: Counter[str] = Counter()
    agreement, groups = Tally(), Groups()
    names = layers.of_project(project.settings.labels)
    columns = tags.columns(layers.columns(project.settings.labels))
    labels: set[layers.FileLabel] = set()
    rows = sqlite3.connect("")
    rows.execute("create table rows (post integer primary key, post_id, revision, key, name, split)")
    try:
        for choice in choices(project, options.filters):
            progress(1)
            if len(choice.answers) > 1:
                answers = {row.labeler.labeler_id: row.spans for row in choice.answers}
                agreement.add(answers, len(choice.task.post.words))
            if choice.row is None:
                excluded[choice.reason] += 1
                continue
            if choice.row.stored_at is None:
                raise InvalidInput("release", f"answers that wait for S3 ({choice.row})", "all stored: try again later")
            post = choice.task.post
            at = groups.add(signature(post.text), post.company)
            found = records.marked(choice.row, post, names)
            columns = _wide_enough(columns, found, options.unit)
            labels.update((mark.layer, mark.label) for mark in found.marks)
            place = at, post.post_id, post.revision, records.key_of(choice.row)
            rows.execute("insert into rows (post, post_id, revision, key) values (?, ?, ?, ?)", place)
        _split(rows, groups, options, before)
        count = rows.execute("select count(*) from rows").fetchone()[0]
        if not count:
            left_out = ", ".join(f"{number} {reason}" for reason, number in sorted(excluded.items()))
            raise InvalidInput("posts with an answer", f"none ({left_out or 'no posts at all'})", "one or more")
        header = {
            "schema": SCHEMA,
            "posts": count,
            "excluded": dict(sorted(excluded.items())),
            "agreement": agreement.to_json(),
            "columns": [[column.layer, column.depth] for column in columns],
            "more_labels": sorted(labels.difference(names.values())),
            "settings": project.settings.n,
        }
        return _packed(header, rows)
    finally:
        rows.close()
        groups.close()


def _wide_enough(columns: tuple[tags.Column, ...], found: Record, unit: str) -> tuple[tags.Column, ...]:
    """Files of one release have the same columns and classes, so they are counted before the first is written."""
    if len(found.marks) > 1 or any(mark.layer for mark in found.marks):
        try:
            tags.tag(found.marks, units.ranges(found, unit), columns, 0)
        except tags.TooNarrow as narrow:
            return narrow.columns
    return columns


def _split(rows: sqlite3.Connection, groups: Groups, options: Options, before: Mapping[str, str]) -> None:
    least: dict[int, str] = {}
    sizes: Counter[int] = Counter()
    known: dict[int, Counter[str]] = {}
    for post, post_id in rows.execute("select post, post_id from rows"):
        root = groups.of(post)
        least[root] = min(least.get(root, post_id), post_id)
        sizes[root] += 1
        if split := before.get(post_id):
            known.setdefault(root, Counter())[split] += 1
    made = [Group(name, sizes[root], known.get(root, {})) for root, name in least.items()]
    split_of = assign(made, options.shares, options.seed)
    places = [(least[root], split_of[least[root]], post) for post, root in _roots(rows, groups)]
    rows.executemany("update rows set name = ?, split = ? where post = ?", places)


def _roots(rows: sqlite3.Connection, groups: Groups) -> Iterator[tuple[int, int]]:
    for (post,) in rows.execute("select post from rows").fetchall():
        yield post, groups.of(post)


def _packed(header: Json, rows: sqlite3.Connection) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as packed:
        packed.write(orjson.dumps(header) + b"\n")
        for one in rows.execute("select post_id, revision, key, split, name from rows order by split, post"):
            packed.write(orjson.dumps(one) + b"\n")
    return out.getvalue()


def read(body: bytes) -> tuple[Json, Iterator[Planned]]:
    """Raises `ValueError` for what is no plan."""
    lines = gzip.GzipFile(fileobj=io.BytesIO(body))
    try:
        header = orjson.loads(lines.readline())
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(str(error)) from error
    given = header.get("schema") if isinstance(header, dict) else header
    if given != SCHEMA:
        raise ValueError(f"field 'schema': given {given!r}, allowed: {SCHEMA!r}")
    return header, (Planned(*orjson.loads(line)) for line in lines)
