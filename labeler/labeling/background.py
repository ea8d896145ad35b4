"""Work that outlasts a page: the worker's rounds, and commands sent to it through SQS."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial

from django.db.models import F

from labeler.cloud import cloud
from labeler.labeling import commands, inbox, places, storing
from labeler.labeling.models import Project
from pipeline.ports import Received, StoreUnavailable

log = logging.getLogger(__name__)

POLL_SECONDS = 2  # how long SIGTERM may have to wait for an empty queue
PAUSE_SECONDS = 5  # after AWS was away
DRAIN = 500  # posts between two looks at whether to stop


# What other apps have the worker do, by command; each is run every round, and must be safe to repeat and to break off
# when `stopping` says so. It returns counts of what it did.
Chore = Callable[[threading.Event], "Counter[str]"]
chores: dict[str, Chore] = {}


class Worker:
    """Goes round until it is stopped; `done` counts what was done."""

    def __init__(self) -> None:
        self.done = Counter[str]()
        self._stopping = threading.Event()

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                self.round(POLL_SECONDS)
            except StoreUnavailable as error:
                log.warning("AWS is away, trying again in %d s: %s", PAUSE_SECONDS, error)
                self._stopping.wait(PAUSE_SECONDS)
            else:
                # A queue that answers at once, though it has nothing, must not make a busy loop.
                self._stopping.wait(max(0.0, POLL_SECONDS / 2 - (time.monotonic() - began)))

    def round(self, wait_seconds: int) -> None:
        """Does all that waits, then takes commands until there are no more."""
        for action in self.actions().values():
            action()
        while received := cloud().work.receive(1, wait_seconds):
            self._obey(received[0])
            if self._stopping.is_set():
                return
            wait_seconds = 0

    def actions(self) -> dict[str, Callable[[], None]]:
        """What there is to do, by command. Each is safe to repeat, and done every round without being told too."""
        own = {"drain": self._drain, "sweep": self._sweep, "fit": self._fit}
        return {**own, **{name: partial(self._chore, chore) for name, chore in chores.items()}}

    def _chore(self, chore: Chore) -> None:
        self.done.update(chore(self._stopping))

    def _drain(self) -> None:
        while not self._stopping.is_set():
            outcomes = inbox.drain(DRAIN)
            for outcome, count in outcomes.items():
                self.done[f"posts {outcome}"] += count
            if outcomes.total() < DRAIN:
                return

    def _sweep(self) -> None:
        while not self._stopping.is_set() and (stored := storing.sweep()[0]):
            self.done["answers stored"] += stored

    def _fit(self) -> None:
        for project in Project.objects.filter(fitted__lt=F("event")):
            self.done["tasks fitted"] += places.fit(project, self._stopping.is_set)

    def _obey(self, received: Received) -> None:
        try:
            name = commands.read(received.body, self.actions())
        except ValueError as error:
            self.done["commands refused"] += 1
            log.error("command %s is left for the dead-letter queue: %s", received.id, error)
            return
        self.actions()[name]()
        cloud().work.delete([received.receipt])
        self.done["commands done"] += 1
