"""The main job's steps on one machine, shared by `make run` and `make smoke`."""

import io
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from demo.processes import Processes, ProcessFailedError
from pipeline import stack

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
    manage("migrate", "--verbosity", "0")
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
