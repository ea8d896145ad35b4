"""The pipeline measured: `python bench/pipeline.py [FIGURE …]`, all of them without a name; `--json` for machines.

preprocess  posts/s of preprocess in one process, against bare SentencePiece with offsets plus JSON on the same texts
package     size of the functions' package, and the time to import each handler after boto3
duplicates  signatures against exact Jaccard similarity of 0.7 and more: precision and recall over all pairs
cost        dollars a million new posts and a million re-sightings; with --write into docs/cost.md
local       posts/s through the local AWS from the ingest queue to the inbox, and the share of that time that is ours

Texts are the real posts that LABELMILL_DATA names. Exits 1 when a budget is missed.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "pulumi")]

import orjson  # noqa: E402
from tqdm import tqdm  # noqa: E402

from bench.pipeline_cost import costs  # noqa: E402
from bench.pipeline_local import local  # noqa: E402
from bench.pipeline_posts import BATCH, Bench, Sink, corpus, posts  # noqa: E402
from pipeline import batch, service, signature, tokenizers  # noqa: E402
from pipeline.projects import Projects  # noqa: E402

Figures = dict[str, Any]


def preprocess() -> Figures:
    """Both sides batch by batch in turn, the best of three rounds each, so that a busy machine troubles both alike."""
    rows = corpus()
    bench, texts = Bench(), [row["text"] for row in rows]
    bodies = [orjson.dumps(one.to_json()).decode() for one in posts(rows)]
    projects = Projects(bench.labels, bench.posts)
    model = tokenizers.default()._model

    def bare(at: int) -> None:
        for text in texts[at : at + BATCH]:
            orjson.dumps(model.encode(text, return_type="offset_mapping"))

    def ours(at: int) -> None:
        arrived = [batch.Arrived(str(number), body) for number, body in enumerate(bodies[at : at + BATCH])]
        outcome = service.prepare_posts(arrived, projects, bench.posts, Sink(), bench.clock)
        if outcome.done != len(arrived):
            sys.exit(f"not prepared: {outcome}")

    starts = range(0, len(texts), BATCH)
    slow, quick = _best(starts, bare, ours)
    return {
        "posts": len(texts),
        "bare posts/s": round(len(texts) / slow),
        "preprocess posts/s": round(len(texts) / quick),
        "ratio": round(slow / quick, 3),
    }


def _best(starts: Sequence[int], *works: Callable[[int], None], rounds: int = 3) -> list[float]:
    best = [[float("inf")] * len(starts) for _ in works]
    for _ in range(rounds):
        for number, at in enumerate(tqdm(starts, "preprocess", unit=" batches", disable=None)):
            for work, found in zip(works, best, strict=True):
                started = time.perf_counter()
                work(at)
                found[number] = min(found[number], time.perf_counter() - started)
    return [sum(found) for found in best]


IMPORT = """
import sys, time
sys.path[:0] = sys.argv[2:]
import boto3, botocore.config, botocore.exceptions
started = time.perf_counter()
__import__(sys.argv[1])
print((time.perf_counter() - started) * 1000)
"""


def package() -> Figures:
    """Imports from the unpacked zip, in an interpreter that sees nothing else but boto3."""
    import boto3

    from labelmill_infra.deployment import package as builder

    found: Figures = {}
    with tempfile.TemporaryDirectory() as directory, zipfile.ZipFile(builder.build()) as packed:
        packed.extractall(directory)
        found["unzipped MB"] = round(sum(one.file_size for one in packed.infolist()) / 2**20, 1)
        boto3_home = Path(directory, ".boto3")
        boto3_home.mkdir()
        for name in ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py"):
            (boto3_home / name).symlink_to(Path(boto3.__file__).parent.parent / name)
        for handler in ("preprocess", "archive"):
            command = [sys.executable, "-I", "-S", "-c", IMPORT, f"pipeline.handlers.{handler}"]
            command += [directory, str(boto3_home)]
            runs = [float(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(7)]
            found[f"{handler} import ms"] = round(min(runs[1:]))  # the first writes the byte code
    return found


def duplicates() -> Figures:
    rows = corpus()
    sets = [set(signature.grams(row["text"])) for row in rows]
    signatures = [signature.signature(row["text"]) for row in rows]
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for number, grams in enumerate(sets):
        for gram in grams:
            holders[gram].append(number)
    shared: Counter[tuple[int, int]] = Counter()
    for found in tqdm(holders.values(), "pairs", unit=" grams", disable=None):
        if len(found) > 1:
            shared.update(combinations(found, 2))
    # Pairs that share nothing are alike in nothing; a signature calls them so but for chance.
    exact = {pair for pair, count in shared.items() if count / len(sets[pair[0]] | sets[pair[1]]) >= signature.NEAR}
    near = {pair for pair in shared if _alike(signatures[pair[0]], signatures[pair[1]])}
    everyone = combinations(range(len(rows)), 2)
    groups = {pair for pair in everyone if rows[pair[0]]["dup_group"] == rows[pair[1]]["dup_group"]}
    return {
        "pairs alike": len(exact),
        "precision": round(len(near & exact) / len(near), 4),
        "recall": round(len(near & exact) / len(exact), 4),
        "re-announced pairs": len(groups),
        "precision against re-announcements": round(len(near & groups) / len(near), 4),
        "recall against re-announcements": round(len(near & groups) / len(groups), 4),
    }


def _alike(one: Sequence[int], other: Sequence[int]) -> bool:
    return signature.similarity(one, other) >= signature.NEAR


# Figure → (name within it, what it must be).
BUDGETS: dict[str, dict[str, Callable[[float], bool]]] = {
    "preprocess": {"ratio": lambda value: value >= 0.8},
    "package": {
        "unzipped MB": lambda value: value <= 40,
        "preprocess import ms": lambda value: value <= 250,
        "archive import ms": lambda value: value <= 250,
    },
    "duplicates": {"precision": lambda value: value >= 0.95, "recall": lambda value: value >= 0.95},
    "cost": {"a million new posts $": lambda value: value <= 2.5},
    "local": {},
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"of {', '.join(BUDGETS)}")
    parser.add_argument("--json", action="store_true", help="one JSON object, nothing else, on standard output")
    parser.add_argument("--write", action="store_true", help="write the costs into docs/cost.md")
    parser.add_argument("--posts", type=int, default=1_000, help="posts through the local AWS (%(default)s)")
    options = parser.parse_args()
    if unknown := set(options.figures) - set(BUDGETS):
        parser.error(f"given {', '.join(unknown)}, allowed: {', '.join(BUDGETS)}")
    works: dict[str, Callable[[], Figures]] = {
        "preprocess": preprocess,
        "package": package,
        "duplicates": duplicates,
        "cost": lambda: costs(options.write),
        "local": lambda: local(options.posts),
    }
    found = {name: works[name]() for name in options.figures or BUDGETS}
    missed = [
        f"{figure}: {name} is {found[figure][name]}"
        for figure in found
        for name, holds in BUDGETS[figure].items()
        if not holds(found[figure][name])
    ]
    if options.json:
        print(json.dumps({**found, "missed": missed}))
    else:
        for figure, values in found.items():
            print(figure, *(f"  {name:40}{value}" for name, value in values.items()), sep="\n")
        print("missed: " + "; ".join(missed) if missed else "all budgets are kept")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
