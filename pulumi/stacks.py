"""Looks at stacks without making them: a picture, a difference, the cost at rest, and the docs that show them."""

import argparse
import os
import sys


def main() -> int:
    parser = argparse.ArgumentParser(prog="python pulumi/stacks.py", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    picture_parser = commands.add_parser("picture", help="a stack as Mermaid text, as docs/stack.md shows it")
    diff_parser = commands.add_parser("diff", help="what two stacks make that differs, a line each")
    cost_parser = commands.add_parser("cost", help="what stacks cost a month at rest, as docs/cost.md shows it")
    commands.add_parser("docs", help="write docs/stack.md and docs/cost.md anew")
    counts: tuple[tuple[argparse.ArgumentParser, int | str], ...] = (
        (picture_parser, 1),
        (diff_parser, 2),
        (cost_parser, "+"),
    )
    for one, count in counts:
        one.add_argument("stacks", nargs=count, choices=["local", "dev", "prod"], metavar="STACK")
    arguments = parser.parse_args()

    from labelmill_infra.reports.cost import table
    from labelmill_infra.reports.difference import difference
    from labelmill_infra.reports.picture import picture
    from labelmill_local.recorder import record

    if arguments.command == "docs":
        from labelmill_local.pages import write

        pages = write(record("dev", package=os.devnull), record("prod", package=os.devnull))
        print("\n".join(map(str, pages)) or "nothing changed")
        return 0
    recorded = [record(stack, package=os.devnull) for stack in arguments.stacks]
    if arguments.command == "picture":
        print(picture(recorded[0]), end="")
    elif arguments.command == "cost":
        print(table(recorded), end="")
    else:
        found = difference(recorded[0], recorded[1])
        print("\n".join(found))
        print(f"{len(found)} differences", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
