"""Django admin of projects, posts and annotations."""

from labeler.labeling.admin.annotations import AnnotationAdmin
from labeler.labeling.admin.posts import PostAdmin
from labeler.labeling.admin.projects import ProjectAdmin

__all__ = ["AnnotationAdmin", "PostAdmin", "ProjectAdmin"]
