"""Imports, exports, releases and rebuilds, measured: seconds, posts a second, peak memory.

`python -m bench.datasets` measures 5,000 texts of 300 words against the budgets, `--large` also 10,000 and 100,000
labelled posts, of which memory must not grow. Each step is a process of its own on a scratch database; the buckets are
folders on disk, so that it is our own time and not the local AWS's. `--json` prints one object; exit 1 when a budget is
missed.
"""

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SEED = 20_260_101
WORDS = 300
# name: (seconds, what it is)
BUDGETS = {
    "accepted": (0.5, "5,000 texts handed in over the API until they are stored"),
    "labelable": (5.0, "… until all of them can be labelled"),
    "export jsonl": (0.5, "5,000 labelled posts"),
    "export conll": (1.0, "5,000 labelled posts"),
    "export parquet": (1.0, "5,000 labelled posts"),
}
GROWTH = 1.3  # peak memory of 100,000 posts to that of 10,000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", action="store_true", help="10,000 and 100,000 labelled posts too: some minutes")
    parser.add_argument("--posts", type=int, default=100_000, help="of the largest set of --large")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(step(*options.step.split(":"))))
        return 0
    with tempfile.TemporaryDirectory(prefix="bench-datasets-") as folder:
        found = small(Path(folder) / "small")
        if options.large:
            for count in (options.posts // 10, options.posts):
                found[f"{count} labelled"] = large(Path(folder) / str(count), count)
    missed = [name for name, (limit, _) in BUDGETS.items() if found[name]["seconds"] > limit]
    missed += list(_grown(found, options.posts)) if options.large else []
    found["missed"] = missed
    print(json.dumps(found) if options.json else _table(found))
    return 1 if missed else 0


def small(folder: Path) -> dict[str, Any]:
    write_texts(folder / "texts.jsonl", 5000, labelled=False)
    write_texts(folder / "labelled.jsonl", 5000, labelled=True)
    found: dict[str, Any] = {"texts": {"posts": 5000, "words": WORDS}}
    found |= run(folder / "a", "hand-in", folder / "texts.jsonl")
    run(folder / "b", "import", folder / "labelled.jsonl")
    for form in ("jsonl", "conll", "parquet"):
        found |= run(folder / "b", "export", form)
    return found


def large(folder: Path, count: int) -> dict[str, Any]:
    file = folder / "labelled.jsonl"
    write_texts(file, count, labelled=True)
    found: dict[str, Any] = {}
    found |= run(folder / "state", "import", file)
    found |= run(folder / "state", "export", "jsonl")
    found |= run(folder / "state", "release", "jsonl")
    found |= run(folder / "state", "rebuild", "")
    for one in found.values():
        one["posts_a_second"] = round(count / one["seconds"])
    return found


def _grown(found: dict[str, Any], most: int) -> Iterator[str]:
    few, many = found[f"{most // 10} labelled"], found[f"{most} labelled"]
    for name in many:
        if many[name]["peak_mb"] > GROWTH * few[name]["peak_mb"]:
            yield f"memory of {name}"


def run(state: Path, name: str, argument: object) -> dict[str, Any]:
    """A step in a process of its own: what it measured, by name."""
    state.mkdir(parents=True, exist_ok=True)
    env = {**os.environ, "LABELMILL_STATE": str(state), "DJANGO_SETTINGS_MODULE": "labeler.settings"}
    command = [sys.executable, "-m", "bench.datasets", "--step", f"{name}:{argument}"]
    print(f"{name} {argument} …", file=sys.stderr, flush=True)
    answer = subprocess.run(command, env=env, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    return dict(json.loads(answer.splitlines()[-1]))


def write_texts(path: Path, count: int, labelled: bool) -> None:
    """JSON lines of the sample site's words, drawn at random; three spans in each where labelled."""
    drawn = random.Random(SEED)
    pages = sorted((ROOT / "demo" / "site" / "content").rglob("*.md"))
    words = [word for page in pages for word in page.read_text().split() if word.strip(".").isalpha()]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as out:
        for number in range(count):
            picked = drawn.choices(words, k=WORDS)
            row: dict[str, Any] = {"id": str(number), "text": " ".join(picked), "company": f"Firm {number // 7}"}
            if labelled:
                row["spans"], at = [], 0
                for place, word in enumerate(picked):
                    if place in (5, 90, 200):
                        row["spans"].append([at, at + len(word.rstrip(".")), f"L{place}"])
                    at += len(word) + 1
            out.write(json.dumps(row) + "\n")


# What runs in the process of a step


def step(name: str, argument: str) -> dict[str, Any]:
    import django

    django.setup()
    from django.core.management import call_command

    from labeler import cloud

    call_command("migrate", verbosity=0)
    state = Path(os.environ["LABELMILL_STATE"])
    cloud.wire(_cloud(state))
    threading.Thread(target=_watch, daemon=True).start()
    out = {"hand-in": _hand_in, "import": _import, "export": _export, "release": _release, "rebuild": _rebuild}
    return out[name](argument, state)


def _cloud(state: Path) -> Any:
    from labeler.cloud import Cloud
    from pipeline.adapters.memory import MemoryClock, MemoryQueue

    posts, labels, releases = (FolderStore(state / name) for name in ("posts", "labels", "releases"))
    clock = MemoryClock()
    inbox, work = MemoryQueue(clock), MemoryQueue(clock)
    return Cloud(posts=posts, labels=labels, releases=releases, inbox=inbox, work=work)


_peak = [0]  # kB


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


def _hand_in(file: str, state: Path) -> dict[str, Any]:
    from django.contrib.auth.models import Group
    from django.test import Client

    from labeler.accounts.models import User
    from labeler.api import keys
    from labeler.labeling import projects
    from labeler.labeling.background import Worker
    from labeler.labeling.models import Place

    projects.create("ds", "Bench")
    user = User.objects.create_user("bench")
    user.groups.add(Group.objects.get(name="admin"))
    secret = keys.make(user, "bench", ["import"])[1]
    body = Path(file).read_bytes()
    client, headers = Client(), {"authorization": f"Bearer {secret}"}
    host = {"SERVER_NAME": "localhost"}
    client.get("/api/v1/projects/ds/imports", headers=headers, **host)  # the first request loads everything
    began = _start()
    answer = client.post("/api/v1/projects/ds/imports", body, "application/x-ndjson", headers=headers, **host)
    accepted = _measured(began)
    assert answer.status_code == 202, answer.content
    Worker().round(wait_seconds=0)
    labelable = _measured(began)
    assert Place.objects.filter(state="open").count() == 5000
    return {"accepted": accepted, "labelable": labelable}


def _import(file: str, state: Path) -> dict[str, Any]:
    import io

    from django.core.management import call_command

    began = _start()
    call_command("import", "ds", file, "--format", "jsonl", "--create", stdout=io.StringIO(), stderr=io.StringIO())
    return {"import": _measured(began)}


def _export(form: str, state: Path) -> dict[str, Any]:
    from labeler.labeling.export import Export
    from labeler.labeling.models import Project

    project = Project.objects.get(slug="ds")
    with tempfile.TemporaryFile() as out:
        Export(project, form, "word", records=lambda: iter(())).write(out)  # type: ignore[arg-type]  # loads what it needs
        began = _start()
        Export(project, form, "word").write(out)  # type: ignore[arg-type]
    return {f"export {form}": _measured(began)}


def _release(form: str, state: Path) -> dict[str, Any]:
    import io

    from django.core.management import call_command

    began = _start()
    call_command("release", "ds", "--format", form, stdout=io.StringIO(), stderr=io.StringIO())
    return {"release": _measured(began)}


def _rebuild(argument: str, state: Path) -> dict[str, Any]:
    from django.core.management import call_command

    from labeler.labeling.recovery.rebuild import Rebuild

    call_command("flush", interactive=False, verbosity=0)
    began = _start()
    Rebuild().run()
    return {"rebuild": _measured(began)}


class FolderStore:
    """A bucket as a folder: its objects are files, its listing a walk in the order of keys."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def get(self, key: str) -> Any:
        from pipeline.ports import ObjectMissing, StoredObject

        try:
            body = (self.root / key).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise ObjectMissing(key) from None
        return StoredObject(body, _etag(body))

    def get_if_changed(self, key: str, etag: str) -> Any:
        found = self.get(key)
        return None if found.etag == etag else found

    def get_range(self, key: str, start: int, length: int) -> bytes:
        return bytes(self.get(key).body[start : start + length])

    def put(self, key: str, body: bytes, content_type: str = "") -> None:
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def put_new(self, key: str, body: bytes, content_type: str = "") -> None:
        from pipeline.ports import ObjectExists

        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("xb") as file:
                file.write(body)
        except FileExistsError:
            raise ObjectExists(key) from None

    def list(self, prefix: str, start_after: str = "") -> Iterator[Any]:
        from pipeline.ports import Listed

        top = self.root / prefix.rpartition("/")[0]
        for path in _walk(top):
            key = str(path.relative_to(self.root))
            if key.startswith(prefix) and key > start_after:
                yield Listed(key, path.stat().st_size, _etag(path.read_bytes()))

    def delete(self, key: str) -> None:
        (self.root / key).unlink(missing_ok=True)


def _walk(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir(), key=lambda one: one.name + ("/" if one.is_dir() else "")):
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path


def _etag(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def _table(found: dict[str, Any]) -> str:
    lines = [
        f"{name:16} {found[name]['seconds']:8.2f} s (CPU {found[name]['cpu_seconds']:.2f})   budget {limit} s   {what}"
        for name, (limit, what) in BUDGETS.items()
    ]
    for group, steps in found.items():
        if group.endswith("labelled"):
            lines += [
                f"{group:18} {name:14} {one['seconds']:8.1f} s {one['posts_a_second']:7} posts/s {one['peak_mb']:5} MB"
                for name, one in steps.items()
            ]
    lines.append(f"missed: {', '.join(found['missed']) or 'none'}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
