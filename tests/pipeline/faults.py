"""Ports that go wrong on demand: refused, timed out, throttled, half done, or killed before or after their effect."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from pipeline.ports import StoreUnavailable
from tests.pipeline.interleaving import Killed

KINDS = ("refused", "timed out", "throttled", "killed before", "killed after")
SENDS = ("send",)
Choose = Callable[[str, str], str | None]  # port and method → kind of fault, or None


class Faulty:
    """A port whose calls go as `choose` says. Counts them by port and method."""

    def __init__(self, name: str, port: Any, choose: Choose, calls: Counter[tuple[str, str]]) -> None:
        self._name = name
        self._port = port
        self._choose = choose
        self._calls = calls

    def __getattr__(self, method: str) -> Any:
        call = getattr(self._port, method)

        def faulty(*args: Any, **named: Any) -> Any:
            self._calls[self._name, method] += 1
            kind = self._choose(self._name, method)
            if kind == "killed before":
                raise Killed
            if kind == "refused":
                return self._fail(method, args)
            if kind == "throttled" and method in SENDS:
                # Half of the batch is taken.
                messages: Sequence[Any] = args[0]
                call(messages[: len(messages) // 2])
                return list(range(len(messages) // 2, len(messages)))
            if kind == "throttled":
                return self._fail(method, args)
            answer = call(*args, **named)
            if kind == "killed after":
                raise Killed
            return self._fail(method, args) if kind == "timed out" else answer

        return faulty

    def _fail(self, method: str, args: tuple[Any, ...]) -> list[int]:
        if method in SENDS:  # a sender never raises: it says what was not confirmed
            return list(range(len(args[0])))
        raise StoreUnavailable(f"{self._name}.{method}")
