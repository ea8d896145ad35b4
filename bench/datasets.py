"""Imports, exports, releases and rebuilds, measured: seconds, posts a second, peak memory.

`python -m bench.datasets` measures 5,000 texts of 300 words against the budgets, `--large` also 10,000 and 100,000
labelled posts, of which memory must not grow. Each step is a process of its own on a scratch database; the buckets are
folders on disk, so that it is our own time and not the local AWS's. `--json` prints one object; exit 1 when a budget is
missed.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
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
        return step(*options.step.split(":"))
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
    found |= run(folder / "state", "reconcile", "")
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


def step(name: str, argument: str) -> int:
    import django

    django.setup()
    from bench import datasets_steps  # imports models, which must wait for the line above

    print(json.dumps(datasets_steps.step(name, argument)))
    return 0


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
