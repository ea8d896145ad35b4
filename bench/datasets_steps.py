"""What `bench.datasets` measures, each in a process of its own; Django has been set up before this is imported."""

import io
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client

from bench.datasets_folder import FolderStore
from labeler import services
from labeler.accounts.models import User
from labeler.api import keys
from labeler.datasets import worker_tasks
from labeler.datasets.exports import Export
from labeler.labeling import projects
from labeler.labeling.models import Assignment, Project
from labeler.labeling.recovery.rebuild import Rebuild
from labeler.labeling.recovery.reconcile import differences
from labeler.services import Cloud
from tests.fakes.memory import MemoryClock, MemoryQueue

_peak = [0]  # kB


def step(name: str, argument: str) -> dict[str, Any]:
    """What was measured, by name."""
    call_command("migrate", verbosity=0)
    services.wire(_cloud(Path(os.environ["LABELMILL_STATE"])))
    threading.Thread(target=_watch, daemon=True).start()
    return _STEPS[name](argument)


def _cloud(state: Path) -> Cloud:
    posts, labels, releases = (FolderStore(state / name) for name in ("posts", "labels", "releases"))
    clock = MemoryClock()
    return Cloud(posts=posts, labels=labels, releases=releases, inbox=MemoryQueue(clock), work=MemoryQueue(clock))


def _watch() -> None:
    """Keeps the most memory of our own: not the pages of the database file that SQLite maps, which the system may take
    back at any time."""
    while True:
        status = Path("/proc/self/status").read_text()
        _peak[0] = max(_peak[0], int(status.split("RssAnon:")[1].split()[0]))
        time.sleep(0.02)


def _start() -> tuple[float, float]:
    return time.monotonic(), time.process_time()


def _measured(began: tuple[float, float]) -> dict[str, Any]:
    """`cpu_seconds` of this process tell a slow step from a busy machine."""
    peak = _peak[0] / 1024
    wall, cpu = time.monotonic() - began[0], time.process_time() - began[1]
    return {"seconds": round(wall, 3), "cpu_seconds": round(cpu, 3), "peak_mb": round(peak)}


def _quietly(*words: str) -> dict[str, Any]:
    """A command, measured."""
    began = _start()
    call_command(*words, stdout=io.StringIO(), stderr=io.StringIO())
    return _measured(began)


def _hand_in(file: str) -> dict[str, Any]:
    projects.create("ds", "Bench")
    user = User.objects.create_user("bench")
    user.groups.add(Group.objects.get(name="admin"))
    secret = keys.make(user, "bench", ["import"])[1]
    body = Path(file).read_bytes()
    client, headers = Client(SERVER_NAME="localhost"), {"authorization": f"Bearer {secret}"}
    client.get("/api/v1/projects/ds/imports", headers=headers)  # the first request loads everything
    began = _start()
    answer = client.post("/api/v1/projects/ds/imports", body, "application/x-ndjson", headers=headers)
    accepted = _measured(began)
    assert answer.status_code == 202, answer.content
    worker_tasks.imports(threading.Event())  # the worker's part, without what else it does in a round
    labelable = _measured(began)
    assert Assignment.objects.filter(state="open").count() == 5000
    return {"accepted": accepted, "labelable": labelable}


def _import(file: str) -> dict[str, Any]:
    return {"import": _quietly("import", "ds", file, "--format", "jsonl", "--create")}


def _export(form: str) -> dict[str, Any]:
    project = Project.objects.get(slug="ds")
    with tempfile.TemporaryFile() as file:
        out = cast(BinaryIO, file)
        Export(project, form, "word", records=lambda: iter(())).write(out)  # loads what it needs
        began = _start()
        Export(project, form, "word").write(out)
    return {f"export {form}": _measured(began)}


def _release(form: str) -> dict[str, Any]:
    return {"release": _quietly("release", "ds", "--format", form)}


def _rebuild(_: str) -> dict[str, Any]:
    call_command("flush", interactive=False, verbosity=0)
    began = _start()
    Rebuild().run()
    return {"rebuild": _measured(began)}


def _reconcile(_: str) -> dict[str, Any]:
    began = _start()
    assert not list(differences())
    return {"reconcile": _measured(began)}


_STEPS = {
    "hand-in": _hand_in,
    "import": _import,
    "export": _export,
    "release": _release,
    "rebuild": _rebuild,
    "reconcile": _reconcile,
}
