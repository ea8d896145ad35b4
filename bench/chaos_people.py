"""Labelers who go on whatever happens, as the page does: what was not answered is sent again under the same key."""

import http.client
import json
import random
import re
import threading
import time
import uuid
from dataclasses import dataclass, field

from bench.labeler_load import Labeler

LEASE_SECONDS = 600  # a post is held for
PATIENCE_SECONDS = 20  # a request waits, before it is made again
_TASK = re.compile(rb'data-task="(\d+)" data-lease="([^"]+)"')
_TOKEN = re.compile(rb'class="t"')


@dataclass
class Book:
    """What the labelers were told, all together."""

    wanted: int
    accepted: dict[str, int] = field(default_factory=dict)  # key of an answer → its task
    refused: list[str] = field(default_factory=list)
    given_twice: list[str] = field(default_factory=list)
    repeated: int = 0  # requests that had to be made again
    _holders: dict[int, tuple[str, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def is_full(self) -> bool:
        return len(self.accepted) >= self.wanted

    def give(self, task: int, name: str) -> None:
        with self._lock:
            holder, until = self._holders.get(task, (name, 0.0))
            if holder != name and time.monotonic() < until:
                self.given_twice.append(f"task {task} to {name}, though {holder} has it")
            self._holders[task] = name, time.monotonic() + LEASE_SECONDS

    def take(self, key: str, task: int, name: str) -> None:
        with self._lock:
            self.accepted[key] = task
            self._holders[task] = name, float("inf")  # answered: it is nobody else's any more


class Person(Labeler):
    def __init__(self, port: int, name: str, book: Book, over: threading.Event) -> None:
        self._name, self._book, self._over = name, book, over
        self._draw = random.Random(name)
        super().__init__(port, name)
        self._connection.timeout = PATIENCE_SECONDS

    def work(self) -> None:
        while not self._book.is_full() and not self._over.is_set():
            self.cycle()

    def cycle(self) -> bool:
        status, page = self._until_answered("GET", f"/label/chaos/next?exclude={self._held.decode()}")
        found = _TASK.search(page)
        if not found:
            self._held = b"0"
            self._over.wait(0.5)  # until more posts have come
            return False
        self._held, task = found[1], int(found[1])
        self._book.give(task, self._name)
        at = self._draw.randrange(len(_TOKEN.findall(page)))
        key = uuid.uuid4().hex
        answer = {"lease": found[2].decode(), "key": key, "kind": "labels", "spans": [[at, at + 1, "Skill"]]}
        status, said = self._until_answered("POST", "/label/chaos/submit", json.dumps({**answer, "active": 1.0}))
        if status == 200:
            self._book.take(key, task, self._name)
        elif status:
            self._book.refused.append(f"task {task} of {self._name}: {status} {said[:200]!r}")
        return True

    def _until_answered(self, method: str, address: str, body: str = "") -> tuple[int, bytes]:
        """(0, b"") once all is over."""
        while not self._over.is_set():
            try:
                status, said = self._ask(method, address, body, "application/json")
                if status < 500:
                    return status, said
            except (OSError, http.client.HTTPException):
                self._connection.close()
            self._book.repeated += 1
            self._over.wait(0.5)
        return 0, b""
