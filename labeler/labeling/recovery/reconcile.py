"""Compares the database with the buckets, streaming both; says every difference."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby, islice

from django.db import connection
from django.db.models.functions import Collate

from labeler import record_store
from labeler.audit import recovery as audit_recovery
from labeler.labeling import projects
from labeler.labeling.models import Annotation, Ending, Post, Project
from labeler.labeling.recovery import buckets, parts
from labeler.labeling.recovery.comparison_progress import ComparisonProgress, Section
from labeler.services import cloud
from pipeline import archive
from pipeline.ports import Listed, ObjectMissing
from pipeline.schema import SchemaError, open_ended

CHUNK = 500

Progress = Callable[[int], object]


def differences(progress: Progress = lambda _: None, kept: ComparisonProgress | None = None) -> Iterator[str]:
    """One line each; none when database and buckets say the same. With `kept`, what it holds is not compared again."""
    for name, compare in _sections(progress):
        section = kept.section(name) if kept else Section()
        yield from section.lines
        if section.done:
            continue
        found: list[str] = []
        for line in compare(section.after):
            if isinstance(line, Passed):
                if kept:
                    kept.note(name, found, line.post_id)
                found = []
            else:
                found.append(line)
                yield line
        if kept:
            kept.note(name, found, done=True)


@dataclass(frozen=True, slots=True)
class Passed:
    """All up to this post has been compared."""

    post_id: str


Comparison = Callable[[str], Iterator[str | Passed]]  # told after which post to begin


def _sections(progress: Progress) -> Iterator[tuple[str, Comparison]]:
    yield "audit", _whole(partial(audit_recovery.differences, progress))
    stored = set(buckets.slugs(cloud().labels))
    rows = {project.slug: project for project in Project.objects.all()}
    for slug in sorted(stored | set(rows)):
        if slug not in rows:
            yield f"{slug}: project", _whole(partial(iter, [f"project {slug}: in S3 only"]))
        elif slug not in stored:
            yield f"{slug}: project", _whole(partial(iter, [f"project {slug}: in the database only"]))
        else:
            yield from _sections_of(rows[slug], progress)


def _sections_of(project: Project, progress: Progress) -> Iterator[tuple[str, Comparison]]:
    yield f"{project.slug}: settings", _whole(partial(_settings, project))
    yield f"{project.slug}: posts", _whole(partial(_posts, project, progress))
    yield f"{project.slug}: endings", _whole(partial(_endings, project))
    yield f"{project.slug}: annotations", partial(_annotations, project, progress)
    for at, part in enumerate(parts.parts):
        yield f"{project.slug}: part {at}", _whole(partial(part.differences, project, progress))


def _whole(compare: Callable[[], Iterator[str]]) -> Comparison:
    """One that always begins at the beginning."""
    return lambda _: compare()


def lost_objects(project: Project) -> Iterator[Annotation]:
    """Rows marked as stored whose object is not in the bucket."""
    for _, rows, found in _pairs(project):
        yield from (row for row in rows if row.stored_at and row.n not in found)


def _settings(project: Project) -> Iterator[str]:
    try:
        newest = projects.newest_settings(cloud().labels, project.slug)
    except (ObjectMissing, ValueError) as error:
        yield f"project {project.slug}: its settings in S3 cannot be read ({error})"
        return
    if newest.n != project.event:
        yield f"project {project.slug}: event {project.event} in the database, {newest.n} in S3"
    elif newest.to_json() != project.body:
        yield f"project {project.slug}: settings of event {newest.n} differ"


def _annotations(project: Project, progress: Progress, after: str) -> Iterator[str | Passed]:
    passed, since = "", 0
    for post_id, rows, found in _pairs(project, after):
        since += 1
        if since > CHUNK and post_id != passed:
            yield Passed(passed)
            since = 0
        passed = post_id
        for row in rows:
            listed = found.pop(row.n, None)
            key = row.record().key
            if listed is None:
                yield f"{key}: in the database only" + ("" if row.stored_at else ", waiting to be stored")
            elif not _same(row, listed):
                yield f"{key}: the object is not what the row says"
            elif row.stored_at is None:
                yield f"{key}: in S3, and not marked as stored"
            progress(1)
        yield from (f"{one.key}: in S3 only" for _, one in sorted(found.items()))


def _same(row: Annotation, listed: Listed) -> bool:
    body = record_store.body(row)
    if listed.etag.strip('"') == hashlib.md5(body, usedforsecurity=False).hexdigest():
        return True
    try:
        # Where S3 encrypts with a key of ours, an ETag is no MD5.
        return cloud().labels.get(listed.key).body == body
    except ObjectMissing:
        return False


def _pairs(project: Project, after: str = "") -> Iterator[tuple[str, list[Annotation], dict[int, Listed]]]:
    """(post_id, rows, objects) of each (post, revision, labeler), rows or objects of which may be empty: two sorted
    streams merged. `after`: the post to begin behind."""
    stored = buckets.answers(cloud().labels, project.slug, after)
    there = next(stored, None)
    for order, group in groupby(_sorted(project, after), key=_order):
        while there and there.order < order:
            yield there.post_id, [], dict(there.objects)
            there = next(stored, None)
        if there and there.order == order:
            yield order[0], list(group), dict(there.objects)
            there = next(stored, None)
        else:
            yield order[0], list(group), {}
    while there:
        yield there.post_id, [], dict(there.objects)
        there = next(stored, None)


def _order(row: Annotation) -> tuple[str, str, str]:
    return row.task.post.post_id, row.task.post.revision, row.labeler.labeler_id


def _sorted(project: Project, after: str) -> Iterator[Annotation]:
    """All rows in the order of keys in S3, some posts at a time: sorting all of them would hold them all."""
    # By bytes, as S3 sorts, whatever the database's own order of letters is.
    by_bytes = "C" if connection.vendor == "postgresql" else "BINARY"
    posts = Post.objects.filter(project=project).order_by(
        *(Collate(name, by_bytes) for name in ("post_id", "revision"))
    )
    if after:
        posts = posts.filter(post_id__gt=after)  # of small letters and digits, which all orders sort alike
    keys = posts.values_list("pk", flat=True).iterator(CHUNK)
    wide = [f"task__post__{name}" for name in ("text", "packed_steps", "packed_words", "suggested", "extra")]
    rows = Annotation.objects.filter(project=project).select_related(*Annotation.RELATED).defer(*wide)
    while page := list(islice(keys, CHUNK)):
        yield from sorted(rows.filter(task__post__in=page), key=lambda row: (*_order(row), row.n))


def _endings(project: Project) -> Iterator[str]:
    """The newest that was told of each posting's end."""
    store, newest, broken = cloud().posts, dict[str, tuple[datetime, str, str]](), list[str]()
    listed = archive.objects(store, archive.ENDED, project.slug)
    for key, rows in archive.rows(store, listed, lambda key, error: broken.append(f"{key}: {error}")):
        for row in rows:
            try:
                one = open_ended(row)
            except SchemaError as error:
                broken.append(f"{key}: {error}")
                continue
            told = datetime.fromisoformat(one.at), one.reason, one.last_seen
            newest[one.post_id] = max(newest.get(one.post_id, told), told)
    for known in Ending.objects.filter(project=project).iterator(CHUNK):
        told_of = newest.pop(known.post_id, None)
        if told_of is None:
            yield f"ending of post {known.post_id}: in the database only"
        elif told_of != (known.at, known.reason, known.last_seen):
            archived = told_of[1] or "there again"
            yield f"ending of post {known.post_id}: {known} in the database, {archived} in the archive"
    yield from (f"ending of post {post_id}: in the archive only" for post_id in sorted(newest))
    yield from broken


def _posts(project: Project, progress: Progress) -> Iterator[str]:
    """Compares identities; those of the archive are kept in a temporary file, not in memory."""
    archived = sqlite3.connect("")
    try:
        archived.execute("create table seen (post_id, revision, primary key (post_id, revision)) without rowid")
        store = cloud().posts
        listed = archive.objects(store, archive.POSTS, project.slug)
        broken: list[str] = []
        for key, rows in archive.rows(store, listed, lambda key, error: broken.append(f"{key}: {error}")):
            posts = [row for row in rows if isinstance(row, dict) and {"post_id", "revision"} <= row.keys()]
            if len(posts) < len(rows):
                yield f"{key}: rows that are no posts: {len(rows) - len(posts)}"
            pairs = {(row["post_id"], row["revision"]) for row in posts}
            archived.executemany("insert or ignore into seen values (?, ?)", pairs)
            there = set(
                Post.objects.filter(project=project, post_id__in={one for one, _ in pairs}).values_list(
                    "post_id", "revision"
                )
            )
            yield from (f"post {post} {revision}: in the archive only" for post, revision in sorted(pairs - there))
            progress(len(rows))
        for pair in Post.objects.filter(project=project).values_list("post_id", "revision").iterator(CHUNK):
            if not archived.execute("select 1 from seen where post_id = ? and revision = ?", pair).fetchone():
                yield f"post {pair[0]} {pair[1]}: in the database only"
        yield from broken
    finally:
        archived.close()
