"""Every way that workers can get into each other's way: runs them step by step, and all orders of the steps in turn.

A worker is a function that calls ports; each call is a step. Between two steps any worker may be the next, and may be
killed instead of doing its step.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

Choice = tuple[int, bool]  # number of the worker, and whether it is killed instead of doing its step


class Killed(BaseException):
    """Ends a worker as a signal would: no `except Exception` sees it."""


class _Worker:
    def __init__(self, work: Callable[[Callable[[Any], Any]], None]) -> None:
        self.ended = False
        self._kill = False
        self._go = threading.Semaphore(0)
        self._stopped = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()
        self._stopped.acquire()

    def _run(self, work: Callable[[Callable[[Any], Any]], None]) -> None:
        try:
            work(self._guard)
        except Killed:
            pass
        finally:
            self.ended = True
            self._stopped.release()

    def _guard(self, port: Any) -> Any:
        return _Stepped(port, self._pause)

    def _pause(self) -> None:
        self._stopped.release()
        self._go.acquire()
        if self._kill:
            raise Killed

    def step(self, kill: bool) -> None:
        self._kill = kill
        self._go.release()
        self._stopped.acquire()


class _Stepped:
    """A port whose every call waits for its turn."""

    def __init__(self, port: Any, pause: Callable[[], None]) -> None:
        self._port = port
        self._pause = pause

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._port, name)

        def stepped(*args: Any, **named: Any) -> Any:
            self._pause()
            return call(*args, **named)

        return stepped


def run(works: Sequence[Callable[[Callable[[Any], Any]], None]], schedule: Sequence[int], kills: int) -> list[int]:
    """Runs the workers by `schedule`, choice for choice, then always the first choice.

    Returns how many choices there were at each point: what `schedules` needs to try the next.
    """
    workers = [_Worker(work) for work in works]
    widths: list[int] = []
    left = kills
    while alive := [number for number, one in enumerate(workers) if not one.ended]:
        choices: list[Choice] = [(number, False) for number in alive]
        choices += [(number, True) for number in alive if left]
        number, kill = choices[schedule[len(widths)] if len(widths) < len(schedule) else 0]
        widths.append(len(choices))
        left -= kill
        workers[number].step(kill)
    return widths


def schedules(try_one: Callable[[Sequence[int]], list[int]]) -> Iterator[list[int]]:
    """All schedules, each once: `try_one` runs one and returns the widths."""
    schedule: list[int] = []
    while True:
        widths = try_one(schedule)
        schedule += [0] * (len(widths) - len(schedule))
        yield schedule
        while schedule and schedule[-1] + 1 >= widths[len(schedule) - 1]:
            schedule.pop()
        if not schedule:
            return
        schedule[-1] += 1
