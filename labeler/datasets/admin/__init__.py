"""Django admin of imports and releases."""

from labeler.datasets.admin.imports import ImportAdmin
from labeler.datasets.admin.releases import ReleaseAdmin

__all__ = ["ImportAdmin", "ReleaseAdmin"]
