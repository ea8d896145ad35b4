"""The answers of a task as they are compared: current ones, not withdrawn, in the order they were given."""

from collections.abc import Sequence

from labeler.adjudication.disputes import Dispute, TokenSpan, compare
from labeler.labeling.models import Annotation, Task
from pipeline import labelset
from pipeline.schema import Json


def answers(task: Task) -> list[Annotation]:
    rows = Annotation.objects.filter(task=task, current=True).exclude(kind=Annotation.Kind.WITHDRAWN)
    return list(rows.select_related("labeler", "project", "task__post").order_by("submitted_at", "pk"))


def tokens(row: Annotation) -> list[TokenSpan]:
    """Its spans as token ranges; what lies off the token edges can't be shown on them."""
    return [(*one["tokens"], one["label"]) for one in spans(row) if one["tokens"][0] >= 0]


def on_edges(rows: Sequence[Annotation]) -> bool:
    """Whether all their spans lie on the edges of tokens, as those of a decision do."""
    return all(one["tokens"][0] >= 0 for row in rows for one in spans(row))


def spans(row: Annotation) -> list[Json]:
    """Its spans, by the labels of now."""
    return labelset.spans(row.spans, row.settings_event, labelset.operations(row.project.settings))


def disputes(rows: Sequence[Annotation]) -> tuple[list[TokenSpan], list[Dispute]]:
    return compare([tokens(row) for row in rows])


def alike(rows: Sequence[Annotation]) -> bool:
    """All say the same, also that it is no post or that nothing in it is to be labelled."""
    said = {(row.kind, frozenset((one["start"], one["end"], one["label"]) for one in spans(row))) for row in rows}
    return len(said) == 1
