"""The scraper against its budgets, in one run; exits with 1 when one is missed.

    python -m bench.scraper [--postings 2000] [--pages 50000] [--kills 10] [--seconds 12] [--only NAME …]

A site on loopback, delays off. `speed`: a dry run (all of the scraper's work but sending) beside a bare Scrapy spider
that only fetches and reads the same JSON-LD, in turn. `memory`: the highest of a dry run over that many pages beside
that after a fifth of them. `again`: with the local AWS behind it, what a second crawl fetches. `kills`: killed with -9
at random moments and resumed. `gaps`: between two requests to a host that is not this machine by its name.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.labeler_budgets import Budgets, missed, shown
from bench.scraper_site import Site
from pipeline import stack
from pipeline.adapters.aws import clients

WITH_AWS = 500  # postings of the crawls with the local AWS behind them
TURNS = 3  # how often speed is measured, each time both
ROOT = Path(__file__).resolve().parent.parent
BUDGETS: Budgets = {
    "speed_ratio": (0.9, "least"),
    "memory_ratio": (1.1, "most"),
    "again_bytes": (0.02, "most"),
    "kills_lost": (0, "most"),
    "kills_doubled": (0, "most"),
    "gap_seconds": (1.0, "least"),
}

BARE = """
import json, sys, time
import scrapy
from scrapy.crawler import CrawlerProcess

class Bare(scrapy.Spider):
    name = "bare"
    found = 0
    async def start(self):
        yield scrapy.Request(sys.argv[1])
    def parse(self, response):
        for href in response.css("li a::attr(href)").getall():
            yield response.follow(href, self.read if "/jobs/" in href else self.parse)
    def read(self, response):
        for text in response.css("script[type='application/ld+json']::text").getall():
            value = json.loads(text)
            if value["@type"] == "JobPosting":
                Bare.found += 1

started = time.monotonic()
process = CrawlerProcess({"LOG_ENABLED": False, "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False,
    "CONCURRENT_REQUESTS": 16, "CONCURRENT_REQUESTS_PER_DOMAIN": 16})
process.crawl(Bare)
process.start()
print(json.dumps({"unique": Bare.found, "seconds": time.monotonic() - started}))
"""
# A name that leads to this machine, and is not known to: the pauses are those of any site.
POLITE = """
import asyncio, json, sys
from pathlib import Path
from scraper.commands import arguments, runtime
from scraper.crawl_settings import Limits
from scraper.crawler import Adapters, Order, run
port = sys.argv[1]
def find(host, *more, **named):
    return [(2, 1, 6, "", ("127.0.0.1", int(port)))]
order = Order(arguments.config(f"http://careers.example:{port}/", "polite", []), "job-posts",
    Limits(posts=int(sys.argv[2])), allow_loopback=True)
adapters = Adapters(None, lambda name: None, {"LABELMILL_CONTACT": "crawler@example.org"}, find)
print(json.dumps(runtime.run_in_reactor(lambda stop: run(order, adapters, None, stop)).to_json()))
"""


def children_seconds() -> float:
    """Processor time of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run_python(*words: str) -> dict[str, Any]:
    """What the last line of a child says, with the processor time it took."""
    before = children_seconds()
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1]) | {"cpu": children_seconds() - before}


def crawl(url: str, *words: str) -> list[str]:
    return ["-m", "scraper", "crawl", url, "--allow-loopback", "--json", "--source", "bench", *words]


def peak_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)


def measure_speed(postings: int) -> dict[str, float]:
    site = Site(postings)
    ratios, rates = [], []
    for _ in range(TURNS):
        bare, dry = run_python("-c", BARE, site.url), run_python(*crawl(site.url, "--dry-run"))
        rates.append((bare["unique"] / bare["seconds"], dry["unique"] / dry["seconds"]))
        ratios.append(rates[-1][1] / rates[-1][0])
    # Other work on the machine only ever takes away, from either: the best of each.
    best = [max(rate) for rate in zip(*rates, strict=True)]
    return {"speed_bare": best[0], "speed_dry": best[1], "speed_ratio": best[1] / best[0]}


def measure_memory(pages: int) -> dict[str, float]:
    site = Site(pages)
    process = subprocess.Popen(
        [sys.executable, *crawl(site.url, "--dry-run")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT
    )
    early = late = 0.0
    while process.poll() is None:
        now = peak_mb(process.pid)
        if not early and site.answered >= pages / 5:
            early = now
        late = now or late
        time.sleep(0.05)
    return {"memory_early_mb": early, "memory_late_mb": late, "memory_ratio": late / early}


def measure_again(postings: int) -> dict[str, float]:
    """A crawl, and a second one of the same site that has not changed."""
    site = Site(min(postings, WITH_AWS))
    first, second = _with_aws(lambda state: [run_python(*crawl(site.url)) for _ in range(2)])
    return {
        "again_first_rate": first["unique"] / first["seconds"],
        "again_unchanged": second["unchanged"],
        "again_bytes": second["bytes"] / first["bytes"],
    }


def measure_kills(kills: int) -> dict[str, float]:
    """Killed at random moments, then left to its end: each posting is fetched and sent, and none of them twice."""
    site, seed = Site(WITH_AWS), random.randrange(1_000_000)
    chance = random.Random(seed)
    print(f"kills: seed {seed}", flush=True)

    def run(state: Path) -> list[str]:
        words = [sys.executable, *crawl(site.url, "--jobdir", str(state / "job"))]
        for _ in range(kills):
            most = site.answered + chance.randint(0, 2 * site.postings // kills)
            process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
            while site.answered < most and process.poll() is None:
                time.sleep(0.01)
            time.sleep(chance.uniform(0, 0.5))
            process.kill()
            process.wait()
        run_python(*words[1:])
        finished = run_python(*words[1:])
        if finished["stopped"] != "finished":
            raise SystemExit(f"a crawl that has ended says {finished['stopped']!r}, not 'finished'")
        return _sent()

    sent = _with_aws(run)
    fetched = {path for path in site.asked if path.startswith("/jobs/")}
    return {
        "kills": kills,
        "kills_fetched": len(fetched),
        "kills_lost": 2 * site.postings - min(len(sent), site.postings) - len(fetched),
        "kills_doubled": max(0, len(sent) - site.postings),
    }


def _sent() -> list[str]:
    """The posts that were handed to the pipeline, as the table of those that were seen knows them."""
    env = stack.environment(os.environ)
    pages = clients(env).dynamodb.get_paginator("scan").paginate(TableName=env["SEEN_TABLE"], ConsistentRead=True)
    return [item["key"]["S"] for page in pages for item in page["Items"] if item.get("state", {}).get("S") == "sent"]


def measure_gaps(seconds: int) -> dict[str, float]:
    site = Site(seconds)
    run_python("-c", POLITE, str(site.port), str(seconds))
    gaps = [after - before for before, after in zip(site.times, site.times[1:], strict=False)]
    return {"gap_requests": len(site.times), "gap_seconds": min(gaps)}


def _with_aws(run: Callable[[Path], Any]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        kept = os.environ.get("LABELMILL_STATE")
        os.environ["LABELMILL_STATE"] = folder
        try:
            stack.environment(os.environ)
            return run(Path(folder))
        finally:
            stack.release(Path(folder))
            os.environ.pop("LABELMILL_STATE")
            if kept:
                os.environ["LABELMILL_STATE"] = kept


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.scraper", description=__doc__)
    parser.add_argument("--postings", type=int, default=2000)
    parser.add_argument("--pages", type=int, default=50_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=12)
    steps: dict[str, Callable[[argparse.Namespace], dict[str, float]]] = {
        "speed": lambda given: measure_speed(given.postings),
        "memory": lambda given: measure_memory(given.pages),
        "again": lambda given: measure_again(given.postings),
        "kills": lambda given: measure_kills(given.kills),
        "gaps": lambda given: measure_gaps(given.seconds),
    }
    parser.add_argument("--only", nargs="+", choices=steps, default=list(steps), metavar="NAME")
    given = parser.parse_args()
    figures: dict[str, float] = {}
    for name in given.only:
        figures |= steps[name](given)
    budgets = {name: budget for name, budget in BUDGETS.items() if name in figures}
    for name, value in figures.items():
        print(f"{name:<20}{value:>12.3f}   {shown(name, BUDGETS)}")
    wrong = missed(figures, budgets)
    print("\n".join(wrong) or "every budget is kept")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
