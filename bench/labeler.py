"""`python -m bench.labeler`: how fast the labeler is, against its budgets.

One client, then eight at once, through gunicorn with two workers, on SQLite and on PostgreSQL, with the labels put into
the local AWS and with the put answered in memory; 200 at once for a minute, of whom nobody may meet an error; then the
token page in Chromium (`bench.labeler_page`). Works on a scratch state. Exits with 1 when a budget is missed.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import labeler_page
from bench.labeler_budgets import Budgets, missed, shown
from bench.labeler_load import Labeler, alone, together
from bench.labeler_serving import ROOT, serving
from pipeline import stack
from tests.postgresql_cluster import NotInstalled, cluster

LABELERS, CROWD = 8, 200
CROWD_SECONDS = 60
ONE_CLIENT_CYCLES = 200
BUDGETS: Budgets = {
    "start_s": (1.5, "most"),
    "worker_mb": (150, "most"),
    "next_p50_ms": (6, "most"),
    "submit_p50_ms": (15, "most"),
    "cycles_per_s": (40, "least"),
    "p95_ms": (200, "most"),
    "memory_cycles_per_s": (150, "least"),
    "memory_p95_ms": (100, "most"),
    "errors": (0, "most"),
    "over_redundancy": (0, "most"),
    "crowd_errors": (0, "most"),
    "labels_missing": (0, "most"),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.labeler", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="how long eight label at once, each time")
    parser.add_argument("--json", action="store_true", help="figures as one JSON object")
    options = parser.parse_args()
    figures: dict[str, dict[str, Any]] = {"sqlite": measure(options.seconds, {})}
    try:
        with cluster() as url:
            figures["postgresql"] = measure(options.seconds, {"DATABASE_URL": url})
    except NotInstalled as error:
        print(f"no figures for PostgreSQL: {error}", file=sys.stderr)
    told("the token page in Chromium")
    page = labeler_page.measure()
    faults = [f"{database}: {one}" for database, found in figures.items() for one in missed(found, BUDGETS)]
    faults += [f"page: {one}" for one in missed(page, labeler_page.BUDGETS)]
    if options.json:
        print(json.dumps({"figures": {**figures, "page": page}, "missed": faults}))
    else:
        show(figures)
        labeler_page.show(page)
        print("\n".join(faults) or "every budget is kept")
    return 1 if faults else 0


def show(figures: dict[str, dict[str, Any]]) -> None:
    print("".join(["figure".ljust(24), *(name.rjust(14) for name in figures), "budget".rjust(14)]))
    for name in next(iter(figures.values())):
        values = [str(found[name]).rjust(14) for found in figures.values()]
        print("".join([name.ljust(24), *values, shown(name, BUDGETS).rjust(14)]))


def measure(seconds: float, env: dict[str, str]) -> dict[str, Any]:
    """All figures on one database; `env`: what makes the labeler use it."""
    state = Path(tempfile.mkdtemp(prefix="labelmill-bench-"))
    try:
        stack.ensure(state)
        env = {**os.environ, "LABELMILL_STATE": str(state), **env}
        posts = ONE_CLIENT_CYCLES + int((seconds + CROWD_SECONDS) * 300)
        told(f"{posts} posts of 400 words")
        subprocess.run(
            [sys.executable, "-m", "bench.labeler_seed", str(posts), str(CROWD)], env=env, cwd=ROOT, check=True
        )
        told(f"labels into the local AWS, {seconds:.0f} s")
        real = drive("labeler.wsgi", env, seconds)
        told(f"labels into memory, {seconds:.0f} s")
        memory = drive("bench.labeler_server", env, seconds)
        told(f"{CROWD} labelers at once, {CROWD_SECONDS} s")
        crowd = press(env)
        return {
            **real,
            **crowd,
            "memory_cycles_per_s": memory["cycles_per_s"],
            "memory_p95_ms": memory["p95_ms"],
            "memory_cpu_ms_per_cycle": memory["cpu_ms_per_cycle"],
            "errors": real["errors"] + memory["errors"],
            **kept(env, real["cycles"] + crowd["crowd_cycles"]),
        }
    finally:
        stack.release(state)
        shutil.rmtree(state, ignore_errors=True)


def drive(app: str, env: dict[str, str], seconds: float) -> dict[str, Any]:
    with serving(app, env) as (process, port, start):
        one = Labeler(port, "labeler-0")
        alone(one, ONE_CLIENT_CYCLES)
        single = one.times
        crowd = [Labeler(port, f"labeler-{number}") for number in range(LABELERS)]
        workers = children(process.pid)
        spent = sum(map(processor, workers))
        took = together(crowd, seconds)
        spent = sum(map(processor, workers)) - spent
        memory = max(map(resident, workers))
    requests = [second for labeler in crowd for second in (*labeler.times.next, *labeler.times.submit)]
    errors = [error for labeler in (one, *crowd) for error in labeler.times.errors]
    for error in errors[:5]:
        print(error, file=sys.stderr)
    cycles = sum(len(labeler.times.submit) for labeler in crowd)
    return {
        "start_s": round(start, 2),
        "worker_mb": round(memory),
        "next_p50_ms": milliseconds(statistics.median(single.next)),
        "submit_p50_ms": milliseconds(statistics.median(single.submit)),
        "cycles_per_s": round(cycles / took, 1),
        "p50_ms": milliseconds(statistics.median(requests)),
        "p95_ms": milliseconds(statistics.quantiles(requests, n=20)[-1]),
        "cpu_ms_per_cycle": milliseconds(spent / cycles),
        "cycles": cycles + len(single.submit),
        "errors": len(errors),
    }


def press(env: dict[str, str]) -> dict[str, Any]:
    """Far more at once than there are threads: who waits must not be refused."""
    with serving("labeler.wsgi", env) as (_, port, _):
        people = [Labeler(port, f"labeler-{number}", key) for number, key in enumerate(sessions(env))]
        together(people, CROWD_SECONDS)
    requests = [second for one in people for second in (*one.times.next, *one.times.submit)]
    errors = [error for one in people for error in one.times.errors]
    for error in errors[:5]:
        print(error, file=sys.stderr)
    return {
        "crowd_requests": len(requests),
        "crowd_cycles": sum(len(one.times.submit) for one in people),
        "crowd_p99_ms": milliseconds(statistics.quantiles(requests, n=100)[-1]),
        "crowd_errors": len(errors),
    }


def sessions(env: dict[str, str]) -> list[str]:
    """Keys of sessions of the crowd: to log in 200 times would take minutes, and is another question."""
    script = (
        "import django, json; django.setup()\n"
        "from django.test import Client\n"
        "from labeler.accounts.models import User\n"
        "made = []\n"
        f"for number in range({CROWD}):\n"
        "    client = Client()\n"
        "    client.force_login(User.objects.get(username=f'labeler-{number}'))\n"
        "    made.append(client.cookies['sessionid'].value)\n"
        "print(json.dumps(made))\n"
    )
    env = {**env, "DJANGO_SETTINGS_MODULE": "labeler.settings"}
    words = [sys.executable, "-c", script]
    found = subprocess.run(words, env=env, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return list(json.loads(found.stdout))


def kept(env: dict[str, str], submits: int) -> dict[str, int]:
    """What must not have happened: posts answered more often than wanted, submits without their object."""
    script = (
        "import django, json; django.setup()\n"
        "from django.db.models import Count\n"
        "from labeler.services import cloud\n"
        "from labeler.labeling.models import Annotation\n"
        "over = Annotation.objects.values('task').annotate(n=Count('id')).filter(n__gt=1).count()\n"
        "print(json.dumps([over, sum(1 for _ in cloud().labels.list('annotations/'))]))\n"
    )
    words = [sys.executable, "-c", script]
    env = {**env, "DJANGO_SETTINGS_MODULE": "labeler.settings"}
    over, objects = json.loads(subprocess.run(words, env=env, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
    return {"over_redundancy": over, "labels_missing": abs(submits - objects)}


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def resident(pid: int) -> float:
    """Megabytes in memory."""
    (line,) = (one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def processor(pid: int) -> float:
    """Seconds of a processor that a process has used: what a cycle costs, however busy the machine is."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)


def told(what: str) -> None:
    print(f"{what} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
