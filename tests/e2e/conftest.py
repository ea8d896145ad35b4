"""A web server on the local AWS, a browser, and people who log in."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

from tests.e2e.backstage import ROOT, Backstage
from tests.e2e.desk import PASSWORD, Desk

SHOTS = ROOT / "test-output"


@pytest.fixture(scope="session")
def server_env(stack: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of the web server: the session's local AWS, and a database of its own."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "PYTHONPATH")}
    state = tmp_path_factory.mktemp("web")
    settings = {"LABELMILL_STATE": str(state), "DJANGO_SETTINGS_MODULE": "labeler.settings", "PYTHONWARNINGS": "ignore"}
    names = {name: value for name, value in stack.items() if name not in ("LABELMILL_STATE", "LABELMILL_STACK")}
    return {**kept, **names, **settings}


@pytest.fixture(scope="session")
def site(server_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the labeler."""
    with serving(server_env, free_address(), tmp_path_factory.mktemp("log") / "gunicorn.log") as (url, _):
        yield url


def free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@contextlib.contextmanager
def serving(
    env: dict[str, str], address: str, log: Path, app: str = "labeler.wsgi"
) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """The labeler, served as it is in use: by gunicorn. Gives where, and the process."""
    command = [sys.executable, "-m", "gunicorn", app, "--bind", address, "--workers", "1", "--threads", "4"]
    with log.open("w") as sink:
        child = subprocess.Popen([*command, "--no-control-socket"], cwd=ROOT, env=env, stdout=sink, stderr=sink)
        try:
            _wait(f"http://{address}/accounts/login/", child, log)
            yield f"http://{address}", child
        finally:
            child.terminate()
            child.wait(20)


def _wait(url: str, child: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(300):
        if child.poll() is not None:
            break
        try:
            with urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the web server did not start:\n{log.read_text()}")


@pytest.fixture(scope="session")
def backstage(server_env: dict[str, str], site: str) -> Iterator[Backstage]:
    child = Backstage(server_env)
    child("account", name="lena")
    child("account", name="max")
    child("account", name="ada", role="admin")
    yield child
    child.close()


@pytest.fixture(scope="module")  # while Playwright runs, no test of another module can run an event loop of its own
def chromium() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM_PATH") or "/usr/bin/chromium"
    if not Path(path).exists():
        pytest.skip(f"no Chromium at {path}; CHROMIUM_PATH names one")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def sessions(backstage: Backstage) -> dict[str, StorageState]:
    """The cookies of everybody who has logged in, for the whole run."""
    return {}


def log_in(page: Page, name: str) -> None:
    page.goto("/accounts/login/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", PASSWORD)
    page.click("main form button")
    page.wait_for_url("/")


@pytest.fixture
def browse(chromium: Browser, site: str, sessions: dict[str, StorageState]) -> Iterator[Callable[..., Page]]:
    """A page of a new browser profile, as somebody who is logged in. Errors of the page's scripts fail the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_as(name: str | None = "lena", **options: Any) -> Page:
        options = {"viewport": {"width": 1440, "height": 900}, **options}
        if name and name not in sessions:
            with chromium.new_context(base_url=site) as context:
                log_in(context.new_page(), name)
                sessions[name] = context.storage_state()
        cookies = sessions[name] if name else None
        context = chromium.new_context(base_url=site, storage_state=cookies, **options)
        contexts.append(context)
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(f"{error.message}\n{error.stack}"))
        page.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else None)
        return page

    yield open_as
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def project(request: pytest.FixtureRequest, backstage: Backstage) -> Callable[..., str]:
    """Makes a project of this test's own with posts in it; returns its slug."""

    def make(*posts: dict[str, object] | str, **settings: object) -> str:
        slug = re.sub("[^a-z0-9]+", "-", request.node.name.lower().removeprefix("test_"))[:60].strip("-")
        backstage("project", slug=slug, **settings)
        backstage("posts", slug=slug, texts=[{"text": one} if isinstance(one, str) else one for one in posts])
        return slug

    return make


@pytest.fixture
def desk(browse: Callable[..., Page], project: Callable[..., str]) -> Callable[..., Desk]:
    """The token page of a new project with the given posts."""

    def open_desk(*posts: dict[str, object] | str, page: Page | None = None, **settings: object) -> Desk:
        return Desk(page or browse(), project(*posts, **settings)).open()

    return open_desk
