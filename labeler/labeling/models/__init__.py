"""The index over the buckets: projects, posts, who labels what, and the answers. `manage.py rebuild` recreates it."""

from labeler.labeling.models.annotation import Annotation, Draft, LabeledSpan
from labeler.labeling.models.band import Band
from labeler.labeling.models.cursor import Cursor
from labeler.labeling.models.post import Ending, Post
from labeler.labeling.models.project import Project
from labeler.labeling.models.pushed import Pushed
from labeler.labeling.models.sent_back import SentBack
from labeler.labeling.models.task import Assignment, Task

__all__ = [
    "Annotation",
    "Assignment",
    "Band",
    "Cursor",
    "Draft",
    "Ending",
    "LabeledSpan",
    "Post",
    "Project",
    "Pushed",
    "SentBack",
    "Task",
]
