"""The answer to a post as a record of a release, which names the object it comes from and that object's hash."""

import hashlib
from typing import Any

from labeler.labeling import export, labelset, layers, storing
from labeler.labeling.models import Annotation, Post
from labeler.review import gold
from labeler.review.models import Gold
from pipeline.formats.record import Record

_POST = ("url", "title", "company", "location", "date_posted", "language", "source", "external_id", "revision")


def key_of(row: Annotation | Gold) -> str:
    return row.record().key


def body_of(row: Annotation | Gold) -> bytes:
    return gold.body(row) if isinstance(row, Gold) else storing.body(row)


def spans(row: Annotation | Gold) -> list[dict[str, Any]]:
    """By the labels of now: what was done to the label set after the answer is applied."""
    return labelset.spans(row.spans, row.settings_event, labelset.operations(row.project.settings))


def record(row: Annotation | Gold, post: Post, split: str, group: str, names: dict[str, layers.FileLabel]) -> Record:
    imported = post.imported
    answer = {
        "key": key_of(row),
        "sha256": hashlib.sha256(body_of(row)).hexdigest(),
        "kind": "gold" if isinstance(row, Gold) else "annotation",
    }
    return Record(
        text=post.text,
        marks=export.marks(spans(row), names),
        id=post.post_id,
        source_tokens=export.ranges(imported["steps"]) if "steps" in imported else None,
        pieces=tuple(post.ranges()),
        words=post.words,
        meta={
            **imported.get("meta", {}),
            **{name: getattr(post, name) for name in _POST},
            "fetched_at": post.fetched_at.isoformat(),
            "tokenizer": row.tokenizer,
            "guideline_version": row.guideline_version,
            "answer": answer,
            "split": split,
            "group": group,
        },
    )
