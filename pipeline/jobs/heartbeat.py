"""Keeps a job while it is worked on: heartbeat in the table, visibility in the queue."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Self

from pipeline.jobs import states
from pipeline.jobs.services import JobServices
from pipeline.jobs.transitions import move
from pipeline.ports import StoreUnavailable
from pipeline.schema.job import Job

LOOK_SECONDS = 1  # between two looks whether the job was cancelled


class Overtaken(Exception):
    """The job was cancelled, or another worker has it."""


class Stopped(Exception):
    """This worker was told to stop."""


class Heartbeat:
    """Beats in a thread of its own, since an annotator may be busy for long. `progress` is called for each row."""

    def __init__(
        self, services: JobServices, job: Job, seconds: float, extend: Callable[[], None], stop: threading.Event
    ) -> None:
        self._services, self._job, self._seconds = services, job, seconds
        self._extend = extend
        self._stop = stop
        self._over = threading.Event()
        self._overtaken = threading.Event()
        self._rows = (0, 0)
        self._thread = threading.Thread(target=self._beat, daemon=True, name=f"heartbeat-{job.id}")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def progress(self, done: int, total: int) -> None:
        """Raises `Overtaken` or `Stopped`, which end the run."""
        self._rows = done, total
        if self._overtaken.is_set():
            raise Overtaken
        if self._stop.is_set():
            raise Stopped

    def _beat(self) -> None:
        job, services = self._job, self._services
        due = time.monotonic() + self._seconds
        while not self._over.wait(min(self._seconds, LOOK_SECONDS)):
            try:
                if time.monotonic() < due:
                    self._moved(services.table.get(job.user, job.id) or replace(job, attempt=-1))
                    continue
                move(services.table, job.user, job.id, self._moved)
                self._extend()
                due = time.monotonic() + self._seconds
            except states.NotAllowed:
                self._overtaken.set()
                return
            except StoreUnavailable:
                continue  # a few beats may be missed; if it lasts, somebody else takes the job

    def _moved(self, old: Job) -> Job:
        return states.beat(old, self._job.attempt, self._services.now(), *self._rows)
