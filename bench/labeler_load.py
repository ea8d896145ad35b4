"""Labelers as programs: each logs in, then takes the next post and submits ten spans, over one connection."""

import http.client
import json
import re
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlencode

from bench.labeler_seed import PASSWORD, PROJECT

SPANS = 10
_TASK = re.compile(rb'data-task="(\d+)" data-lease="([^"]+)"')
_TOKEN = re.compile(rb'class="t"')


@dataclass
class Times:
    """Seconds of each request, and what went wrong."""

    next: list[float] = field(default_factory=list)
    submit: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    unstored: int = 0
    second_opinions: int = 0


class Labeler:
    def __init__(self, port: int, name: str, session: str = "") -> None:
        """`session`: the key of one that is there, so that nobody has to log in."""
        self.times = Times()
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies = {"sessionid": session, "csrftoken": "c" * 32} if session else {}
        self._held = b"0"
        if not session:
            self._log_in(name)

    def cycle(self) -> bool:
        """One post; False when there is none left."""
        status, page = self._timed(self.times.next, "GET", f"/label/{PROJECT}/next?exclude={self._held.decode()}")
        if status == 204:
            return False
        found = _TASK.search(page)
        if status != 200 or not found:
            self.times.errors.append(f"next: {status} {page[:80]!r}")
            return True
        self._held, lease = found[1], found[2].decode()
        tokens = len(_TOKEN.findall(page))
        labels = ("Skill", "Tool", "Role")
        spans = [[at, at + 1, labels[at % 3]] for at in range(0, tokens, tokens // SPANS)][:SPANS]
        answer = {"lease": lease, "key": uuid.uuid4().hex, "kind": "labels", "spans": spans, "active": 12.5}
        status, said = self._timed(self.times.submit, "POST", f"/label/{PROJECT}/submit", json.dumps(answer))
        if status != 200:
            self.times.errors.append(f"submit: {status} {said[:80]!r}")
        else:
            saved = json.loads(said)
            self.times.unstored += not saved["stored"]
            self.times.second_opinions += saved["second_opinion"]
        return True

    def _timed(self, times: list[float], method: str, address: str, body: str = "") -> tuple[int, bytes]:
        began = time.perf_counter()
        answer = self._ask(method, address, body, "application/json")
        times.append(time.perf_counter() - began)
        return answer

    def _log_in(self, name: str) -> None:
        self._ask("GET", "/accounts/login/")
        form = {"username": name, "password": PASSWORD, "csrfmiddlewaretoken": self._cookies["csrftoken"]}
        status, _ = self._ask("POST", "/accounts/login/", urlencode(form), "application/x-www-form-urlencoded")
        if status != 302:
            raise RuntimeError(f"{name} cannot log in: {status}")

    def _ask(self, method: str, address: str, body: str = "", kind: str = "") -> tuple[int, bytes]:
        headers = {"Cookie": "; ".join(f"{key}={value}" for key, value in self._cookies.items())}
        if body:
            headers |= {"Content-Type": kind, "X-CSRFToken": self._cookies["csrftoken"]}
        try:
            self._connection.request(method, address, body or None, headers)
            response = self._connection.getresponse()
        except ConnectionError:  # gunicorn closes what was idle for two seconds
            self._connection.close()
            self._connection.request(method, address, body or None, headers)
            response = self._connection.getresponse()
        for line in response.headers.get_all("Set-Cookie") or ():
            key, value = line.split(";", 1)[0].split("=", 1)
            self._cookies[key] = value
        return response.status, response.read()


def together(labelers: list[Labeler], seconds: float) -> float:
    """All label side by side; returns how long it took."""
    began = time.perf_counter()

    def work(one: Labeler) -> None:
        while time.perf_counter() - began < seconds and one.cycle():
            pass

    with ThreadPoolExecutor(len(labelers)) as pool:
        list(pool.map(work, labelers))
    return time.perf_counter() - began


def alone(labeler: Labeler, cycles: int, tell: Callable[[int], object] = lambda _: None) -> None:
    for _ in range(cycles):
        labeler.cycle()
        tell(1)
