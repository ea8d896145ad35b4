"""A container says that it is at work, to an agent that answers over HTTP as ECS's does."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pipeline.adapters.task_protection import MINUTES, RENEW_SECONDS, TaskProtection, protection, unprotected

ON, OFF = {"ProtectionEnabled": True, "ExpiresInMinutes": MINUTES}, {"ProtectionEnabled": False}


class Agent:
    """Keeps what it was asked; `answers` replaces what it says, a status and a body."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.paths: set[str] = set()
        self.answers = (200, {"protection": {"ProtectionEnabled": True}})
        agent = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                agent.paths.add(self.path)
                agent.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                status, body = agent.answers
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *words: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/api/0123abcd"


@pytest.fixture
def agent() -> Iterator[Agent]:
    made = Agent()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def test_it_is_protected_while_it_works_and_asks_at_changes_alone(agent: Agent) -> None:
    protect = protection({"ECS_AGENT_URI": agent.address})
    for is_at_work in (False, True, True, True, False, False):
        protect(is_at_work)
    assert agent.asked == [ON, OFF]
    assert agent.paths == {"/api/0123abcd/task-protection/v1/state"}


def test_work_that_lasts_is_protected_anew_before_the_time_is_over(agent: Agent) -> None:
    now = [0.0]
    protect = TaskProtection(agent.address, lambda: now[0])
    protect(True)
    now[0] = RENEW_SECONDS - 1
    protect(True)
    assert agent.asked == [ON]
    now[0] = RENEW_SECONDS
    protect(True)
    assert agent.asked == [ON, ON]
    assert RENEW_SECONDS < MINUTES * 60


@pytest.mark.parametrize(
    "answers",
    [(200, {"failure": {"Reason": "TASK_NOT_VALID"}}), (200, {"error": {"Code": "AccessDenied"}}), (500, {})],
)
def test_a_refusal_is_logged_and_tried_again_at_the_next_job(
    agent: Agent, answers: Any, caplog: pytest.LogCaptureFixture
) -> None:
    protect = TaskProtection(agent.address)
    agent.answers, fine = answers, agent.answers
    protect(True)
    assert "not protected" in caplog.text
    agent.answers = fine
    protect(True)
    assert agent.asked == [ON, ON]


def test_an_agent_that_is_away_stops_no_work(caplog: pytest.LogCaptureFixture) -> None:
    TaskProtection("http://127.0.0.1:9/api/x")(True)
    assert "not protected" in caplog.text


def test_on_one_machine_nobody_is_asked() -> None:
    assert protection({}) is unprotected
    unprotected(True)
