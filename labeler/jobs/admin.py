"""Django admin of annotation jobs, which are in DynamoDB, and of plans."""

from labeler.jobs.adminpages.jobs import AnnotationJobAdmin
from labeler.jobs.adminpages.plans import PlanChangeAdmin

__all__ = ["AnnotationJobAdmin", "PlanChangeAdmin"]
