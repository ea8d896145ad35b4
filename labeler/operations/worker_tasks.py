"""What the worker does for reviewers."""

import threading
from collections import Counter

from labeler import record_store
from labeler.adjudication import comparisons, decisions, rulings
from labeler.adjudication.models import ReviewEvent
from labeler.audit.models import AuditEntry
from labeler.labeling import duplicates
from labeler.operations import bulk, figures, observations
from labeler.worker.loop import PeriodicTask


def sweep(stopping: threading.Event) -> "Counter[str]":
    """Events and audit entries that wait for S3. Housekeeping, so it tells of nothing done."""
    record_store.sweep(ReviewEvent)
    record_store.sweep(AuditEntry)
    return Counter()


TASKS = {
    "compare": PeriodicTask(comparisons.catch_up),
    "pass-agreed": PeriodicTask(decisions.pass_agreed),
    "rulings": PeriodicTask(rulings.apply),
    "bulk": PeriodicTask(bulk.run),
    "count": PeriodicTask(figures.run),
    "duplicates": PeriodicTask(duplicates.run),
    "look": PeriodicTask(observations.run),
    "sweep-reviews": PeriodicTask(sweep),
}
