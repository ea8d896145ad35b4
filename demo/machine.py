"""The main job's steps on one machine, shared by `make run` and `make smoke`."""

import contextlib
import fcntl
import io
import json
import os
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from demo.processes import Processes, ProcessFailedError
from pipeline import stack
from pipeline.adapters.aws import S3Store, clients
from pipeline.crawls import SourceSettings
from pipeline.ports import ObjectMissing
from pipeline.schema import SchemaError
from scraper import runs

PROJECT = "job-posts"
SOURCE = "sample"
STALL_SECONDS = 90  # how long no post may arrive before something is wrong: over a queue's visibility time-out


def set_up(state: Path) -> dict[str, str]:
    """Local AWS, database, the sample project and the demo accounts; all of it idempotent.

    Returns the environment that child processes need.
    """
    os.environ["LABELMILL_STATE"] = str(state)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labeler.settings")
    stack.environment(os.environ)
    import django

    django.setup()
    from labeler import database

    database.check()
    manage("migrate", "--verbosity", "0")
    # Before anything is made here that would stand in the way of what the buckets tell.
    from labeler.labeling.recovery import rebuild

    if rebuild.is_due():
        print("      the database is empty and the buckets are not: reading it back from them", flush=True)
        print("      " + manage("rebuild").strip().replace("\n", "\n      "), flush=True)
    manage("project", "create", PROJECT, "--name", "Job posts")
    return {"LABELMILL_STATE": str(state)}


def manage(*words: str) -> str:
    """Runs a management command in this process; returns what it printed."""
    from django.core.management import call_command

    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def inbox() -> dict[str, Any]:
    """Counts of the sample project."""
    counts: dict[str, Any] = json.loads(manage("inbox", "--json")).get(PROJECT, {})
    return counts


def crawl(processes: Processes, url: str, show: bool) -> dict[str, Any]:
    """Crawls a site on this machine; returns the summary of the crawl."""
    words = ["-m", "scraper", "crawl", url, "--project", PROJECT, "--source", SOURCE, "--allow-loopback", "--json"]
    summary: dict[str, Any] = json.loads(processes.run("crawl", words, show).splitlines()[-1])
    return summary


def keep_source(url: str) -> None:
    """The sample site among the sources of the project, at the address it has in this run; and the contact, once."""
    env = stack.environment(os.environ)
    store = S3Store(clients(env).s3, env["POSTS_BUCKET"])
    runs.read_contact(store, os.environ)
    made = SourceSettings(SOURCE, url, PROJECT)
    with contextlib.suppress(ObjectMissing, SchemaError, ValueError):
        made = replace(SourceSettings.from_json(json.loads(store.get(made.key).body)), address=url)
    store.put(made.key, json.dumps(made.to_json()).encode())


def fill_inbox(expected: int, tell: Callable[[int], None]) -> int:
    """Drains the labeling queue until `expected` posts are in the inbox; tells how many are there as it goes."""
    there, moved_at = -1, time.monotonic()
    while True:
        manage("drain", PROJECT)
        now = inbox().get("posts", 0)
        if now != there:
            there, moved_at = now, time.monotonic()
            tell(there)
        if there >= expected:
            return there
        if time.monotonic() - moved_at > STALL_SECONDS:
            raise ProcessFailedError(f"only {there} of {expected} posts reached the inbox; see the dead-letter queues")
        time.sleep(0.2)


def posts_in_inbox() -> int:
    """Distinct posts; one in two languages is one post."""
    from labeler.labeling.models import Post

    return int(Post.objects.filter(project__slug=PROJECT).values("post_id").distinct().count())


def archived(processes: Processes, expected: int, seconds: float = 60) -> list[dict[str, Any]]:
    """The rows of the archive, waited for until there are `expected`: the archive's queue gathers for a while."""
    deadline = time.monotonic() + seconds
    while True:
        rows = [
            json.loads(line) for line in processes.run("posts", ["-m", "pipeline.posts", "cat", PROJECT]).splitlines()
        ]
        if len(rows) >= expected or time.monotonic() > deadline:
            return rows
        time.sleep(0.5)


def serve(processes: Processes, state: Path, port: int = 0) -> str:
    """Starts the labeler on 127.0.0.1, on a free port when none is given; returns its address when it answers."""
    port = port or free_port()
    address = f"http://127.0.0.1:{port}"
    words = [
        "labeler.wsgi",
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        "2",
        "--threads",
        "4",
        "--worker-tmp-dir",
        str(state),
    ]
    words += ["--no-control-socket"]  # it would lie in the home folder
    processes.keep("labeler", ["-m", "gunicorn", *words], lambda: is_answering(address))
    wait_for(address, processes)
    return address


def is_answering(address: str) -> bool:
    """A page that needs the database alone: while the local AWS is away the labeler is not at fault."""
    try:
        with urllib.request.urlopen(f"{address}/accounts/login/", timeout=10):  # noqa: S310 - our own address
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def check_port(given: str) -> int:
    """The number in `PORT`, 0 for none. Raises `StackError` where the labeler could not listen there."""
    if not given:
        return 0
    if not given.isascii() or not given.isdigit() or not 1 <= int(given[:6]) <= 65535:
        raise stack.StackError(f"PORT: given {given[:40]!r}, allowed: a number from 1 to 65535")
    try:
        with socket.create_server(("127.0.0.1", int(given))):
            return int(given)
    except OSError as error:
        raise stack.StackError(f"PORT: given {given}, which cannot be listened on: {error.strerror}") from error


@contextlib.contextmanager
def alone(state: Path) -> Iterator[Path]:
    """Gives the file where the one `make run` of this state says its address. Raises `StackError` in a second one."""
    place = state / "address"
    with (state / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            at = place.read_text() if place.exists() else "it is still starting"
            raise stack.StackError(f"Labelmill is running already on {state}: {at}") from None
        try:
            yield place
        finally:
            place.unlink(missing_ok=True)


def close_database() -> None:
    """Before the folder that holds it goes."""
    from django.db import connections

    connections.close_all()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(address: str, processes: Processes, seconds: float = 30) -> None:
    """Returns when the labeler answers."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if failure := processes.ended():
            raise ProcessFailedError(failure)
        try:
            with urllib.request.urlopen(f"{address}/accounts/login/", timeout=5):  # noqa: S310 - our own address
                return
        except urllib.error.HTTPError as error:
            raise ProcessFailedError(f"{address} answers {error.code}") from error
        except OSError:
            time.sleep(0.1)
    raise ProcessFailedError(f"{address} did not answer within {seconds:.0f} s")
