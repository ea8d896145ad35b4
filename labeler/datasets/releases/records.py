"""The answer to a post as a record of a release, which names the object it comes from and that object's hash."""

import hashlib
from dataclasses import replace

from labeler import record_store
from labeler.adjudication.models import Gold
from labeler.datasets import exports
from labeler.labeling import layers
from labeler.labeling.models import Annotation, Post
from pipeline import labelset
from pipeline.formats.ranges import Ranges
from pipeline.formats.record import Record
from pipeline.schema import Json
from pipeline.schema.annotation import annotation_key, gold_key

_POST = (
    *("url", "title", "company", "location", "date_posted", "language", "source", "external_id", "revision"),
    *("details", "ended"),
)


def key_of(row: Annotation | Gold) -> str:
    """Of its object, without making the object."""
    project, post = row.project.slug, row.task.post
    if isinstance(row, Gold):
        return gold_key(project, post.post_id, post.revision, row.n)
    return annotation_key(project, post.post_id, post.revision, row.labeler.labeler_id, row.n)


def spans(row: Annotation | Gold) -> list[Json]:
    """By the labels of now: what was done to the label set after the answer is applied."""
    return labelset.spans(row.spans, row.settings_event, labelset.operations(row.project.settings))


def marked(row: Annotation | Gold, post: Post, names: dict[str, layers.FileLabel]) -> Record:
    """The text with its labels and tokens, without what else is known of it."""
    imported = post.imported
    return Record(
        text=post.text,
        marks=exports.marks(spans(row), names),
        source_tokens=Ranges.of_steps(imported["steps"]) if "steps" in imported else None,
        pieces=Ranges.of_steps(post.steps),
        words=post.words,
    )


def record(row: Annotation | Gold, post: Post, split: str, group: str, names: dict[str, layers.FileLabel]) -> Record:
    made = row.record()
    answer = {
        "key": made.key,
        "sha256": hashlib.sha256(record_store.packed(made)).hexdigest(),
        "kind": "gold" if isinstance(row, Gold) else "annotation",
    }
    meta = {
        **post.imported.get("meta", {}),
        **{name: getattr(post, name) for name in _POST},
        "fetched_at": post.fetched_at.isoformat(),
        "tokenizer": row.tokenizer,
        "guideline_version": row.guideline_version,
        "answer": answer,
        "split": split,
        "group": group,
    }
    return replace(marked(row, post, names), id=post.post_id, meta=meta)
