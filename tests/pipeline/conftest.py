"""A bare local AWS of these tests' own, for what needs no provisioned stack."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.adapters.aws import Clients, clients


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def bare_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    """Clients of an emulator that holds nothing yet."""
    home: Path = tmp_path_factory.mktemp("bare-aws")
    port = _free_port()
    env = {
        "PATH": os.environ["PATH"],
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "TMPDIR": str(home),
    }
    with (home / "log").open("w") as log:
        emulator = subprocess.Popen([sys.executable, "-m", "ministack"], env=env, stdout=log, stderr=log)
    endpoint = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        else:
            pytest.fail(f"no emulator: {(home / 'log').read_text()[-2000:]}")
        yield clients({"ENDPOINT_URL": endpoint, "REGION": "eu-central-1"})
    finally:
        emulator.send_signal(signal.SIGTERM)
        emulator.wait(20)
