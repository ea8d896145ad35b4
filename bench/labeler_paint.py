"""From a click to the frame that shows it, on a post of 2,000 tokens, by Chromium's own trace.

Counted is what the page's main thread does from the start of the click's event to the end of the commit of the next
frame: the handler, style, layout, paint, and every other task that runs in between. A frame then waits for the screen,
up to 16.7 ms at 60 a second, whatever the page does: `screen` counts that too, and has no budget.
"""

import statistics
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

from bench.labeler_browser import fresh
from tests.e2e.desk import Desk

CLICKS = 60
Event = dict[str, Any]

_WORDS_IN_VIEW = """(count) => [...document.querySelectorAll(".t")].slice(0, 900)
  .filter((token, at) => at % 5 === 0 && token.textContent.length > 2)
  .map((token) => token.getClientRects()[0])
  .filter((box) => box.top > 120 && box.bottom < innerHeight - 80)
  .slice(0, count).map((box) => [box.x + box.width / 2, box.y + 8])"""


@dataclass(frozen=True, slots=True)
class Click:
    """Milliseconds the main thread was at work, those of a processor in them (which other programs do not change), and
    until the frame was handed on; elements restyled, objects laid out."""

    worked: float
    processor: float
    screen: float
    restyled: int
    laid_out: int


def clicking(browser: Browser, address: str, cookies: Any, slug: str) -> dict[str, Any]:
    """Labels words of a project's first post by clicks."""
    with fresh(browser, address, cookies) as (page, session):
        Desk(page, slug).open().press("1")
        page.wait_for_timeout(500)
        page.evaluate("seen.longest = 0")
        tokens = page.evaluate("document.querySelectorAll('.t').length")
        events = _traced(page, session)
        took = clicks(events)
        longest = page.evaluate("seen.longest")
    return {
        "tokens": tokens,
        "clicks": len(took),
        "click_to_paint_p50_ms": _middle([one.worked for one in took]),
        "click_to_paint_p95_ms": _late([one.worked for one in took]),
        "click_processor_p95_ms": _late([one.processor for one in took]),
        "click_to_screen_p50_ms": _middle([one.screen for one in took]),
        "click_to_screen_p95_ms": _late([one.screen for one in took]),
        "click_restyled_p50": round(statistics.median(one.restyled for one in took)),
        "click_laid_out_p50": round(statistics.median(one.laid_out for one in took)),
        "longest_task_ms": round(longest),
        "longest_task_processor_ms": round(
            max(one.get("tdur", 0) for one in events if one["name"] == "RunTask") / 1000
        ),
    }


def _middle(values: list[float]) -> float:
    return round(statistics.median(values), 1)


def _late(values: list[float]) -> float:
    return round(statistics.quantiles(values, n=20)[-1], 1)


def _traced(page: Page, session: CDPSession) -> list[Event]:
    """The events of Chromium while words are clicked."""
    events: list[Event] = []
    ended: list[object] = []
    session.on("Tracing.dataCollected", lambda batch: events.extend(batch["value"]))
    session.on("Tracing.tracingComplete", lambda _: ended.append(True))
    categories = "devtools.timeline,disabled-by-default-devtools.timeline"
    session.send("Tracing.start", {"categories": categories, "transferMode": "ReportEvents"})
    for x, y in page.evaluate(_WORDS_IN_VIEW, CLICKS):
        page.mouse.move(x, y)
        page.wait_for_timeout(60)
        page.mouse.click(x, y)
        page.wait_for_timeout(60)
    session.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(50)
    return events


def clicks(events: list[Event]) -> list[Click]:
    """Each click of a trace whose frame was committed."""
    found = []
    for click in (one for one in events if one["name"] == "EventDispatch" and one["args"]["data"]["type"] == "click"):
        start = click["ts"]
        thread = [one for one in events if one["tid"] == click["tid"] and "dur" in one]
        ends = [_end(one) for one in thread if one["name"] == "Commit" and one["ts"] > start]
        if not ends:
            continue
        end = min(ends)
        worked = processor = 0.0
        for task in (one for one in thread if one["name"] == "RunTask" and one["dur"]):
            part = max(0, min(_end(task), end) - max(task["ts"], start))
            worked += part
            processor += part * task.get("tdur", task["dur"]) / task["dur"]  # as if spread evenly over the task
        inside = [one for one in thread if start <= one["ts"] < end]
        styles = [one["args"].get("elementCount", 0) for one in inside if one["name"] == "UpdateLayoutTree"]
        layouts = [one["args"]["beginData"]["dirtyObjects"] for one in inside if one["name"] == "Layout"]
        found.append(Click(worked / 1000, processor / 1000, (end - start) / 1000, sum(styles), sum(layouts)))
    return found


def _end(event: Event) -> int:
    return int(event["ts"] + event["dur"])
