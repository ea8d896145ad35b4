"""`make run`: the whole of Labelmill on this machine, with sample posts, until Ctrl-C."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import datetime
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
    try:
        state = stack.make_state_dir(os.environ)
        with machine.alone(state) as place:
            return _main(state, machine.check_port(os.environ.get("PORT", "")), place)
    except stack.StackError as error:
        print(error, file=sys.stderr)
        return 1


def _main(state: Path, port: int, place: Path) -> int:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for what it starts in the background
    signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        _run(state, port, place)
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


def _run(state: Path, port: int, place: Path) -> None:
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
            make_whole(processes, unclean)
        steps.next("sample careers site")
        site = processes.first_line("site", ["-m", "demo.site", "--port", "0"])
        steps.next("posts: scrape, drop duplicates, tokenize")
        if loaded.exists():
            steps.note(f"already here: {machine.inbox().get('posts', 0)} posts")
        else:
            load(processes, site)
            loaded.touch()
        machine.keep_source(site)
        steps.next("demo accounts")
        accounts = machine.manage("demo_accounts")
        steps.next("labeler and its worker")
        address = machine.serve(processes, state, port)
        processes.keep("worker", ["manage.py", "worker"])
        processes.keep("annotator", ["-m", "pipeline.annotator", "work"])
        processes.keep("schedule", ["-m", "demo.schedule"])
        place.write_text(address)
        print(
            f"\nLabelmill is ready after {time.monotonic() - began:.0f} s\n\n"
            f"  label         {address}/\n"
            f"  jobs          {address}/jobs/\n"
            f"  admin         {address}/admin/\n"
            f"  sample site   {site}\n\n{accounts.rstrip()}\n\n"
            f"{contact()}logs are in {state / 'logs'}; Ctrl-C stops everything and keeps it",
            flush=True,
        )
        look_after(processes, state, unclean)


def contact() -> str:
    """A line on what the scraper lacks for sites that are not on this machine; empty where it is there."""
    if os.environ.get("LABELMILL_CONTACT"):
        return ""
    return (
        "to scrape other sites, say how their owners reach you: LABELMILL_CONTACT=you@example.org make run, or on the\n"
        "page of a project's sources, which asks for it once\n\n"
    )


def look_after(processes: Processes, state: Path, unclean: Path) -> None:
    """Until Ctrl-C. The local AWS is started again by its supervisor; what it lost is sent again from here."""
    is_away = False

    def tend() -> None:
        nonlocal is_away
        processes.tend(say)
        if not stack.is_running(state):
            raise ProcessFailedError(f"the local AWS has ended; see {state / 'logs' / 'stack.log'}")
        if is_away != (not (state / "stack.json").exists()):
            is_away = not is_away
            say("the local AWS is away and is started again; all that needs it waits" if is_away else "it is back")

    while True:
        tend()
        if unclean.exists() and not is_away:
            say("the local AWS was killed: sending again what the archive lacks, reading the labels back")
            try:
                make_whole(processes, unclean, tend)
                say("all is whole again")
            except ProcessFailedError as error:
                say(f"{error}; trying again")
        time.sleep(0.5)


def make_whole(processes: Processes, unclean: Path, meanwhile: Callable[[], object] = lambda: None) -> None:
    """What the local AWS lost when it was killed: posts on their way, requests for jobs; and reads the labels back."""
    # Taken away first: one that is killed meanwhile puts it there again.
    told = unclean.read_text()
    unclean.unlink()
    try:
        processes.run("replay", ["-m", "pipeline.replay", "--missing"], show=True, meanwhile=meanwhile)
        processes.run("rebuild", ["manage.py", "rebuild"], show=True, meanwhile=meanwhile)
    except BaseException:
        unclean.write_text(told)
        raise


def say(line: str) -> None:
    print(f"{datetime.now():%H:%M:%S} {line}", flush=True)  # noqa: DTZ005  as the clock of who reads it


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
