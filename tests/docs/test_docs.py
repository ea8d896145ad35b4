"""What the docs say of the code, where that can be checked."""

import inspect
import re
from pathlib import Path

import pytest

from pipeline import schema

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = sorted(DOCS.rglob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8")):
        if not target.startswith(("http://", "https://", "…")):
            assert (page.parent / target).exists(), target


def test_the_architecture_lists_every_schema_of_the_wire() -> None:
    said = set(re.findall(r"^\| `([a-z-]+/\d+)`", (DOCS / "architecture.md").read_text("utf-8"), re.MULTILINE))
    known = {getattr(one, "SCHEMA", "") for _, one in inspect.getmembers(schema, inspect.isclass)}
    assert said == known - {""}


def test_every_decision_is_in_the_index() -> None:
    index = (DOCS / "adr" / "README.md").read_text("utf-8")
    records = sorted((DOCS / "adr").glob("[0-9]*.md"))
    assert records
    assert all(f"({one.name})" in index for one in records)
