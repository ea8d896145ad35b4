"""`python -m pipeline COMMAND …`"""

import argparse
import signal
import sys
from collections.abc import Sequence
from importlib import import_module

COMMANDS = ("annotator", "posts", "redrive", "replay", "tokenizer")
PIPED = ("posts", "redrive", "tokenizer")  # end without a word where `… | head` has seen enough


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m pipeline", description="Works with posts between scraper and label."
    )
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="…", help="what the command takes: --help tells")
    given = parser.parse_args()
    return run(given.command, given.arguments)


def run(command: str, arguments: Sequence[str] | None = None) -> int:
    """The exit code of a command. `arguments`: those of the process by default."""
    if command in PIPED:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    return int(import_module(f"pipeline.commands.{command}").main(arguments))


if __name__ == "__main__":
    sys.exit(main())
