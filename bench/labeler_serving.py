"""The labeler as `make run` serves it, for benchmarks."""

import contextlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 2


@contextlib.contextmanager
def serving(app: str, env: dict[str, str]) -> Iterator[tuple["subprocess.Popen[bytes]", int, float]]:
    """gunicorn as `make run` starts it; gives its process, port, and the seconds until its first page."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [sys.executable, "-m", "gunicorn", app, "--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS)]
    began = time.perf_counter()
    process = subprocess.Popen([*words, "--threads", "4", "--log-level", "warning"], env=env, cwd=ROOT)
    try:
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/accounts/login/"):
                break
            time.sleep(0.01)
        yield process, port, time.perf_counter() - began
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
