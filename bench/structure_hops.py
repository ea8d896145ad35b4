"""Run by `bench.structure` through pytest, in the checkout that is measured: hops of `submit`, `next` and `drain`.

A hop is a call from a function in one file of the project into one in another, counted each time it happens. The caller
is the nearest frame that is the project's, so that what Django calls in between does not hide one (middleware, signals,
fields). Files of tests and benches, and the stand-ins for AWS in memory, are none of the project's. `next` and `submit`
are one request each through Django's test client, middleware included; `drain` is the management command with two posts
in the queue. All of it was done once before it is counted, so that what is read once a process isn't. SQLite; a post of
sixty words; ten spans.
"""

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from tests.labeler.conftest import cloud, person, project, quick_passwords, ready

__all__ = ["cloud", "person", "project", "quick_passwords", "ready"]  # the fixtures of the checkout that is measured

ROOT = Path.cwd()
SPANS = 10
PROJECT = "jobs"
Hops = Counter[tuple[str, str, str, str]]


@contextmanager
def counting() -> Iterator[Hops]:
    """Fills what it gives: calling file and function, called file and function → how often."""
    hops: Hops = Counter()

    def called(frame: FrameType, event: str, _: object) -> None:
        if event != "call" or not (file := _of_project(frame.f_code.co_filename)):
            return
        caller = frame.f_back
        while caller and not (calling := _of_project(caller.f_code.co_filename)):
            caller = caller.f_back
        if caller and calling != file:
            hops[calling, caller.f_code.co_qualname, file, frame.f_code.co_qualname] += 1

    sys.setprofile(called)
    try:
        yield hops
    finally:
        sys.setprofile(None)


_known: dict[str, str] = {}


def _of_project(file: str) -> str:
    """The file's name below the root; empty for what is none of the project's."""
    if file not in _known:
        path = Path(file)
        inside = path.is_relative_to(ROOT) and path.relative_to(ROOT)
        ours = inside and inside.parts[0] in ("labeler", "pipeline") and "memory" not in path.stem
        _known[file] = str(inside) if ours else ""
    return _known[file]


def figures(hops: Hops) -> dict[str, Any]:
    """`once_each`: hops that do not grow with the spans, for what one function asks of another counts once."""
    files = {name for calling, _, called, _ in hops for name in (calling, called)}
    each = [[count, *hop] for hop, count in hops.items()]
    return {"hops": hops.total(), "files": len(files), "once_each": len(hops), "each": each}


@pytest.mark.usefixtures("project")
def test_count(client: Client, cloud: Any, person: Callable[..., Any], ready: Callable[..., Any]) -> None:
    text = " ".join(f"word{number}" for number in range(60))
    client.force_login(person())
    for turn in ("warm", "counted"):
        cloud.deliver(*(ready(f"{turn}-{number}", text=f"{turn} {number} {text}") for number in range(2)))
        with counting() as drain:
            call_command("drain")
        with counting() as following:
            page = client.get(f"/label/{PROJECT}/next")
        assert page.status_code == 200
        lease = re.search(r'data-lease="([^"]+)"', page.content.decode())
        assert lease
        spans = [[at * 5, at * 5 + 1, ("Skill", "Tool", "Role")[at % 3]] for at in range(SPANS)]
        answer = {"lease": lease[1], "key": f"bench-{turn}", "kind": "labels", "spans": spans, "active": 12.5}
        with counting() as submit:
            said = client.post(f"/label/{PROJECT}/submit", json.dumps(answer), content_type="application/json")
        assert said.status_code == 200, said.content
        assert said.json()["stored"]
    found = {"submit": figures(submit), "next": figures(following), "drain": figures(drain)}
    Path(os.environ["STRUCTURE_HOPS"]).write_text(json.dumps(found))
