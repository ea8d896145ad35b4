"""Datasets on their way in and out, and what reviewers see and decide. Gold and releases are rebuilt from S3."""

from labeler.review.models.audit import AuditEntry
from labeler.review.models.band import Band
from labeler.review.models.bulk import BulkAction
from labeler.review.models.comparison import Comparison, Cursor
from labeler.review.models.event import ReviewEvent, Touched
from labeler.review.models.figures import Daily, Figures
from labeler.review.models.gold import Gold
from labeler.review.models.imports import Import
from labeler.review.models.look import Look
from labeler.review.models.pushed import Pushed
from labeler.review.models.release import Release
from labeler.review.models.ruling import Ruling

__all__ = [
    "AuditEntry",
    "Band",
    "BulkAction",
    "Comparison",
    "Cursor",
    "Daily",
    "Figures",
    "Gold",
    "Import",
    "Look",
    "Pushed",
    "Release",
    "ReviewEvent",
    "Ruling",
    "Touched",
]
