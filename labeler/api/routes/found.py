"""What addresses name, or 404."""

from typing import Annotated

from django.http import Http404
from ninja import Path

from labeler.labeling import projects
from labeler.labeling.models import Post, Project

Slug = Annotated[str, Path(max_length=60, description="the project's name in addresses", examples=["job-posts"])]
PostId = Annotated[str, Path(pattern=r"^[a-z2-7]{26}$", description="of 26 letters and digits")]


def project(slug: str) -> Project:
    found = projects.find(slug)
    if found is None:
        raise Http404(f"there is no project {slug!r}")
    return found


def post(row: Project, post_id: str, revision: str = "") -> Post:
    """The current text, unless a revision is named."""
    posts = Post.objects.select_related("task", "project").filter(project=row, post_id=post_id)
    wanted = posts.filter(revision=revision) if revision else posts.filter(current=True)
    found = wanted.order_by("-fetched_at").first()
    if found is None:
        raise Http404(f"project {row.slug!r} has no post {post_id}" + (f" of revision {revision}" if revision else ""))
    return found
