"""The labelled texts of a project, as the labels bucket holds them, and what a new tokenizer does to their spans."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.carry import OFF, carried
from pipeline.messages import loads
from pipeline.ports import ObjectStore
from pipeline.schema import Annotation, Json, PostScraped
from pipeline.schema.annotation import read_annotation_key, read_gold_key
from pipeline.tokens import Tokenizer

Pair = tuple[str, str]
ANNOTATIONS, GOLD = "annotations", "gold"


def newest_keys(labels: ObjectStore, project: str, kind: str = ANNOTATIONS) -> dict[Pair, list[str]]:
    """(post_id, revision) → the key of each labeler's last annotation; with `GOLD`, of the last decision."""
    prefix = f"{kind}/{project}/"
    last: dict[tuple[str, str, str], tuple[int, str]] = {}
    read_key = read_gold_key if kind == GOLD else read_annotation_key
    for listed in labels.list(prefix):
        if not (found := read_key(listed.key)):
            continue  # put there by something else
        post_id, revision, *labeler, number = found
        whose = post_id, revision, "".join(labeler)
        last[whose] = max(last.get(whose, (0, "")), (number, listed.key))
    keys: dict[Pair, list[str]] = {}
    for (post_id, revision, _), (_, key) in sorted(last.items()):
        keys.setdefault((post_id, revision), []).append(key)
    return keys


@dataclass
class Effect:
    """What a tokenizer does to the annotations seen so far."""

    posts: int = 0
    annotations: int = 0
    spans: int = 0
    off_edges: int = 0


def effect(
    labels: ObjectStore, keys: list[str], post: PostScraped, tokenizer: Tokenizer, total: Effect
) -> Iterator[Json]:
    """Adds one post to `total`; yields a row for each of its spans that would not fall on token edges."""
    ranges = tokenizer.encode(post.text, post.language).ranges()
    total.posts += 1
    for key in keys:
        annotation = Annotation.from_json(loads(labels.get(key).body))
        if annotation.kind != "labels":
            continue
        total.annotations += 1
        for span in carried(annotation.spans, ranges):
            total.spans += 1
            if span.first == OFF:
                total.off_edges += 1
                yield {
                    "annotation": key,
                    "post_id": post.post_id,
                    "revision": post.revision,
                    "start": span.start,
                    "end": span.end,
                    "label": span.label,
                    "text": post.text[span.start : span.end],
                }
