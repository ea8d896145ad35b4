"""Who may label which project: its members, or all labelers where it names none. Reviewers may everywhere."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from labeler.accounts.models import User
from labeler.labeling.models import Project


def may_label(project: Project, user: User) -> bool:
    members = project.settings.members
    return not members or user.labeler_id in members or "reviewer" in user.roles


def project_for(user: User, slug: str) -> Project:
    """The project of a page; 404 where there is none, 403 where the user is no member."""
    project = get_object_or_404(Project, slug=slug)
    if not may_label(project, user):
        raise PermissionDenied(f"you are no member of the project {slug!r}")
    return project
