"""A job in words, as lists and pages show it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.timesince import timeuntil

from pipeline.jobs.mail import REFUSED, counted
from pipeline.schema.job import (
    ARCHIVED,
    ARCHIVING,
    CANCELLED,
    COMPLETED,
    DELETING,
    FAILED,
    PENDING,
    RUNNING,
    THAWING,
    UPLOADING,
    Job,
)

PILLS = {
    UPLOADING: ("Uploading", "soft"),
    PENDING: ("Waiting", "soft"),
    RUNNING: ("Running", "soft"),
    COMPLETED: ("Completed", "ok"),
    FAILED: ("Failed", "bad"),
    CANCELLED: ("Cancelled", "soft"),
    ARCHIVING: ("Archiving", "soft"),
    ARCHIVED: ("Archived", "soft"),
    THAWING: ("Restoring", "soft"),
    DELETING: ("Deleting", "soft"),
}
MOVING = frozenset({UPLOADING, PENDING, RUNNING, ARCHIVING, THAWING, DELETING})


@dataclass(frozen=True, slots=True)
class Shown:
    job: Job
    at: datetime
    free: bool  # the owner's plan

    @property
    def pill(self) -> str:
        return PILLS[self.job.state][0]

    @property
    def tone(self) -> str:
        return PILLS[self.job.state][1]

    @property
    def moving(self) -> bool:
        """Whether its state is about to change, so that the page should look again."""
        return self.job.state in MOVING

    @property
    def created(self) -> datetime:
        return datetime.fromisoformat(self.job.created_at)

    @property
    def since(self) -> datetime:
        return datetime.fromisoformat(self.job.since)

    @property
    def times(self) -> list[tuple[str, datetime]]:
        """What else has a time, for admins."""
        job = self.job
        known = {
            "Worker asked for": job.queued_at,
            "Last heartbeat": job.heartbeat_at,
            "Ended": job.finished_at,
            "End told": job.announced_at,
            "Kept until": job.keep_until,
            "Archived": job.archived_at,
        }
        return [(name, datetime.fromisoformat(at)) for name, at in known.items() if at]

    @property
    def finished(self) -> datetime | None:
        return datetime.fromisoformat(self.job.finished_at) if self.job.finished_at else None

    @property
    def annotator(self) -> str:
        project = next(iter(self.job.options.values()), "") if self.job.annotator == "labels" else ""
        more = f" of {project}" if project else ", own file" if self.own_file else ""
        return f"{self.job.annotator}{more}"

    @property
    def own_file(self) -> str:
        """Key of the rules that were handed in with it; empty where there are none."""
        return next((key for key in self.job.options.values() if key.startswith(self.job.prefix)), "")

    @property
    def line(self) -> str:
        """What has happened and what comes next, in one sentence or two."""
        job = self.job
        summary = job.summary
        done = f"{counted(summary)} in {self.duration}."
        return {
            UPLOADING: "The file has not arrived yet.",
            PENDING: "A worker will take it in a moment." if job.attempt == 0 else "Another worker will take it.",
            RUNNING: f"{job.rows_done:,} of {job.rows_total:,} rows." if job.rows_total else "Reading the file.",
            COMPLETED: done,
            FAILED: job.reason[:1].upper() + job.reason[1:],
            CANCELLED: job.reason or "Cancelled; nothing was kept but the file.",
            ARCHIVING: f"{done} Moving to the archive.",
            ARCHIVED: f"{done} Kept in the archive.{' Premium brings it back.' if self.free else ''}",
            THAWING: f"Asked for; usually {self.wait}. We will mail you.",
            DELETING: "Its files are being deleted.",
        }[job.state]

    @property
    def warning(self) -> str:
        job = self.job
        if job.state == COMPLETED and self.free and job.keep_until:
            left = datetime.fromisoformat(job.keep_until)
            return f"Archived in {timeuntil(left, self.at, depth=1)}" if left > self.at else "Archived in a moment"
        return ""

    @property
    def mail_refused(self) -> bool:
        return REFUSED in self.job.mails.values()

    @property
    def wait(self) -> str:
        return "some hours" if self.job.thaw_tier == "Standard" else "five minutes"

    @property
    def duration(self) -> str:
        return lasted(float(self.job.summary.get("seconds", 0)))

    @property
    def downloadable(self) -> bool:
        return self.job.state == COMPLETED

    @property
    def has_log(self) -> bool:
        return bool(self.job.finished_at) and self.job.state not in (CANCELLED, DELETING)

    @property
    def cancellable(self) -> bool:
        return self.job.state in (PENDING, RUNNING)

    @property
    def labels(self) -> list[tuple[str, int]]:
        return list(self.job.summary.get("labels", {}).items())

    @property
    def refusals(self) -> list[dict[str, object]]:
        return list(self.job.summary.get("refusals", []))


_ENDS = {"complete": "completed", "give back": "given back", "fail": "failed", "cancel": "cancelled"}


@dataclass(frozen=True, slots=True)
class Attempt:
    number: int
    worker: str
    began: datetime
    ended: datetime | None = None
    how: str = "running"
    why: str = ""

    @property
    def seconds(self) -> float | None:
        return (self.ended - self.began).total_seconds() if self.ended else None


@dataclass(frozen=True, slots=True)
class Event:
    at: datetime
    name: str
    state: str
    attempt: int
    detail: str


def events(job: Job) -> Iterator[Event]:
    """Oldest first."""
    for one in job.events:
        yield Event(
            datetime.fromisoformat(one["at"]), one["event"], one["state"], int(one["attempt"]), one.get("detail", "")
        )


def attempts(job: Job) -> list[Attempt]:
    """Oldest first."""
    found: dict[int, Attempt] = {}
    for one in events(job):
        if one.name == "take":
            found[one.attempt] = Attempt(one.attempt, one.detail, one.at)
        elif one.name in _ENDS and (begun := found.get(one.attempt)) and begun.ended is None:
            found[one.attempt] = Attempt(begun.number, begun.worker, begun.began, one.at, _ENDS[one.name], one.detail)
    return list(found.values())


def lasted(seconds: float) -> str:
    """1.5 → 1.5 s; 90 → 0:01:30."""
    if seconds < 1:
        return "under a second"
    return f"{seconds:.1f} s" if seconds < 60 else str(timedelta(seconds=round(seconds)))
