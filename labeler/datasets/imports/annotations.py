"""Labels that came with a file, as annotations: of an account that stands for whoever labelled the file."""

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from labeler.accounts import account_names
from labeler.accounts.models import User
from labeler.labeling.answering.spanindex import spans_of, supersede
from labeler.labeling.models import Annotation, Project, Task
from labeler.labeling.models.annotation import build
from labeler.labeling.models.post import IMPORTED
from labeler.labeling.tasks import transitions
from labeler.sql import insert
from pipeline.carry import OFF, carried
from pipeline.schema import Json, PostReady, ProjectSettings, Span

PARAMETERS = 400  # of one query: SQLite has a limit


def labeler_of(source: str, by: str) -> User:
    """The same account at every import of a source; nobody can log in as it."""
    digest = hashlib.sha256(f"import\0{source}\0{by}".encode()).digest()
    labeler_id = base64.b32encode(digest).decode().lower()[:16]
    user, _ = User.objects.get_or_create(
        labeler_id=labeler_id, defaults={"username": f"{account_names.IMPORTED}{labeler_id}", "is_active": False}
    )
    return user


def take(
    project: Project, batch: Sequence[PostReady], settings: ProjectSettings
) -> tuple[list[Annotation], "Counter[str]"]:
    """Adds the rows of the labelled ones among posts that are in the inbox; returns those to be stored.

    `settings`: those whose labels the batch has; the project's may have changed since. Runs in the caller's
    transaction. An answer that is there already is passed over, another one of the same account becomes its n + 1.
    """
    labelled = {ready.post.identity[1:]: ready for ready in batch if "answer" in ready.post.extra[IMPORTED]}
    tasks = _tasks(project, {post_id for post_id, _ in labelled})
    users: dict[tuple[str, str], User] = {}
    made: list[Annotation] = []
    counts: Counter[str] = Counter()
    for ready in batch:
        answer = ready.post.extra[IMPORTED].get("answer")
        task = tasks.get(ready.post.identity[1:])
        if answer is None or task is None:
            continue
        who = ready.post.source, answer["by"]
        if who not in users:
            users[who] = labeler_of(*who)
        row = _row(settings, task, users[who], ready, answer)
        counts["answers" if row else "answers there already"] += 1
        if row:
            made.append(row)
    _save(made)
    return made, counts


def _tasks(project: Project, post_ids: set[str]) -> dict[tuple[str, str], Task]:
    found = {}
    ids = sorted(post_ids)
    for at in range(0, len(ids), PARAMETERS):
        rows = Task.objects.filter(project=project, post__post_id__in=ids[at : at + PARAMETERS])
        for task in rows.select_related("post").prefetch_related("annotations"):
            task.project = task.post.project = project
            found[task.post.post_id, task.post.revision] = task
    return found


def _row(settings: ProjectSettings, task: Task, labeler: User, ready: PostReady, answer: Json) -> Annotation | None:
    post = task.post
    given = [Span(start, end, label, OFF, OFF) for start, end, label in answer["spans"]]
    spans = [one.to_json() for one in sorted(carried(given, post.ranges()))]
    before = [one for one in task.annotations.all() if one.labeler_id == labeler.pk]
    last = max(before, key=lambda one: one.n, default=None)
    if last and last.kind == Annotation.Kind.LABELS and last.spans == spans:
        return None
    if last:
        supersede(last)
    at = datetime.fromisoformat(ready.post.fetched_at)
    n = last.n + 1 if last else 1
    return build(
        task,
        labeler,
        n,
        kind=Annotation.Kind.LABELS,
        settings_event=settings.n,
        guideline_version=settings.guideline_version,
        started_at=at,
        submitted_at=at,
        idempotency_key=_once(ready, n),
        trace_id=ready.post.trace_id,
        spans=spans,
    )


def _once(ready: PostReady, n: int) -> str:
    """Of the n-th answer to a post: the same row may come into several projects, or again under another id."""
    post = hashlib.sha256("\0".join(ready.post.identity).encode()).hexdigest()
    return f"import-{post[:40]}-{n}"


def _save(made: Sequence[Annotation]) -> None:
    insert(made)
    insert([span for row in made for span in spans_of(row, row.task.post.text)])
    transitions.refit({row.task_id for row in made})
