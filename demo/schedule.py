"""What the scheduler does on AWS: looks again and again which sources are due, and lets the scraper run them."""

import os
import signal
import sys
import time
from datetime import UTC, datetime
from types import FrameType

from demo.processes import Processes
from pipeline import stack
from pipeline.adapters.aws import S3Store, clients
from pipeline.ports import ObjectStore, StoreUnavailable
from scraper import runs

LOOK_SECONDS = 3  # somebody who asked for a run, or tries an address, is watching


def main() -> None:
    signal.signal(signal.SIGTERM, _end)
    env = stack.environment(os.environ)
    store = S3Store(clients(env).s3, env["POSTS_BUCKET"])
    while True:
        try:
            due = is_anything_due(store)
        except StoreUnavailable as error:
            print(f"AWS is away, looking again in {LOOK_SECONDS} s: {error}", file=sys.stderr, flush=True)
            due = False
        if due:
            # A child, so that a crawl's memory goes with it; it ends when this process is told to.
            with Processes({}, stack.state_dir(os.environ) / "logs") as children:
                children.start("due", ["-m", "scraper", "due", "--allow-loopback"]).wait()
        time.sleep(LOOK_SECONDS)


def is_anything_due(store: ObjectStore) -> bool:
    now = datetime.now(UTC)
    return any(True for _ in runs.trials(store, now)) or any(True for _ in runs.due(store, now))


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()
