"""Bulk actions, and the figures and observations that the dashboard shows."""

from labeler.operations.models.bulk import BulkAction
from labeler.operations.models.figures import Daily, Figures
from labeler.operations.models.look import Look

__all__ = ["BulkAction", "Daily", "Figures", "Look"]
