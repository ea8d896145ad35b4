"""`python -m bench.alternate BEFORE AFTER`: what a cycle costs in two checkouts, measured by turns.

By turns, for a machine that others use is not as fast an hour later. Figures are milliseconds of a processor a cycle on
SQLite, with the put answered in memory; the ratio is that of the medians.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

FIGURES = ("cpu_ms_per_cycle", "memory_cpu_ms_per_cycle")
SCRIPT = "import json, sys; from bench import labeler; print(json.dumps(labeler.measure(float(sys.argv[1]), {})))"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.alternate", description=__doc__)
    parser.add_argument("before", type=Path, help="a checkout, with its .venv")
    parser.add_argument("after", type=Path)
    parser.add_argument("--times", type=int, default=5, help="how often each is measured")
    parser.add_argument("--seconds", type=float, default=10, help="how long eight label at once, each time")
    options = parser.parse_args()
    found: dict[Path, list[dict[str, float]]] = {options.before: [], options.after: []}
    for turn in range(options.times):
        # Who goes first changes, so that neither is always the one that finds the machine warm.
        for checkout in (options.before, options.after)[:: -1 if turn % 2 else 1]:
            found[checkout].append(measure(checkout, options.seconds))
            print(checkout, {name: found[checkout][-1][name] for name in FIGURES}, file=sys.stderr, flush=True)
    for name in FIGURES:
        before, after = (statistics.median(one[name] for one in runs) for runs in found.values())
        print(f"{name}: before {before:.2f}, after {after:.2f}, ratio {after / before:.3f}")
    return 0


def measure(checkout: Path, seconds: float) -> dict[str, float]:
    words: list[str | Path] = [checkout / ".venv" / "bin" / "python", "-c", SCRIPT, str(seconds)]
    made = subprocess.run(words, cwd=checkout, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(made.stdout.splitlines()[-1])
    return figures


if __name__ == "__main__":
    sys.exit(main())
