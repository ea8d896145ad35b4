"""Looks at stacks without making them: a picture, a difference, the cost at rest, and the docs that show them."""

import argparse
import os
import re
import sys
from pathlib import Path

from labelmill_infra.recorded import RecordedStack
from labelmill_infra.reports.cost import format_table
from labelmill_infra.reports.difference import compare
from labelmill_infra.reports.picture import draw

DOCS = Path(__file__).resolve().parents[1] / "docs"


class MarkMissing(ValueError):
    """A page has lost the marks between which it is written."""


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

    from labelmill_local.recorder import record  # pulumi takes a second to import: --help needs none of it

    if arguments.command == "docs":
        pages = write_docs(record("dev", package=os.devnull), record("prod", package=os.devnull))
        print("\n".join(map(str, pages)) or "nothing changed")
        return 0
    recorded = [record(stack, package=os.devnull) for stack in arguments.stacks]
    if arguments.command == "picture":
        print(draw(recorded[0]), end="")
    elif arguments.command == "cost":
        print(format_table(recorded), end="")
    else:
        found = compare(recorded[0], recorded[1])
        print("\n".join(found))
        print(f"{len(found)} differences", file=sys.stderr)
    return 0


def write_docs(dev: RecordedStack, prod: RecordedStack, docs: Path = DOCS) -> list[Path]:
    """Writes what `docs/stack.md` and `docs/cost.md` show of stacks, between marks; returns the pages that changed."""
    parts = {
        "stack.md": ("```mermaid\n", draw(prod), "```"),
        "cost.md": ("<!-- at rest: by pulumi/stacks.py -->\n", format_table([dev, prod]), "<!-- end of at rest -->"),
    }
    changed = []
    for name, (before, written, after) in parts.items():
        page = docs / name
        text = page.read_text()
        marked = re.compile(f"({re.escape(before)}).*?({re.escape(after)})", re.DOTALL)
        if not marked.search(text):
            raise MarkMissing(f"{page} has no {before.strip()!r} before {after!r}")
        new = marked.sub(lambda found, written=written: f"{found[1]}{written}{found[2]}", text, count=1)  # type: ignore[misc]
        if new != text:
            page.write_text(new)
            changed.append(page)
    return changed


if __name__ == "__main__":
    sys.exit(main())
