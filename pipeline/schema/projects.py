"""A project's settings, which decide how its posts are prepared and labelled."""

from dataclasses import dataclass, field
from typing import ClassVar, Self

from pipeline.schema.reading import Json, objects, opened, optional, take
from pipeline.schema.tokens import TokenizerId


@dataclass(frozen=True, slots=True)
class Label:
    """One label of a set. `color` is a slot of the palette, 1 to 12; `key` one key of the keyboard."""

    name: str
    key: str
    color: int
    group: str = ""
    description: str = ""
    examples: tuple[str, ...] = ()
    layer: str = ""  # labels of different layers stand in different columns of tags

    @classmethod
    def from_json(cls, data: Json) -> Self:
        data = dict(data)
        examples = data.pop("examples", [])
        return cls(
            take(data, "name", str),
            take(data, "key", str),
            take(data, "color", int),
            data.pop("group", ""),
            data.pop("description", ""),
            tuple(examples),
            data.pop("layer", ""),
        )

    def to_json(self) -> Json:
        value: Json = {
            "name": self.name,
            "key": self.key,
            "color": self.color,
            "group": self.group,
            "description": self.description,
            "examples": list(self.examples),
        }
        return {**value, "layer": self.layer} if self.layer else value


@dataclass(frozen=True, slots=True)
class Gates:
    """What a post must pass before anybody is asked to label it. An empty `languages` lets every language in."""

    min_chars: int = 1
    max_chars: int = 200_000
    languages: tuple[str, ...] = ()
    max_boilerplate: float = 1.0  # share of lines seen in many other posts of the source, 0 to 1

    @classmethod
    def from_json(cls, data: Json) -> Self:
        data = dict(data)
        return cls(
            take(data, "min_chars", int),
            take(data, "max_chars", int),
            tuple(take(data, "languages", list)),
            take(data, "max_boilerplate", float),
        )

    def to_json(self) -> Json:
        return {
            "min_chars": self.min_chars,
            "max_chars": self.max_chars,
            "languages": list(self.languages),
            "max_boilerplate": self.max_boilerplate,
        }


@dataclass(frozen=True, slots=True)
class ProjectSettings:
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
    redundancy_share: float = 1.0  # share of posts that `redundancy` labelers get, 0 to 1; the others go to one
    gold_rate: float = 0.0  # share of a labeler's posts that are decided already, 0 to 1: it measures how they do
    pass_agreed: bool = False  # a post on which all who labelled it agree becomes gold by itself
    members: tuple[str, ...] = ()  # ids of the labelers who may label here; empty: all
    operations: tuple[Json, ...] = ()  # changes of the label set after labelling began, oldest first, each with its `n`
    extra: Json = field(default_factory=dict)

    @classmethod
    def from_json(cls, value: object) -> Self:
        data = opened(value, cls.SCHEMA)
        return cls(
            take(data, "project", str),
            take(data, "name", str),
            take(data, "n", int),
            take(data, "kind", str),
            take(data, "at", str),
            take(data, "by", str),
            tuple(Label.from_json(one) for one in objects(data, "labels")),
            take(data, "guidelines", str),
            take(data, "guideline_version", int),
            TokenizerId.from_json(take(data, "tokenizer", dict)),
            Gates.from_json(take(data, "gates", dict)),
            take(data, "redundancy", int),
            take(data, "order", str),
            take(data, "hidden_share", float),
            take(data, "suggester", str),
            optional(data, "redundancy_share", 1.0),
            optional(data, "gold_rate", 0.0),
            optional(data, "pass_agreed", False),
            tuple(optional(data, "members", [])),
            tuple(objects(data, "operations") if "operations" in data else ()),
            data,
        )

    def to_json(self) -> Json:
        return {
            **self.extra,
            "schema": self.SCHEMA,
            "project": self.project,
            "name": self.name,
            "n": self.n,
            "kind": self.kind,
            "at": self.at,
            "by": self.by,
            "labels": [one.to_json() for one in self.labels],
            "guidelines": self.guidelines,
            "guideline_version": self.guideline_version,
            "tokenizer": self.tokenizer.to_json(),
            "gates": self.gates.to_json(),
            "redundancy": self.redundancy,
            "order": self.order,
            "hidden_share": self.hidden_share,
            "suggester": self.suggester,
            # Only where they say something: what was written before they existed stays as it is.
            **({"redundancy_share": self.redundancy_share} if self.redundancy_share != 1 else {}),
            **({"gold_rate": self.gold_rate} if self.gold_rate else {}),
            **({"pass_agreed": True} if self.pass_agreed else {}),
            **({"members": list(self.members)} if self.members else {}),
            **({"operations": list(self.operations)} if self.operations else {}),
        }
