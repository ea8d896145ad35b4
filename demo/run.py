"""`make run`: the whole of Labelmill on this machine, with sample posts, until Ctrl-C."""

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from tqdm import tqdm

from demo import machine
from demo.processes import Processes, ProcessFailedError
from pipeline import stack
from scraper import chromium
from scraper.chromium import NoBrowser


def main() -> int:
    argparse.ArgumentParser(prog="make run", description=__doc__).parse_args()
    state = stack.state_dir(os.environ)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for what it starts in the background
    signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        _run(state)
    except KeyboardInterrupt:
        print("\nstopping …", flush=True)
    except (ProcessFailedError, stack.StackError, NoBrowser) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    finally:
        # From here on a second Ctrl-C must not cut the emulator's last save short.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        stack.release(state)
    print(f"stopped; everything is kept in {state}")
    return 0


def _as_interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _run(state: Path) -> None:
    began = time.monotonic()
    steps = Steps(6)
    unclean = state / "unclean"
    loaded = state / "sample-loaded"

    steps.next("browser for pages that need one")
    os.environ["CHROMIUM_PATH"] = chromium.ensure(os.environ)
    steps.next("local AWS, database and sample project")
    env = machine.set_up(state)
    with Processes(env, state / "logs") as processes:
        if unclean.exists():
            steps.note("the last run ended uncleanly: sending again what the archive lacks, reading the labels back")
            processes.run("replay", ["-m", "pipeline.replay", "--missing"], show=True)
            processes.run("rebuild", ["manage.py", "rebuild"], show=True)
            unclean.unlink()
        steps.next("sample careers site")
        site = processes.first_line("site", ["-m", "demo.site", "--port", "0"])
        steps.next("posts: scrape, drop duplicates, tokenize")
        if loaded.exists():
            steps.note(f"already here: {machine.inbox().get('posts', 0)} posts")
        else:
            load(processes, site)
            loaded.touch()
        steps.next("demo accounts")
        accounts = machine.manage("demo_accounts")
        steps.next("labeler and its worker")
        address = machine.serve(processes, state, int(os.environ.get("PORT") or 0))
        processes.start("worker", ["manage.py", "worker"])
        processes.start("annotator", ["-m", "pipeline.annotator", "work"])
        processes.start("schedule", ["-m", "demo.schedule"])
        print(
            f"\nLabelmill is ready after {time.monotonic() - began:.0f} s\n\n"
            f"  label         {address}/\n"
            f"  jobs          {address}/jobs/\n"
            f"  admin         {address}/admin/\n"
            f"  sample site   {site}\n\n{accounts.rstrip()}\n\n"
            f"logs are in {state / 'logs'}; Ctrl-C stops everything and keeps it",
            flush=True,
        )
        while not (failure := processes.ended()):
            time.sleep(0.5)
        raise ProcessFailedError(failure)


def load(processes: Processes, site: str) -> None:
    """Crawls the sample site and waits until its posts can be labelled."""
    found = machine.crawl(processes, site, show=True)
    with tqdm(total=found["unique"], desc="in the inbox", unit=" posts", disable=None) as bar:
        machine.fill_inbox(found["unique"], lambda there: bar.update(there - bar.n))


class Steps:
    """Prints numbered steps, so that nobody wonders what takes so long."""

    def __init__(self, total: int) -> None:
        self._at, self._total = 0, total

    def next(self, what: str) -> None:
        self._at += 1
        print(f"[{self._at}/{self._total}] {what}", flush=True)

    def note(self, what: str) -> None:
        print(f"      {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
