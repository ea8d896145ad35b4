"""What the worker does for reviewers."""

import threading
from collections import Counter

from labeler import record_store
from labeler.adjudication import comparisons, decisions, rulings
from labeler.adjudication.models import ReviewEvent
from labeler.audit.models import AuditEntry
from labeler.labeling import duplicates
from labeler.operations import bulk, figures, observations
from labeler.worker.rounds import Chore


def sweep(stopping: threading.Event) -> "Counter[str]":
    """Events and audit entries that wait for S3. Housekeeping, so it tells of nothing done."""
    record_store.sweep(ReviewEvent)
    record_store.sweep(AuditEntry)
    return Counter()


CHORES: dict[str, Chore] = {
    "compare": comparisons.catch_up,
    "pass-agreed": decisions.pass_agreed,
    "rulings": rulings.apply,
    "bulk": bulk.run,
    "count": figures.run,
    "duplicates": duplicates.run,
    "look": observations.run,
    "sweep-reviews": sweep,
}
