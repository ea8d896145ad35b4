"""`make smoke`: the main job once, on a scratch state, without browser window or prompt.

Prints one line of JSON last; exits 0 only if every count is what the inputs demand.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from demo import machine
from demo.labeling import Answered, Labeler
from demo.processes import Processes, ProcessFailedError
from demo.site import expected
from pipeline import stack
from pipeline.adapters.aws import clients
from scraper import chromium
from scraper.chromium import NoBrowser


@dataclass
class Counts:
    """`scraped`: postings read from pages; `unique`: distinct post ids; the rest counts posts."""

    scraped: int = 0
    unique: int = 0
    prepared: int = 0
    archived: int = 0
    in_inbox: int = 0
    labelled: int = 0
    exported: int = 0
    seconds: float = 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="make smoke", description=__doc__)
    parser.add_argument(
        "--site",
        help="a URL or a folder of pages to scrape instead of the sample site; page:FOLDER for pages without data",
    )
    given = parser.parse_args().site
    began = time.monotonic()
    counts = Counts()
    with tempfile.TemporaryDirectory(prefix="labelmill-smoke-") as scratch:
        state = Path(scratch)
        try:
            os.environ["CHROMIUM_PATH"] = chromium.ensure(os.environ)
            with Processes({"LABELMILL_STATE": str(state)}, state / "logs") as processes:
                wrong = do_main_job(processes, state, given, counts)
        except (ProcessFailedError, stack.StackError, NoBrowser, ValueError) as error:
            wrong = [str(error)]
        finally:
            machine.close_database()
            stack.release(state)
    counts.seconds = round(time.monotonic() - began, 1)
    for line in wrong:
        print(f"wrong: {line}", file=sys.stderr)
    print(json.dumps(asdict(counts)))
    return 1 if wrong else 0


def do_main_job(processes: Processes, state: Path, given: str | None, counts: Counts) -> list[str]:
    """Fills `counts` as it goes; returns what is not as the inputs demand."""
    tell("local AWS, database, project")
    machine.set_up(state)
    url, demanded = site(processes, given)
    tell(f"scraping {url}")
    found = machine.crawl(processes, url, show=True)
    counts.scraped, counts.unique = found["scraped"], found["unique"]
    tell("waiting for the pipeline")
    machine.fill_inbox(found["sent"], lambda there: None)
    counts.in_inbox = machine.posts_in_inbox()
    rows = machine.archived(processes, found["sent"])
    counts.archived = len({row["post_id"] for row in rows})
    counts.prepared = prepared({row["trace_id"] for row in rows})
    tell(f"labelling {counts.in_inbox} posts over HTTP")
    machine.manage("demo_accounts")
    address = machine.serve(processes, state)
    answered = list(answers(Labeler(address, machine.PROJECT, "labeler", "labelmill")))
    counts.labelled = len(answered)
    tell("exporting")
    export = state / "export.jsonl"
    machine.manage("export", machine.PROJECT, "--format", "jsonl", "-o", str(export))
    lines = [json.loads(line) for line in export.read_text().splitlines()]
    counts.exported = len({line["id"] for line in lines})
    wrong = check_export(lines, answered)
    for name in asdict(counts).keys() - {"scraped", "seconds"}:
        demanded.setdefault(name, counts.unique)
    for name, number in demanded.items():
        if (got := getattr(counts, name)) != number:
            wrong.append(f"{name} is {got}, the inputs demand {number}")
    if not counts.unique:
        wrong.append("no post was found")
    return wrong


def site(processes: Processes, given: str | None) -> tuple[str, dict[str, int]]:
    """The address to scrape, and what its pages demand where they can be counted: not those of somebody's site."""
    if given and "://" in given:
        return given, {}
    plain = bool(given and given.startswith("page:"))
    folder = Path(given.removeprefix("page:")).resolve() if given else None
    words = ["--folder", str(folder)] if folder else []
    url = processes.first_line("site", ["-m", "demo.site", "--port", "0", *words])
    if plain:
        return f"page:{url}", {}
    demanded = expected(folder)
    if not demanded.unique:
        raise ValueError(
            f"no page in {folder} holds schema.org JobPosting data, which is what is looked for. To have the pages read"
            f" as plain text: make smoke SITE=page:{folder}"
        )
    return url, {"scraped": demanded.scraped, "unique": demanded.unique}


def answers(labeler: Labeler) -> Iterator[Answered]:
    while answered := labeler.answer():
        yield answered


def prepared(traces: set[str], seconds: float = 20) -> int:
    """How many of the posts traced by `traces` the preprocess function says in its log that it has prepared.

    Waits for all of them: a function's log arrives after the posts it has sent on.
    """
    env = stack.environment(os.environ)
    pages = clients(env).client("logs").get_paginator("filter_log_events")
    deadline = time.monotonic() + seconds
    while True:
        told: set[str] = set()
        for page in pages.paginate(logGroupName=f"/aws/lambda/{env['PREPROCESS_FUNCTION_NAME']}"):
            for event in page["events"]:
                line = event["message"].strip()
                if line.startswith("{") and (said := json.loads(line)).get("event") == "batch done":
                    told.update(said["trace_ids"])
        if traces <= told or time.monotonic() > deadline:
            return len(traces & told)
        time.sleep(0.2)


def check_export(lines: Iterable[dict[str, Any]], answered: list[Answered]) -> list[str]:
    """Each exported post must carry the text that the page showed and exactly the spans put on it, at their places."""
    wrong = []
    shown = {answer.text.strip(): answer.spans for answer in answered}
    for line in lines:
        text = line["text"]
        spans = tuple(sorted((one["label"], text[one["start"] : one["end"]]) for one in line["spans"]))
        if (put := shown.pop(text.strip(), None)) is None:
            wrong.append(f"post {line['id']} is exported with a text that no page showed")
        elif put != spans:
            wrong.append(f"post {line['id']}: labelled {put}, exported {spans}")
    if shown:
        wrong.append(f"{len(shown)} labelled texts are not in the export")
    return wrong


def tell(what: str) -> None:
    print(f"{what} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
