"""What the worker does for labeling: empties the posts' queue, stores what S3 did not take, fits tasks to settings."""

import threading
from collections import Counter

from django.db.models import F

from labeler import record_store
from labeler.labeling import duplicates
from labeler.labeling.intake import inbox
from labeler.labeling.models import Annotation, Project
from labeler.labeling.tasks import resize
from labeler.worker.loop import PeriodicTask

DRAIN = 500  # posts between two looks at whether to stop


def drain(stopping: threading.Event) -> "Counter[str]":
    counts = Counter[str]()
    while not stopping.is_set():
        outcomes = inbox.drain(DRAIN)
        counts.update({f"posts {outcome}": count for outcome, count in outcomes.items()})
        if outcomes.total() < DRAIN:
            break
    return counts


def sweep(stopping: threading.Event) -> "Counter[str]":
    """Counts none stored where some wait for S3 and none was taken: they are to be tried again soon."""
    counts = Counter[str]()
    while not stopping.is_set():
        stored, left = record_store.sweep(Annotation)
        if stored or left:
            counts["answers stored"] += stored
        if not stored:
            break
    return counts


def fit(stopping: threading.Event) -> "Counter[str]":
    counts = Counter[str]()
    for project in Project.objects.filter(fitted__lt=F("event")):
        counts["tasks fitted"] += resize.fit(project, stopping.is_set)
    return counts


TASKS = {
    "drain": PeriodicTask(drain, before_database=True, wakes=True),
    "sweep": PeriodicTask(sweep, wakes=True),
    "fit": PeriodicTask(fit),
    "duplicates": PeriodicTask(duplicates.run),
}
