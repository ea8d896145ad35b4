"""What a project's labels say, as a file that the annotator `labels` learns from: its gold, else its annotations."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import orjson

from pipeline import archive, labelset
from pipeline.labelset import Operation
from pipeline.messages import loads
from pipeline.ports import ObjectMissing, ObjectStore
from pipeline.projects import SETTINGS_KEY
from pipeline.schema import Json, PostReady, ProjectSettings
from pipeline.schema.answers import read_annotation_key, read_gold_key

from .plugin import BadInput

Identity = tuple[str, str]  # post_id, revision
Spans = list[tuple[int, int, str]]


def write(project: str, labels: ObjectStore, posts: ObjectStore, target: Path) -> None:
    """One line a labelled text. Memory is that of the spans; texts pass by. Raises `BadInput` when there are none."""
    done = _operations(project, labels)
    spans = _spans(labels, f"gold/{project}/", done) or _spans(labels, f"annotations/{project}/", done)
    if not spans:
        raise BadInput(f"project {project!r}: nobody has labelled anything yet")
    with target.open("wb") as file:
        for _, rows in archive.rows(posts, archive.objects(posts, archive.POSTS, project), _pass_over):
            for row in rows:
                post = PostReady.from_json(row).post
                if (found := spans.pop((post.post_id, post.revision), None)) is not None:
                    file.write(orjson.dumps(_example(post.text, found), option=orjson.OPT_APPEND_NEWLINE))


def _example(text: str, spans: Iterable[tuple[int, int, str]]) -> Json:
    return {"text": text, "spans": [{"start": start, "end": end, "label": label} for start, end, label in spans]}


def _operations(project: str, labels: ObjectStore) -> list[Operation]:
    try:
        body = labels.get(SETTINGS_KEY.format(project=project)).body
    except ObjectMissing:
        return []
    return labelset.operations(ProjectSettings.from_json(loads(body)))


def _spans(labels: ObjectStore, prefix: str, done: Sequence[Operation]) -> dict[Identity, Spans]:
    """The newest answer to each text, by the labels of now; of several labelers' that of the last in the order of keys.
    Skips and withdrawn ones are none."""
    newest: dict[Identity, dict[str, tuple[int, str]]] = {}
    for one in labels.list(prefix):
        parts = read_annotation_key(one.key) or read_gold_key(one.key)
        if parts is None:  # somebody else's object
            continue
        post_id, revision, *labeler, number = parts
        answer, whose = (int(number), one.key), newest.setdefault((post_id, revision), {})
        name = "/".join(map(str, labeler))
        whose[name] = max(answer, whose.get(name, answer))
    found: dict[Identity, Spans] = {}
    for identity, answers in newest.items():
        for _, key in answers.values():
            try:
                value = loads(labels.get(key).body)
                if value.get("kind", "labels") in ("labels", "gold") and not value.get("withdrawn"):
                    given = labelset.spans(value["spans"], value["settings"], done)
                    found[identity] = [(one["start"], one["end"], one["label"]) for one in given]
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                _pass_over(key, error)
    return found


def _pass_over(key: str, error: Exception) -> None:
    """One broken object costs its examples, not the job. `manage.py reconcile` names it."""
