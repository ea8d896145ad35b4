"""A task asks for annotations of one post; its assignments say how many, and who is at it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeler.labeling.models.post import Post
from labeler.labeling.models.project import Project
from pipeline.draw import draw


class Task(models.Model):
    """Pins one revision. `state` follows from the facts beside it, the post's `current` and the assignments, see
    `tasks.states`: open; done, when nobody is asked any more; closed, when nobody was; ended, when nobody was, since
    the posting is gone; stale, when a newer text came after work had begun; deleted.
    """

    class State(models.TextChoices):
        OPEN = "open"
        DONE = "done"
        CLOSED = "closed"
        STALE = "stale"
        ENDED = "ended"
        DELETED = "deleted"

    project = models.ForeignKey(Project, models.PROTECT, related_name="tasks")
    post = models.OneToOneField(Post, models.PROTECT, related_name="task")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    closed = models.BooleanField(default=False, help_text="an admin wants no more answers")
    deleted = models.BooleanField(default=False, help_text="taken out of use by an admin")
    withheld = models.BooleanField(
        default=False, db_default=False, help_text="its posting has ended, and the project hands none such out"
    )
    decided = models.BooleanField(default=False, help_text="a decision stands: it may be asked as a question")
    rank = models.BigIntegerField(help_text="order of work: the lowest comes first")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "done", "closed", "stale", "ended", "deleted"]),
                name="task_state_is_known",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "state"], name="task_by_state"),
            models.Index(fields=["state", "post"], name="task_state_by_post"),  # for lists of posts
            models.Index(fields=["project", "id"], condition=Q(decided=True), name="task_decided"),
        ]

    def __str__(self) -> str:
        return f"task {self.pk}"

    @property
    def hides_suggestions(self) -> bool:
        """Whether this post is in the project's share without suggestions: the same answer for every labeler."""
        share = self.project.settings.hidden_share
        return share > 0 and draw(self.post.post_id) < share


class Assignment(models.Model):
    """One of the independent annotations a task wants: free, held under a lease, or answered.

    There are as many rows as the task's redundancy, so no number of labelers at the same moment can go beyond it.
    A `question` is beyond that: asked of one labeler, where the task is decided, to see how they do.
    The lease is `labeler`, `token` (new at each claim: who holds an older one has lost it) and `leased_until`.
    """

    class State(models.TextChoices):
        OPEN = "open"
        ANSWERED = "answered"
        CLOSED = "closed"
        DELETED = "deleted"

    task = models.ForeignKey(Task, models.CASCADE, related_name="assignments")
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    rank = models.BigIntegerField(help_text="that of the task, for one index to find the next")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    annotator_set = models.BigIntegerField(default=0, help_text="the labelers who are done with the task, as a number")
    labeler = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="assignments"
    )
    token = models.CharField(max_length=32, null=True, blank=True, unique=True)
    leased_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    question = models.BooleanField(default=False)
    kept_for = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "number"], name="assignment_once"),
            models.UniqueConstraint(
                fields=["task", "labeler"], condition=Q(labeler__isnull=False), name="assignment_one_per_labeler"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "answered", "closed", "deleted"]), name="assignment_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="answered") | Q(labeler__isnull=False), name="assignment_answered_by_somebody"
            ),
            models.CheckConstraint(
                condition=Q(token__isnull=True, leased_until__isnull=True)
                | Q(token__isnull=False, leased_until__isnull=False, labeler__isnull=False),
                name="assignment_lease_is_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "state", "annotator_set", "rank", "id"], name="assignment_next"),
            models.Index(fields=["labeler", "project"], condition=Q(token__isnull=False), name="assignment_leased"),
        ]

    def __str__(self) -> str:
        return f"assignment {self.number} of task {self.task_id}"
