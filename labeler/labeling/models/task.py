"""A task asks for annotations of one post; its places say how many, and who is at it."""

import hashlib

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeler.labeling.models.post import Post
from labeler.labeling.models.project import Project


class Task(models.Model):
    """Pins one revision. `closed`: a newer revision came before anybody began; `stale`: it came after.

    `deleted`: taken out by an admin; see `deleting`.
    """

    class State(models.TextChoices):
        OPEN = "open"
        DONE = "done"
        CLOSED = "closed"
        STALE = "stale"
        DELETED = "deleted"

    project = models.ForeignKey(Project, models.PROTECT, related_name="tasks")
    post = models.OneToOneField(Post, models.PROTECT, related_name="task")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    rank = models.BigIntegerField(help_text="order of work: the lowest comes first")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "done", "closed", "stale", "deleted"]), name="task_state_is_known"
            ),
        ]
        indexes = [
            models.Index(fields=["project", "state"], name="task_by_state"),
            models.Index(fields=["state", "post"], name="task_state_by_post"),  # for lists of posts
        ]

    def __str__(self) -> str:
        return f"task {self.pk}"

    @property
    def hides_suggestions(self) -> bool:
        """Whether this post is in the project's share without suggestions: the same answer for every labeler."""
        drawn = int.from_bytes(hashlib.sha256(self.post.post_id.encode()).digest()[:4], "big") / (1 << 32)
        return drawn < self.project.settings.hidden_share


class Assignment(models.Model):
    """One of the independent annotations a task wants: free, held under a lease, or answered.

    There are as many rows as the task's redundancy, so no number of labelers at the same moment can go beyond it.
    The lease is `labeler`, `token` (new at each claim: who holds an older one has lost it) and `leased_until`.
    """

    class State(models.TextChoices):
        OPEN = "open"
        ANSWERED = "answered"
        CLOSED = "closed"
        DELETED = "deleted"  # open before its task was deleted

    task = models.ForeignKey(Task, models.CASCADE, related_name="assignments")
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    rank = models.BigIntegerField(help_text="that of the task, for one index to find the next")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    crew = models.BigIntegerField(default=0, help_text="who has answered the task already, see `crews`")
    labeler = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="assignments"
    )
    token = models.CharField(max_length=32, null=True, blank=True, unique=True)
    leased_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    kept_for = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "number"], name="place_once"),
            models.UniqueConstraint(
                fields=["task", "labeler"], condition=Q(labeler__isnull=False), name="place_one_per_labeler"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "answered", "closed", "deleted"]), name="place_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="answered") | Q(labeler__isnull=False), name="place_answered_by_somebody"
            ),
            models.CheckConstraint(
                condition=Q(token__isnull=True, leased_until__isnull=True)
                | Q(token__isnull=False, leased_until__isnull=False, labeler__isnull=False),
                name="place_lease_is_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "state", "crew", "rank", "id"], name="place_next"),
            models.Index(fields=["labeler", "project"], condition=Q(token__isnull=False), name="place_leased"),
        ]

    def __str__(self) -> str:
        return f"place {self.number} of task {self.task_id}"
