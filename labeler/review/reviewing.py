"""What the worker does for reviewers."""

import threading
from collections import Counter

from labeler.labeling.answering import storing
from labeler.labeling.background import Chore
from labeler.review import audit, bulk, counting, duplicates, looking
from labeler.review.adjudication import comparing, decisions, rulings
from labeler.review.models import ReviewEvent


def sweep(stopping: threading.Event) -> "Counter[str]":
    """Events and audit entries that wait for S3. Housekeeping, so it tells of nothing done."""
    storing.sweep(ReviewEvent)
    audit.sweep()
    return Counter()


CHORES: dict[str, Chore] = {
    "compare": comparing.catch_up,
    "pass-agreed": decisions.pass_agreed,
    "rulings": rulings.apply,
    "bulk": bulk.run,
    "count": counting.run,
    "duplicates": duplicates.run,
    "look": looking.run,
    "sweep-reviews": sweep,
}
