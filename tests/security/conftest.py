"""What the attacks are tried against: the served labeler, the local AWS behind it, and a browser."""

import http.client
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import pytest

from tests.e2e.backstage import Backstage
from tests.e2e.conftest import backstage, browse, chromium, project, server_env, sessions, site
from tests.e2e.desk import PASSWORD
from tests.infra.browsing import Answer, Visitor

__all__ = ["backstage", "browse", "chromium", "project", "server_env", "sessions", "site"]


def over_http(address: str) -> Callable[[str, str, Mapping[str, str], str | bytes], Answer]:
    """Asks just what it is told to; follows no redirect."""
    at = urlsplit(address)

    def send(method: str, path: str, headers: Mapping[str, str], body: str | bytes) -> Answer:
        connection = http.client.HTTPConnection(str(at.hostname), at.port, timeout=60)
        connection.request(method, path, body or None, dict(headers))
        answer = connection.getresponse()
        several: dict[str, list[str]] = {}
        for name, value in answer.getheaders():
            several.setdefault(name.lower(), []).append(value)
        text = answer.read().decode(errors="replace")
        connection.close()
        return Answer(answer.status, several, text)

    return send


@pytest.fixture(scope="session")
def cookies() -> dict[str, dict[str, str]]:
    """Of everybody who has logged in, for the whole run."""
    return {}


@pytest.fixture
def visitor(site: str, backstage: Backstage, cookies: dict[str, dict[str, str]]) -> Callable[..., Visitor]:
    """Somebody without a browser, logged in where a name is given; `afresh`: by a session of their own."""

    def make(name: str = "", role: str = "labeler", afresh: bool = False) -> Visitor:
        made = Visitor(over_http(site), site)
        if name and (afresh or name not in cookies):
            backstage("account", name=name, role=role)
            assert made.log_in(name, PASSWORD).status == 302
            if not afresh:
                cookies[name] = dict(made.cookies)
        elif name:
            made.cookies |= cookies[name]
        return made

    return make
