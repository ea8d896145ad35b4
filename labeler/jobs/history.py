"""What happened to a job, as admins read it: its attempts, made from the moves that were noted. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.schema.job import Job

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
