"""A project's settings, which decide how its posts are prepared and labelled."""

from dataclasses import dataclass, field
from typing import ClassVar

from pipeline.schema.reading import LATER, Json, Record
from pipeline.schema.spans import TokenizerId


@dataclass(frozen=True, slots=True)
class Label(Record):
    """One label of a set. `color` is a slot of the palette, 1 to 12; `key` one key of the keyboard."""

    name: str
    key: str
    color: int
    group: str = ""
    description: str = ""
    examples: tuple[str, ...] = ()
    layer: str = field(default="", metadata=LATER)  # labels of different layers stand in different columns of tags


@dataclass(frozen=True, slots=True)
class Gates(Record):
    """What a post must pass before anybody is asked to label it. An empty `languages` lets every language in."""

    min_chars: int = 1
    max_chars: int = 200_000
    languages: tuple[str, ...] = ()
    max_boilerplate: float = 1.0  # share of lines seen in many other posts of the source, 0 to 1


@dataclass(frozen=True, slots=True)
class ProjectSettings(Record):
    """All that decides how a project's posts are prepared and labelled.

    Stored as `projects/{project}/settings.json` and, once a change, as `projects/{project}/events/{n}.json` in the
    labels bucket; each event carries the whole settings after it.
    """

    SCHEMA: ClassVar[str] = "project/1"

    project: str  # its slug: a-z, 0-9 and -
    name: str
    n: int  # number of the event that made these settings, from 1
    kind: str  # what the event was: created, edited, tokenizer-changed, …
    at: str
    by: str  # labeler id of who did it, or `system`
    labels: tuple[Label, ...]
    guidelines: str  # Markdown
    guideline_version: int
    tokenizer: TokenizerId
    gates: Gates
    redundancy: int = 1  # independent annotations wanted per task
    order: str = "oldest"  # oldest, newest, random, score
    hidden_share: float = 0.0  # share of posts whose suggestions are hidden, 0 to 1
    suggester: str = "none"  # none, gazetteer
    # Share of posts that `redundancy` labelers get, 0 to 1; the others go to one.
    redundancy_share: float = field(default=1.0, metadata=LATER)
    # Share of a labeler's posts that are decided already, 0 to 1: it measures how they do.
    gold_rate: float = field(default=0.0, metadata=LATER)
    # A post on which all who labelled it agree becomes gold by itself.
    pass_agreed: bool = field(default=False, metadata=LATER)
    # Whether posts are handed out whose posting has ended.
    label_ended: bool = field(default=True, metadata=LATER)
    # Ids of the labelers who may label here; empty: all.
    members: tuple[str, ...] = field(default=(), metadata=LATER)
    # Changes of the label set after labelling began, oldest first, each with its `n`.
    operations: tuple[Json, ...] = field(default=(), metadata=LATER)
    extra: Json = field(default_factory=dict)

    def has_member(self, labeler: str) -> bool:
        """Whether this labeler may label here."""
        return not self.members or labeler in self.members
