"""Work that outlasts a page: the worker's rounds, and commands sent to it through SQS."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connection

from labeler.services import cloud
from labeler.worker import commands
from pipeline.ports import Received, StoreUnavailable

log = logging.getLogger(__name__)

POLL_SECONDS = 2  # how long SIGTERM may have to wait for an empty queue
PAUSE_SECONDS = 5  # after AWS was away
LOOK_SECONDS = 6 * 3600  # a look wakes a database that sleeps, for ten minutes at least
AWAKE_SECONDS = 120  # longer than pages wait before they send word again
REST_SECONDS = 60  # of a task that failed: what broke it once breaks it again a second later

DATABASE_AWAY = OperationalError, InterfaceError
AWAY = StoreUnavailable, *DATABASE_AWAY  # what may go by itself: waited for, and nobody's fault
OUR_FAULT = "our fault; it is in the log ({!r})"  # the reason that a row gives for any other error


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """Run every round, and must be safe to repeat and to break off when the event it is given says so.

    `run` returns counts of what it did; 0 of what it found and could not do. Whatever it raises fails this task alone.
    """

    run: Callable[[threading.Event], "Counter[str]"]
    before_database: bool = False  # it looks into a queue first, so that it may run where the database is to sleep
    wakes: bool = False  # where it found something there may be more that comes of it


# By the command that asks for it at once; each app adds its own.
periodic_tasks: dict[str, PeriodicTask] = {}


class Worker:
    """Goes round until it is stopped; `done` counts what was done.

    Where the database sleeps when nobody is connected, a worker looks into it only for some minutes after a message in
    one of its queues, and every six hours for what nobody sent word of.
    """

    def __init__(
        self, protect: Callable[[bool], None] = lambda is_at_work: None, now: Callable[[], float] = time.monotonic
    ) -> None:
        """`protect` is told when a command is in hand, and when none is left."""
        self.done = Counter[str]()
        self._stopping = threading.Event()
        self._protect, self._now = protect, now
        self._look_at = self._awake_until = self._now()
        self._rests_until: dict[str, float] = {}  # by the name of a task that failed
        self._away: Exception | None = None  # the first thing that a round's tasks found away

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        while not self._stopping.is_set():
            began = self._now()
            try:
                self.round(POLL_SECONDS)
                close_old_connections()  # at once, where the database may sleep; else those that are old or broken
            except StoreUnavailable as error:
                self._pause("AWS is away", error)
            except DATABASE_AWAY as error:
                connection.close()
                self._pause("the database is away, or waking up", error)
            else:
                # A queue that answers at once, though it has nothing, must not make a busy loop.
                self._stopping.wait(max(0.0, POLL_SECONDS / 2 - (self._now() - began)))

    def _pause(self, what: str, error: Exception) -> None:
        log.warning("%s, trying again in %d s: %s", what, PAUSE_SECONDS, error)
        self._stopping.wait(PAUSE_SECONDS)

    def round(self, wait_seconds: int) -> None:
        """Does all that waits, then takes commands until there are no more. Raises one of `AWAY`, once all have had
        their turn."""
        self._away = None
        for name, task in periodic_tasks.items():
            if task.before_database:
                self._take_turn(name)
        if self._may_look():
            for name in periodic_tasks:
                self._take_turn(name)
            if not self._away:
                self._look_at = self._now() + LOOK_SECONDS
        if self._away:
            raise self._away
        while received := cloud().work.receive(1, wait_seconds):
            self._protect(True)
            self._obey(received[0])
            self._stay_awake()
            if self._stopping.is_set():
                return
            wait_seconds = 0
        self._protect(False)

    def _may_look(self) -> bool:
        now = self._now()
        return not settings.DATABASE_MAY_SLEEP or now < self._awake_until or now >= self._look_at

    def _stay_awake(self) -> None:
        """Where there was something to do there may be more that came of it, or that comes at the same time."""
        self._awake_until = self._now() + AWAKE_SECONDS

    def _take_turn(self, name: str) -> None:
        """What is away for one task may be there for the others."""
        if self._now() < self._rests_until.get(name, 0.0):
            return
        try:
            self._run(name)
        except AWAY as error:
            log.warning("the task %r waits: %s", name, error)
            if isinstance(error, DATABASE_AWAY):
                connection.close()
            self._away = self._away or error

    def _run(self, name: str) -> bool:
        """Whether it did not fail. Raises what is `AWAY`."""
        task = periodic_tasks[name]
        try:
            counts = task.run(self._stopping)
        except AWAY:
            raise
        except (Exception, SystemExit):  # a library may end the program it is in
            log.exception("the task %r failed and rests for %d s; the others go on", name, REST_SECONDS)
            self.done["tasks failed"] += 1
            self._rests_until[name] = self._now() + REST_SECONDS
            return False
        self._rests_until.pop(name, None)
        self.done.update(counts)
        if counts and task.wakes:
            self._stay_awake()
        return True

    def _obey(self, received: Received) -> None:
        try:
            name = commands.read(received.body, periodic_tasks)
        except ValueError as error:
            self.done["commands refused"] += 1
            cloud().bury("work", received, error)
            return
        if not self._run(name):
            return  # the command comes again, and in the end shows in the dead-letter queue
        cloud().work.delete([received.receipt])
        self.done["commands done"] += 1
