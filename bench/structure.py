"""`python -m bench.structure`: how the code is cut, in figures, against its budgets. Exits with 1 when one is missed.

Modules are all Python files but tests, benches and migrations; `--root DIR` measures another checkout the same way.
What a hop is, `bench.structure_hops` says.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.labeler_budgets import Budgets, missed, shown
from tests import django_names, sources

HOPS = Path(__file__).with_name("structure_hops.py")
# Half the hops that the same count found before the labeler was cut by feature: 140, 58 and 80; and then 558 modules.
# Small modules with one neighbour that stay apart all the same.
APART = {
    "labeler.api.urls": "Django finds it by this name",
    "labeler.labeling.intake.carry": "compares two texts, and knows nothing of a database",
    "labeler.labeling.periodic_tasks": "needs the models, which apps.py may not import before Django has read them",
    "pipeline.formats.spacy_strings": "spaCy's own numbering of strings, of which nothing is this format's",
    "scraper.sources.jobposting": "a source of its own, found by the name of its module",
}
SHOWN = ("hops", "once_each", "files")
BUDGETS: Budgets = {
    "modules": (557, "most"),
    "largest": (300, "most"),
    "cycles": (0, "most"),
    "small_for_one": (0, "most"),
    "submit_hops": (70, "most"),
    "next_hops": (29, "most"),
    "drain_hops": (40, "most"),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.structure", description=__doc__)
    parser.add_argument("--root", type=Path, default=sources.ROOT, help="the checkout to measure (default: this one)")
    parser.add_argument("--json", action="store_true", help="figures as one JSON object")
    parser.add_argument("--hops", action="store_true", help="name each hop, and how often it was made")
    options = parser.parse_args()
    root = options.root.resolve()
    cut, details = cut_of(root)
    counted = hops(root)
    figures = cut | {f"{way}_{name}": found[name] for way, found in counted.items() for name in SHOWN}
    faults = missed(figures, BUDGETS)
    if options.json:
        print(json.dumps({"figures": figures, "missed": faults}))
        return 1 if faults else 0
    for name, value in figures.items():
        print(f"{name:<18}{value!s:>8}{shown(name, BUDGETS):>14}")
    print("\n".join(["", *details]))
    if options.hops:
        for way, found in counted.items():
            print(f"\n{way}:")
            for count, calling, caller, called, function in found["each"]:
                print(f"{count:>5}  {calling} {caller} → {called} {function}")
    print("\n".join(["", *faults] if faults else ["every budget is kept"]))
    return 1 if faults else 0


def cut_of(root: Path) -> tuple[dict[str, Any], list[str]]:
    """Figures of the sources, and in words what is behind those that should be 0."""
    found = sources.modules(root)
    uses = [*sources.imported(found), *django_names.named(found, root)]
    cycles = sources.cycles(found, uses)
    small = {name: user for name, user in sources.small_with_one_user(found, uses).items() if name not in APART}
    lines = sorted(module.lines for module in found.values() if module.lines)
    figures = {
        "modules": len(found),
        "median": round(statistics.median(lines)),
        "p90": round(statistics.quantiles(lines, n=10)[-1]),
        "largest": lines[-1],
        "cycles": len(cycles),
        "small_for_one": len(small),
    }
    details = [f"cycle: {sources.shown(cycle, uses)}" for cycle in cycles]
    details += [f"small: {name}, of {found[name].lines} lines, serves {user} alone" for name, user in small.items()]
    return figures, details


def hops(root: Path) -> dict[str, dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="labelmill-bench-") as folder:
        wrote = Path(folder, "hops.json")
        env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        env |= {"STRUCTURE_HOPS": str(wrote), "LABELMILL_STATE": folder}
        options = ["--quiet", "-p", "no:cacheprovider", "--rootdir", ".", "-c", "pyproject.toml"]
        command = [sys.executable, "-m", "pytest", *options, str(HOPS)]
        ran = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True)
        if ran.returncode:
            raise SystemExit(f"the hops could not be counted:\n{ran.stdout[-3000:]}")
        counted: dict[str, dict[str, Any]] = json.loads(wrote.read_text())
        return counted


if __name__ == "__main__":
    sys.exit(main())
