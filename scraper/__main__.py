"""`python -m scraper COMMAND …`"""

import argparse
import os
import sys
from importlib import import_module

from pipeline.ports import StoreUnavailable
from pipeline.stack import StackError

COMMANDS = ("crawl", "detect", "due", "parse", "replay", "show")


def main(argv: list[str] | None = None) -> int:
    """The exit code: 0; 1 when nothing was found, or AWS is away; 2 for a wrong argument."""
    parser = argparse.ArgumentParser(
        prog="python -m scraper", description="Reads posts from the web into the pipeline."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    modules = {name: import_module(f"scraper.commands.{name}") for name in COMMANDS}
    for name, module in modules.items():
        module.add_arguments(commands.add_parser(name, help=module.HELP))
    options = parser.parse_args(argv)
    try:
        code = int(modules[options.command].run(options))
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # `… | head` has seen enough; what is left must not be written at the end either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except ValueError as error:  # an argument whose value cannot be used; the message says which are
        print(f"python -m scraper {options.command}: {error}", file=sys.stderr)
        return 2
    except (StackError, StoreUnavailable) as error:
        print(f"python -m scraper {options.command}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
