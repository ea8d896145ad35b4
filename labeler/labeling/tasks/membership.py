"""Who may label which project: its members, or all labelers where it names none. Reviewers may everywhere."""

from django.core.exceptions import PermissionDenied
from django.http import Http404

from labeler.accounts.models import User
from labeler.labeling.models import Project
from labeler.labeling.tasks import rows
from labeler.sql import Instances

_PROJECT = Instances(
    f"SELECT {rows.PROJECT.sql}, project.body FROM labeling_project AS project WHERE project.slug = %s",  # noqa: S608
    rows.PROJECT,
)


def may_label(project: Project, user: User) -> bool:
    return project.settings.has_member(user.labeler_id) or "reviewer" in user.roles


def project_for(user: User, slug: str) -> Project:
    """The project of a page; 404 where there is none, 403 where the user is no member."""
    found = _PROJECT.row(slug)
    if found is None:
        raise Http404(f"there is no project {slug!r}")
    project: Project = found[0]
    project.hold(found[1])
    if not may_label(project, user):
        raise PermissionDenied(f"you are no member of the project {slug!r}")
    return project
