"""What the worker does for datasets."""

from labeler.labeling.background import Chore

CHORES: dict[str, Chore] = {}
