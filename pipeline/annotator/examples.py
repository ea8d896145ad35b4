"""What a project's labels say, as a file that the annotator `labels` learns from: its gold, else its annotations."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import orjson

from pipeline import archive, labelset
from pipeline.annotated import ANNOTATIONS, GOLD, newest_keys
from pipeline.labelset import Operation
from pipeline.messages import loads
from pipeline.ports import ObjectMissing, ObjectStore
from pipeline.projects import SETTINGS_KEY
from pipeline.schema import Json, PostReady, ProjectSettings

from .plugin import BadInput

Identity = tuple[str, str]  # post_id, revision
Spans = list[tuple[int, int, str]]


def check_member(project: str, labels: ObjectStore, labeler: str) -> None:
    """Raises `BadInput` for a labeler who may not label there now, and for a project that nothing is known of."""
    settings = _settings(project, labels)
    if settings is None or not settings.has_member(labeler):
        raise BadInput(f"project {project!r}: you are no member of it")


def write(project: str, labels: ObjectStore, posts: ObjectStore, target: Path) -> None:
    """One line a labelled text. Memory is that of the spans; texts pass by. Raises `BadInput` when there are none."""
    settings = _settings(project, labels)
    done = labelset.operations(settings) if settings else []
    spans = _spans(labels, project, GOLD, done) or _spans(labels, project, ANNOTATIONS, done)
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


def _settings(project: str, labels: ObjectStore) -> ProjectSettings | None:
    try:
        body = labels.get(SETTINGS_KEY.format(project=project)).body
    except ObjectMissing:
        return None
    return ProjectSettings.from_json(loads(body))


def _spans(labels: ObjectStore, project: str, kind: str, done: Sequence[Operation]) -> dict[Identity, Spans]:
    """The newest annotation of each text, by the labels of now; of several labelers' that of the last in the order of
    keys. Skips and withdrawn ones are none."""
    found: dict[Identity, Spans] = {}
    for identity, keys in newest_keys(labels, project, kind).items():
        for key in keys:
            try:
                value = loads(labels.get(key).body)
                if value.get("kind", "labels") in ("labels", "gold") and not value.get("withdrawn"):
                    given = labelset.spans(value["spans"], value["settings"], done)
                    found[identity] = [(span["start"], span["end"], span["label"]) for span in given]
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                _pass_over(key, error)
    return found


def _pass_over(key: str, error: Exception) -> None:
    """One broken object costs its examples, not the job. `manage.py reconcile` names it."""
