"""Rows as the API shows them."""

from datetime import UTC, datetime

from labeler.adjudication.models import Gold
from labeler.datasets.models import Import, Release
from labeler.labeling.models import Annotation, Post, Project
from pipeline.schema import Json, timestamp


def _time(when: datetime | None) -> str | None:
    return None if when is None else timestamp(when.astimezone(UTC))


def project(row: Project) -> Json:
    settings = row.settings
    return {
        "slug": row.slug,
        "name": row.name,
        "event": row.event,
        "labels": [one.to_json() for one in settings.labels],
        "guideline_version": settings.guideline_version,
        "tokenizer": settings.tokenizer.to_json(),
        "redundancy": settings.redundancy,
    }


def post(row: Post) -> Json:
    """Without its text and tokens."""
    return {
        "post_id": row.post_id,
        "revision": row.revision,
        "current": row.current,
        "state": row.task.state,
        "source": row.source,
        "external_id": row.external_id,
        "url": row.url,
        "title": row.title,
        "company": row.company,
        "location": row.location,
        "date_posted": row.date_posted,
        "language": row.language,
        "details": row.details,
        "ended": row.ended,
        "fetched_at": _time(row.fetched_at),
    }


def whole_post(row: Post) -> Json:
    """`tokens`: ranges in code points; `words`: for each token the ordinal of its word."""
    return {
        **post(row),
        "text": row.text,
        "tokenizer": row.tokenizer.to_json(),
        "tokens": [list(one) for one in row.ranges()],
        "words": list(row.words),
        "suggestions": [one.to_json() for one in row.suggestions],
    }


def annotation(row: Annotation) -> Json:
    return {**row.record().to_json(), "current": row.current, "stored": row.stored_at is not None}


def gold(row: Gold) -> Json:
    return {**row.record().to_json(), "current": row.current, "stored": row.stored_at is not None}


def job(row: Import) -> Json:
    return {
        "id": row.pk,
        "name": row.name,
        "state": row.state,
        "sha256": row.sha256,
        "format": row.form,
        "rows": row.rows,
        "counts": row.counts,
        "first_notes": row.first_notes,
        "error": row.error,
        "began_at": _time(row.began_at),
    }


def release(row: Release) -> Json:
    """The manifest once it is published."""
    published = row.state == Release.State.PUBLISHED
    return {
        "version": f"v{row.version}",
        "state": row.state,
        "done": row.done,
        "error": row.error,
        "began_at": _time(row.began_at),
        "manifest": row.manifest if published else None,
    }
