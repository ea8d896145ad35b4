"""`python -m bench.labeler_page`: the token page in Chromium against its budgets.

Bytes over the wire, time to the first click that works, click to paint with 2,000 tokens (see `bench.labeler_paint`),
submit to next post, and how many actions ten entities take. Works on a scratch state. Exits with 1 when a budget is
missed; part of `python -m bench.labeler`.
"""

import argparse
import contextlib
import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from bench.labeler_browser import chromium, fresh, log_in
from bench.labeler_budgets import Budgets, missed, shown
from bench.labeler_paint import clicking
from bench.labeler_seed import texts
from bench.labeler_serving import serving
from pipeline import stack
from tests.e2e.backstage import Backstage
from tests.e2e.desk import Desk

LOADS, SUBMITS = 7, 20
BUDGETS: Budgets = {
    "cold_kb": (60, "most"),
    "next_kb": (25, "most"),
    "clickable_ms": (300, "most"),
    "layout_shift": (0, "most"),
    "tokens": (2000, "least"),
    "click_to_paint_p95_ms": (16, "most"),
    "unbroken_click_to_paint_p95_ms": (16, "most"),
    "longest_task_ms": (50, "most"),
    "submit_to_next_p95_ms": (100, "most"),
    "actions_for_ten": (13, "most"),
    "actions_with_suggestions": (2, "most"),
    "requests_elsewhere": (0, "most"),
}
WORDS = (
    "We run four hundred wind turbines along the coast and look for people who keep them turning in any weather. "
    "You plan the rounds, climb the towers, read the oil and write down what you found so that others can go on. "
)
NAMES = "Ann Bob Cid Dan Eva Fay Gus Hal Ida Jon"

_TIME_SUBMITS = """() => {
  globalThis.took = [];
  let began = 0;
  addEventListener("keydown", (event) => { if (event.key === "Enter") began = performance.now(); }, true);
  const shown = () => took.push(performance.now() - began);
  new MutationObserver(() => requestAnimationFrame(() => setTimeout(shown)))
    .observe(document.querySelector("[data-room]"), { childList: true });
}"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.labeler_page", description=__doc__)
    parser.add_argument("--json", action="store_true", help="figures as one JSON object")
    options = parser.parse_args()
    figures = measure()
    faults = missed(figures, BUDGETS)
    if options.json:
        print(json.dumps({"figures": figures, "missed": faults}))
    else:
        show(figures)
        print("\n".join(faults) or "every budget is kept")
    return 1 if faults else 0


def show(figures: dict[str, Any]) -> None:
    for name, value in figures.items():
        print(name.ljust(38), str(value).rjust(14), shown(name, BUDGETS).rjust(14))


def measure() -> dict[str, Any]:
    """All figures, on a labeler of its own."""
    state = Path(tempfile.mkdtemp(prefix="labelmill-bench-"))
    env = {**os.environ, **stack.environment({"LABELMILL_STATE": str(state)})}
    env |= {"DJANGO_SETTINGS_MODULE": "labeler.settings"}
    try:
        with serving("labeler.wsgi", env) as (_, port, _), seeded(env), chromium() as browser:
            address = f"http://127.0.0.1:{port}"
            cookies = log_in(browser, address)
            unbroken = clicking(browser, address, cookies, "unbroken")
            return {
                **loading(browser, address, cookies),
                **clicking(browser, address, cookies, "long"),
                **{f"unbroken_{name}": unbroken[name] for name in ("click_to_paint_p95_ms", "click_processor_p95_ms")},
                **submitting(browser, address, cookies),
                **acting(browser, address, cookies),
            }
    finally:
        stack.release(state)
        shutil.rmtree(state, ignore_errors=True)


@contextlib.contextmanager
def seeded(env: dict[str, str]) -> Iterator[None]:
    backstage = Backstage(env)
    backstage("account", name="lena")
    posts = {
        "short": list(islice(texts(), LOADS + 5)),
        "long": [(WORDS * 2 + "\n\n") * 18],
        "unbroken": [WORDS * 36],
        "many": list(islice(texts(), SUBMITS + 5)),
        "ten": [NAMES],
    }
    for slug, some in posts.items():
        backstage("project", slug=slug)
        backstage("posts", slug=slug, texts=[{"text": text} for text in some])
    backstage("project", slug="suggested")
    right = [[name, "Tool", 0.9] for name in NAMES.split()]
    backstage("posts", slug="suggested", texts=[{"text": NAMES, "suggest": right}, {"text": "The end."}])
    yield
    backstage.close()


def loading(browser: Browser, address: str, cookies: Any) -> dict[str, Any]:
    """A 400-word post from an empty cache, and what the next one adds."""
    clickable, shifts, longest, cold, following, elsewhere = [], [], [], 0.0, 0.0, 0
    for _ in range(LOADS):
        with fresh(browser, address, cookies) as (page, session):
            urls: dict[str, str] = {}
            weights: dict[str, float] = {}
            session.on(
                "Network.requestWillBeSent",
                lambda event, u=urls: u.update({event["requestId"]: event["request"]["url"]}),
            )
            session.on(
                "Network.loadingFinished",
                lambda event, w=weights: w.update({event["requestId"]: event["encodedDataLength"]}),
            )
            desk = Desk(page, "short").open()
            desk.fetched_ahead()
            page.wait_for_timeout(200)
            by_url = {urls[one]: weight for one, weight in weights.items() if one in urls}
            following = sum(weight for url, weight in by_url.items() if "/next" in url)
            cold = sum(weight for url, weight in by_url.items() if "/next" not in url)
            elsewhere += sum(not url.startswith(address) for url in by_url)
            clickable.append(page.evaluate("performance.getEntriesByName('clickable')[0].startTime"))
            shifts.append(page.evaluate("seen.shift"))
            longest.append(page.evaluate("seen.longest"))
    return {
        "cold_kb": round(cold / 1024, 1),
        "next_kb": round(following / 1024, 1),
        "clickable_ms": round(statistics.median(clickable)),
        "layout_shift": round(max(shifts), 3),
        "load_longest_task_ms": round(max(longest)),
        "requests_elsewhere": elsewhere,
    }


def submitting(browser: Browser, address: str, cookies: Any) -> dict[str, Any]:
    """From the key to the frame that shows the next post, which was fetched before."""
    with fresh(browser, address, cookies) as (page, _):
        desk = Desk(page, "many").open()
        page.evaluate(_TIME_SUBMITS)
        desk.fetched_ahead()
        desk.press("1")
        for _ in range(SUBMITS):
            desk.click("No.")
            with page.expect_response(lambda response: "/next" in response.url):
                desk.press("Enter")
            page.wait_for_timeout(100)
        took = page.evaluate("took")
    return {"submit_to_next_p95_ms": round(statistics.quantiles(took, n=20)[-1], 1)}


def acting(browser: Browser, address: str, cookies: Any) -> dict[str, Any]:
    """Counts keys and clicks, and makes sure that they did the work."""
    with fresh(browser, address, cookies) as (page, _):
        desk, actions = Desk(page, "ten").open(), 0
        names = NAMES.split()
        for key, some in (("1", names[:4]), ("2", names[4:7]), ("3", names[7:])):
            desk.press(key)
            for name in some:
                desk.click(name)
            actions += 1 + len(some)
        desk.until(lambda: page.locator("[data-count]").text_content(), "10")
        desk = Desk(page, "suggested").open()
        desk.press("a", "Enter")
        desk.title("Post 2")
    return {"actions_for_ten": actions, "actions_with_suggestions": 2}


if __name__ == "__main__":
    sys.exit(main())
