"""Writes what the docs show of stacks, between marks, so that they say what the program does."""

import re
from pathlib import Path

from labelmill_infra.recorded import RecordedStack
from labelmill_infra.reports.cost import table
from labelmill_infra.reports.picture import picture

from .configuration import ROOT

DOCS = ROOT / "docs"


class MarkMissing(ValueError):
    """A page has lost the marks between which it is written."""


def write(dev: RecordedStack, prod: RecordedStack, docs: Path = DOCS) -> list[Path]:
    """`docs/stack.md` and the half of `docs/cost.md` about stacks at rest; returns the pages that changed."""
    parts = {
        "stack.md": ("```mermaid\n", picture(prod), "```"),
        "cost.md": ("<!-- at rest: by pulumi/stacks.py -->\n", table([dev, prod]), "<!-- end of at rest -->"),
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
