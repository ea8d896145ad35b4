"""What a run did, counted as it goes."""

from collections import Counter
from dataclasses import dataclass, field

from pipeline.schema import Json

from .results import Annotated

SCHEMA = "annotation-summary/1"
REFUSALS_SHOWN = 100


@dataclass(slots=True)
class Summary:
    annotator: str
    rows: int = 0
    characters: int = 0
    spans: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)  # reason → rows
    refusals: list[tuple[int, str]] = field(default_factory=list)  # the first of them: row, reason
    seconds: float = 0.0

    def count(self, one: Annotated) -> None:
        self.rows += 1
        self.characters += len(one.row.text)
        self.spans += len(one.spans)
        self.labels.update(span.label for span in one.spans)
        if one.row.refused:
            self.refused[one.row.refused] += 1
            if len(self.refusals) < REFUSALS_SHOWN:
                self.refusals.append((one.row.number, one.row.refused))

    def to_json(self) -> Json:
        return {
            "schema": SCHEMA,
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
