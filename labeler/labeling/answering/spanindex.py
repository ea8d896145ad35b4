"""The spans of current answers, one row each, for searching."""

import json

from django.db import connection

from labeler.labeling.models import Annotation, LabeledSpan
from labeler.sql import Statement
from pipeline import labelset

_ADD = {
    "postgresql": Statement(
        """INSERT INTO labeling_labeledspan (annotation_id, project_id, post_id, label, words, start, "end")
        SELECT CAST(%s AS bigint), CAST(%s AS bigint), CAST(%s AS bigint), one.label, one.words, one.start, one."end"
        FROM jsonb_to_recordset(CAST(%s AS jsonb)) AS one(label text, words text, start integer, "end" integer)"""
    ),
    "sqlite": Statement(
        """INSERT INTO labeling_labeledspan (annotation_id, project_id, post_id, label, words, start, "end")
        SELECT CAST(%s AS bigint), CAST(%s AS bigint), CAST(%s AS bigint), value ->> 'label', value ->> 'words',
        value ->> 'start', value ->> 'end' FROM json_each(%s)"""
    ),
}


def add(row: Annotation, text: str) -> None:
    """Makes a current answer's spans findable."""
    found = [
        {"label": one.label, "words": one.words, "start": one.start, "end": one.end} for one in spans_of(row, text)
    ]
    if found:
        _ADD[connection.vendor].change(row.pk, row.project_id, row.task.post_id, json.dumps(found))


def supersede(last: Annotation) -> None:
    """Makes way for the labeler's next annotation of the task."""
    Annotation.objects.filter(pk=last.pk).update(current=False)
    LabeledSpan.objects.filter(annotation=last).delete()


def spans_of(row: Annotation, text: str) -> list[LabeledSpan]:
    return [
        LabeledSpan(
            annotation=row,
            project=row.project,
            post_id=row.task.post_id,
            label=one["label"],
            words=text[one["start"] : one["end"]][:200],
            start=one["start"],
            end=one["end"],
        )
        for one in labelset.spans(row.spans, row.settings_event, labelset.operations(row.project.settings))
    ]
