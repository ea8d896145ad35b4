"""Crawls of small odd sites after public bug reports: which pages are fetched, and which postings are told apart."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scraper.commands import runtime
from tests.scraper.conftest import World

FOLDER = Path(os.environ.get("LABELMILL_DATA", "/nowhere")) / "reports" / "scraper"
EXPECTED = FOLDER / "expected.json"
CASES: list[dict[str, Any]] = json.loads(EXPECTED.read_text())["cases"] if EXPECTED.exists() else []
pytestmark = pytest.mark.skipif(not CASES, reason="LABELMILL_DATA names no folder with reports/scraper")


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, str(FOLDER / "site.py"), str(port)])
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.kill()
    server.wait()


@pytest.mark.parametrize("case", [case for case in CASES if "start" in case], ids=lambda case: case["start"])
def test_a_site(case: dict[str, Any], root: str, world: World) -> None:
    world.adapters = lambda: runtime.make_adapters(None, {})  # type: ignore[method-assign]
    kind, _, path = case["start"].rpartition(":")

    report = world.crawl((f"{kind}:" if kind else "") + root + path)

    right = case["right"]
    if "unique" in right:
        assert report.unique == right["unique"]
    if "unique_any" in right:
        assert report.unique in right["unique_any"]
    for name, count in right.get("skipped", {}).items():
        assert report.skipped[name] == count
    for word in right.get("failure_names", ()):
        assert word in report.failure
    if "requests_at_most" in right:
        assert report.requests <= right["requests_at_most"]
