"""What the worker does for reviewers."""

from labeler.labeling.background import Chore
from labeler.review import bulk, counting
from labeler.review.adjudication import comparing, decisions, rulings

CHORES: dict[str, Chore] = {
    "compare": comparing.catch_up,
    "pass-agreed": decisions.pass_agreed,
    "rulings": rulings.apply,
    "bulk": bulk.run,
    "count": counting.run,
}
