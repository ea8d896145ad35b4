"""A PostgreSQL cluster of one's own: on a free port of loopback, in a folder that goes with it."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path


class NotInstalled(Exception):
    """No PostgreSQL server is on this machine."""


@contextlib.contextmanager
def cluster(certificate: bytes = b"", key: bytes = b"") -> Iterator[str]:
    """The URL of its database, as `DATABASE_URL` wants it. Raises `NotInstalled`.

    With a certificate and its key in PEM it takes connections over TLS too.
    """
    user, binaries = _unprivileged(), _programs()
    folder = Path(tempfile.mkdtemp(prefix="labelmill-pg-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    try:
        for name, content in (("certificate", certificate), ("key", key)):
            (folder / name).touch(mode=0o600)
            (folder / name).write_bytes(content)
        if user:
            for path in (folder, *folder.iterdir()):
                shutil.chown(path, user)
        data = folder / "data"
        initdb: list[str | Path] = [binaries / "initdb", "-D", data, "-U", "labelmill", "-A", "trust", "--no-sync"]
        subprocess.run([*initdb, "--locale=C.UTF-8"], user=user, check=True, stdout=subprocess.DEVNULL, cwd=folder)
        options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": folder}
        if certificate:
            options |= {"ssl": "on", "ssl_cert_file": folder / "certificate", "ssl_key_file": folder / "key"}
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen([binaries / "postgres", "-D", data, *words], user=user, stderr=log, cwd=folder)
            try:
                _wait(binaries, port, server)
                yield f"postgresql://labelmill@127.0.0.1:{port}/postgres"
            finally:
                server.send_signal(signal.SIGINT)  # fast shutdown
                server.wait(30)
    finally:
        shutil.rmtree(folder)


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise NotInstalled("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    return found[-1].parent


def _unprivileged() -> str | None:
    """Who runs it, since PostgreSQL refuses to run as root; None: we are not."""
    if os.geteuid():
        return None
    return "postgres" if "postgres" in {one.pw_name for one in pwd.getpwall()} else "nobody"


def _wait(binaries: Path, port: int, server: "subprocess.Popen[bytes]") -> None:
    ready: list[str | Path] = [binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    while subprocess.run(ready, check=False).returncode:
        if server.poll() is not None:
            raise RuntimeError("PostgreSQL did not start")
        time.sleep(0.05)
