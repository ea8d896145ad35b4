"""One annotated row, the two shapes in which a bundle holds it, and the summary of all rows."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from pipeline.schema import Json, Suggestion, Tokens

from .inputs import Row

SCHEMA = "annotated/1"
SUMMARY_SCHEMA = "annotation-summary/1"
REFUSALS_SHOWN = 100


class BadSpans(RuntimeError):
    """An annotator gave spans that its contract does not allow."""


@dataclass(frozen=True, slots=True)
class Annotated:
    """A row with its tokens and spans; a refused row has neither."""

    row: Row
    tokens: Tokens | None
    spans: Sequence[Suggestion]

    def to_json(self) -> Json:
        """Offsets are code points of `text`; `tokens` of a span is its half-open range of tokens, -1 where it covers
        no whole token. Fields of the input row are kept under `fields`."""
        value: Json = {"schema": SCHEMA, "row": self.row.number, "id": self.row.id, "text": self.row.text}
        if self.tokens is not None:
            ranges = self.tokens.ranges()
            value |= self.tokens.to_json()
            value["spans"] = [_span(span, ranges) for span in self.spans]
        if self.row.refused:
            value["refused"] = self.row.refused
        if self.row.fields:
            value["fields"] = dict(self.row.fields)
        return value

    def to_conll(self) -> str:
        """A word and its BIO tag a line, an empty line after each line of the text; a refused row is a remark."""
        if self.tokens is None:
            return f"# row {self.row.number} refused\n\n"
        lines = [f"# row {self.row.number}"]
        spans = sorted(self.spans, key=lambda span: span.start)
        at, end_before, inside = 0, 0, False
        for start, end in words(self.tokens):
            if "\n" in self.row.text[end_before:start]:
                lines.append("")
                inside = False
            while at < len(spans) and spans[at].end <= start:
                at, inside = at + 1, False
            if at < len(spans) and spans[at].start < end:
                lines.append(f"{self.row.text[start:end]}\t{'I' if inside else 'B'}-{spans[at].label}")
                inside = True
            else:
                lines.append(f"{self.row.text[start:end]}\tO")
                inside = False
            end_before = end
        return "\n".join(lines) + "\n\n"


@dataclass(slots=True)
class Summary:
    """What a run did, counted as it goes."""

    annotator: str
    rows: int = 0
    characters: int = 0
    spans: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)  # reason → rows
    refusals: list[tuple[int, str]] = field(default_factory=list)  # the first of them: row, reason
    seconds: float = 0.0

    def count(self, annotated: Annotated) -> None:
        self.rows += 1
        self.characters += len(annotated.row.text)
        self.spans += len(annotated.spans)
        self.labels.update(span.label for span in annotated.spans)
        if annotated.row.refused:
            self.refused[annotated.row.refused] += 1
            if len(self.refusals) < REFUSALS_SHOWN:
                self.refusals.append((annotated.row.number, annotated.row.refused))

    def to_json(self) -> Json:
        return {
            "schema": SUMMARY_SCHEMA,
            "annotator": self.annotator,
            "rows": self.rows,
            "refused_rows": self.refused.total(),
            "characters": self.characters,
            "spans": self.spans,
            "labels": dict(self.labels.most_common()),
            "refused": dict(self.refused.most_common()),
            "refusals": [{"row": row, "reason": reason} for row, reason in self.refusals],
            "seconds": round(self.seconds, 3),
        }


def words(tokens: Tokens) -> list[tuple[int, int]]:
    """The words as `[start, end)` ranges."""
    found: list[tuple[int, int]] = []
    last = -1
    for (start, end), word in zip(tokens.ranges(), tokens.words, strict=True):
        if word == last:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
        last = word
    return found


def _span(span: Suggestion, ranges: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """`ranges` of the tokens, which are in order and disjoint."""
    first = bisect_left(ranges, span.start, key=itemgetter(0))
    last = bisect_left(ranges, span.end, lo=first, key=itemgetter(1))
    whole = last < len(ranges) and ranges[first][0] == span.start and ranges[last][1] == span.end
    return {**span.to_json(), "tokens": [first, last + 1] if whole else [-1, -1]}


def checked(spans: Sequence[Suggestion], text: str, annotator: str) -> Sequence[Suggestion]:
    """The spans as they came. Raises `BadSpans` for one outside the text, without a label, or with no score."""
    for span in spans:
        if not (0 <= span.start < span.end <= len(text) and span.label and 0 <= span.score <= 1):
            raise BadSpans(f"annotator {annotator} gave {span}, allowed: a labelled range within 0 to {len(text)}")
    return spans
