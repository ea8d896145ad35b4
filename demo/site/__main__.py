"""`python -m demo.site`: serves the sample careers site, or a folder of pages, until it is stopped."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from demo.site import Site, expected
from demo.site.content import REVISIONS
from demo.site.folder import FolderError


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m demo.site", description=__doc__.split(": ", 1)[1])
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; a free one when it is 0 (default)")
    parser.add_argument("--revision", type=int, choices=REVISIONS, default=1, help="2: one posting has changed")
    parser.add_argument("--folder", type=Path, help="serve the pages of this folder instead of the sample site")
    given = parser.parse_args(arguments)
    try:
        site = Site(given.port, given.revision, given.folder)
    except (FolderError, OSError, OverflowError) as error:
        parser.error(str(error))
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    found = expected(given.folder, given.revision)
    with site:
        print(site.url, flush=True)
        print(f"{found.scraped} postings, {found.unique} of them distinct; Ctrl-C stops", file=sys.stderr, flush=True)
        stopped.wait()
    print(f"stopped after {site.served} requests", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
