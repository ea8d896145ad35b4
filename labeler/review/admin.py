"""Django admin of what reviewers see: decisions, comparisons, bulk actions, the audit log."""

from labeler.review.adminpages.audit import AuditAdmin
from labeler.review.adminpages.bulk import BulkAdmin
from labeler.review.adminpages.decisions import ComparisonAdmin, GoldAdmin
from labeler.review.adminpages.imports import ImportAdmin
from labeler.review.adminpages.releases import ReleaseAdmin

__all__ = ["AuditAdmin", "BulkAdmin", "ComparisonAdmin", "GoldAdmin", "ImportAdmin", "ReleaseAdmin"]
