"""Datasets on their way in and out: imports, gold answers, releases. `manage.py rebuild` recreates the last two."""

from labeler.review.models.gold import Gold
from labeler.review.models.imports import Import
from labeler.review.models.release import Release

__all__ = ["Gold", "Import", "Release"]
