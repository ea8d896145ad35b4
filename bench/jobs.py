"""`python -m bench.jobs [PART]`: annotation jobs measured on the local AWS; all parts without a name.

throughput  500 jobs of 100 posts through 1, 2 and 4 workers: jobs/s, scaling, how long jobs wait, processor time a job
page        the page where jobs are submitted, of a user who has 500: list, opening a job, confirming its upload
rules       the annotator `rules` on 10 MB of posts: MB/s, and its share of a bare loop of the same matcher
turns       a small job of one user, handed in while large ones of three others keep the only worker busy: how long it
            takes to its end, and how long a large one takes to be given up after it was cancelled
chaos       200 jobs while workers are killed (SIGKILL) at random every two seconds: each must end COMPLETED once, with
            one mail, and no object may be left that no job names

Exits with 1 when a job of the chaos is lost, doubled, mailed twice or leaves something behind, and when a small job
waits longer than its budget. Texts are real posts where LABELMILL_DATA names them, else made from the project's own
list of skills.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import jobs_page, jobs_rules, jobs_turns, jobs_work
from bench.labeler_budgets import missed, shown
from pipeline import stack

PARTS = ("rules", "throughput", "page", "turns", "chaos")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.jobs", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", nargs="?", choices=PARTS)
    parser.add_argument("--jobs", type=int, metavar="N", help="500 for throughput and page, 200 for chaos")
    parser.add_argument("--megabytes", type=float, default=10, metavar="MB", help="of posts, for rules")
    parser.add_argument("--json", action="store_true", help="figures as one JSON object")
    given = parser.parse_args()
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="bench-jobs-") as name:
        folder = Path(name)
        for part in (given.part,) if given.part else PARTS:
            print(f"{part} …", file=sys.stderr, flush=True)
            found[part] = _run(part, folder, given)
        stack.release(folder / "state")
    print(json.dumps(found) if given.json else _table(found))
    faults = missed(found["turns"], jobs_turns.BUDGETS) if "turns" in found else []
    print("\n".join(faults), end="\n" if faults else "", file=sys.stderr)
    return 0 if found.get("chaos", {}).get("passed", True) and not faults else 1


def _run(part: str, folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    if part == "rules":
        return jobs_rules.measure(folder, given.megabytes)
    bench = jobs_work.Bench.in_folder(folder)
    if part == "throughput":
        return jobs_work.throughput(bench, given.jobs or 500)
    if part == "page":
        return jobs_page.measure(bench, given.jobs or 500)
    if part == "turns":
        return jobs_turns.measure(bench)
    return jobs_work.chaos(bench, given.jobs or 200)


def _table(found: dict[str, Any]) -> str:
    lines = [
        f"{part}: {name.replace('_', ' ')} {value} {shown(name, jobs_turns.BUDGETS)}".rstrip()
        for part, held in found.items()
        for name, value in held.items()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
