"""The labeler's tests once more, on PostgreSQL."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("PostgreSQL is not installed")
    return found[-1].parent


def unprivileged() -> str | None:
    """PostgreSQL refuses to run as root; None: we are not."""
    if os.geteuid():
        return None
    names = {one.pw_name for one in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@pytest.fixture
def database_url() -> Iterator[str]:
    """A cluster of its own on a free port, in a folder that goes with it."""
    user, binaries = unprivileged(), programs()
    folder = Path(tempfile.mkdtemp(prefix="labelmill-pg-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    try:
        if user:
            shutil.chown(folder, user)
        data = folder / "data"
        initdb: list[str | Path] = [
            binaries / "initdb",
            "-D",
            data,
            "-U",
            "labelmill",
            "-A",
            "trust",
            "--no-sync",
            "--locale=C.UTF-8",
        ]
        subprocess.run(initdb, user=user, check=True, stdout=subprocess.DEVNULL, cwd=folder)
        options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": folder, "fsync": "off"}
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        log = (folder / "log").open("wb")
        server = subprocess.Popen([binaries / "postgres", "-D", data, *words], user=user, stderr=log, cwd=folder)
        try:
            wait_until_ready(binaries, port, server)
            yield f"postgresql://labelmill@127.0.0.1:{port}/postgres"
        finally:
            server.send_signal(signal.SIGINT)  # fast shutdown
            server.wait(30)
            log.close()
    finally:
        shutil.rmtree(folder)


def wait_until_ready(binaries: Path, port: int, server: "subprocess.Popen[bytes]") -> None:
    ready: list[str | Path] = [binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    while subprocess.run(ready, check=False).returncode:
        assert server.poll() is None, "PostgreSQL did not start"
        time.sleep(0.05)


@pytest.mark.slow
def test_the_labeler_works_the_same_on_postgresql(database_url: str, tmp_path: Path) -> None:
    env = {**os.environ, "DATABASE_URL": database_url, "LABELMILL_STATE": str(tmp_path)}
    words = ["-m", "pytest", "-q", "-m", "not slow", "-p", "no:cacheprovider", str(ROOT / "tests" / "labeler")]
    run = subprocess.run([sys.executable, *words], env=env, cwd=ROOT, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-2000:]
    assert " passed" in run.stdout
