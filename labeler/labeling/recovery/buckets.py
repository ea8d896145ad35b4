"""What lies in the buckets: projects, and annotations by post, revision and labeler."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from pipeline.ports import Listed, ObjectStore
from pipeline.schema.annotation import read_annotation_key


@dataclass(frozen=True, slots=True)
class Answers:
    """All objects of one labeler's answers to one revision: n → object."""

    post_id: str
    revision: str
    labeler: str
    objects: dict[int, Listed] = field(default_factory=dict)

    @property
    def order(self) -> tuple[str, str, str]:
        """They come sorted by this."""
        return self.post_id, self.revision, self.labeler


def slugs(labels: ObjectStore) -> list[str]:
    """Projects that have at least one event."""
    keys = (one.key.split("/") for one in labels.list("projects/"))
    return sorted({parts[1] for parts in keys if len(parts) == 4 and parts[2] == "events"})


def answers(labels: ObjectStore, project: str, after: str = "") -> Iterator[Answers]:
    """Streams; objects with other names than annotations have are passed over. `after`: the post to begin behind."""
    prefix = f"annotations/{project}/"
    objects = labels.list(prefix, f"{prefix}{after}/\U0010ffff" if after else "")
    listed = ((found, one) for one in objects if (found := read_annotation_key(one.key)))
    for (post_id, revision, labeler), group in groupby(listed, key=lambda pair: pair[0][:3]):
        yield Answers(post_id, revision, labeler, {found[3]: one for found, one in group})
