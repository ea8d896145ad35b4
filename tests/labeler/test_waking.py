"""A database that does not answer: a page that tries again by itself, and the page itself once it answers."""

import contextlib
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper
from django.http import HttpResponse
from django.test import Client

from labeler import configuration
from labeler.middleware import database_wakeup
from tests.postgresql_cluster import NotInstalled, cluster

ROOT = Path(__file__).resolve().parents[2]
# A labeler of its own, asked twice for its log-in page: on a line from its input, and on the next one.
ASK = """
import sys
import django
django.setup()
from django.test import Client
client = Client(SERVER_NAME="127.0.0.1")
for line in sys.stdin:
    answer = client.get(line.strip())
    print(answer.status_code, answer.headers.get("Retry-After"), "Waking up" in answer.content.decode(), flush=True)
"""


class Sleeper:
    """A port that takes connections and says nothing, as a sleeping Aurora's; once woken, that of a real server."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._server: tuple[str, int] | None = None
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def wake(self, server: tuple[str, int]) -> None:
        self._server = server

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._open.append(client)
                if self._server:
                    server = socket.create_connection(self._server)
                    self._open.append(server)
                    threading.Thread(target=_copy, args=(client, server)).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for one in (self._listener, *self._open):
            one.close()


def _copy(client: socket.socket, server: socket.socket) -> None:
    with contextlib.suppress(OSError, ValueError):
        while True:
            for one in select.select([client, server], [], [])[0]:
                if not (data := one.recv(65536)):
                    return
                (server if one is client else client).sendall(data)


@pytest.fixture
def sleeper() -> Iterator[Sleeper]:
    made = Sleeper()
    yield made
    made.close()


@pytest.fixture
def database(db: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Has the labeler's own connection be to PostgreSQL at a port."""

    def at(port: int) -> None:
        found = configuration.database({"DATABASE_URL": f"postgresql://me@127.0.0.1:{port}/mill"}, Path("nowhere"))
        found["OPTIONS"]["connect_timeout"] = 2  # the least that PostgreSQL's library knows
        given = {"TIME_ZONE": None, "AUTOCOMMIT": True, "ATOMIC_REQUESTS": False, **found}
        monkeypatch.setattr(database_wakeup, "connection", DatabaseWrapper(given, "of this test"))

    return at


@pytest.fixture
def closed() -> int:
    """A port where nobody listens: what fails at once, for tests of what is said then."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_database_that_takes_the_connection_and_never_answers_is_given_up(
    database: Callable[[int], None], sleeper: Sleeper
) -> None:
    database(sleeper.port)
    answer = Client().get("/accounts/login/")  # which needs no database, and wakes it all the same
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize(("may_sleep", "says"), [(True, "Waking up"), (False, "does not answer just now")])
def test_a_page_tries_again_by_itself(
    database: Callable[[int], None], closed: int, settings: Any, may_sleep: bool, says: str
) -> None:
    settings.DATABASE_MAY_SLEEP = may_sleep
    database(closed)
    answer = Client().get("/jobs/")
    page = answer.content.decode()
    assert '<meta http-equiv="refresh" content="5">' in page
    assert says in page
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("referer", "back_to"),
    [
        ("http://testserver/accounts/login/?next=/", "http://testserver/accounts/login/?next=/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_a_form_that_was_not_taken_leads_back_to_its_page(
    database: Callable[[int], None], closed: int, referer: str, back_to: str
) -> None:
    database(closed)
    answer = Client().post("/accounts/login/", {"password": "swordfish"}, headers={"Referer": referer})
    page = answer.content.decode()
    assert answer.status_code == 503
    assert f'content="5;url={back_to}"' in page
    assert "What you sent was not taken" in page
    assert "swordfish" not in page


def test_programs_are_told_in_their_own_words(database: Callable[[int], None], closed: int) -> None:
    database(closed)
    api = Client().get("/api/v1/projects")
    assert (api.status_code, api.headers["Content-Type"]) == (503, "application/problem+json")
    assert api.json()["detail"] == "the database does not answer yet, try again in a moment"
    script = Client().post("/label/jobs/submit", "{}", "application/json", headers={"Accept": "application/json"})
    assert (script.status_code, script.headers["Retry-After"]) == (503, "5")
    assert "error" in script.json()


def test_a_file_never_sleeps() -> None:
    if connection.vendor == "sqlite":
        with pytest.raises(MiddlewareNotUsed):
            database_wakeup.DatabaseWakeUpMiddleware(lambda request: HttpResponse())


@pytest.mark.slow
def test_the_page_comes_once_the_database_is_awake(sleeper: Sleeper, tmp_path: Path) -> None:
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "labeler.settings", "LABELMILL_STATE": str(tmp_path)}
    env |= {"DATABASE_URL": f"postgresql://labelmill@127.0.0.1:{sleeper.port}/postgres", "DATABASE_MAY_SLEEP": "1"}
    command = [sys.executable, "-c", ASK]
    try:
        with (
            cluster() as url,
            subprocess.Popen(command, cwd=ROOT, env=env, stdin=-1, stdout=-1, stderr=-3, text=True) as labeler,
        ):
            assert labeler.stdin
            assert labeler.stdout

            def ask(page: str) -> str:
                print(page, file=labeler.stdin, flush=True)
                return str(labeler.stdout and labeler.stdout.readline()).strip()

            assert ask("/accounts/login/") == "503 5 True"
            address = urlsplit(url)
            sleeper.wake((str(address.hostname), address.port or 0))
            assert ask("/accounts/login/") == "200 None False"
            labeler.stdin.close()
    except NotInstalled as error:
        pytest.skip(str(error))
