"""The page on the scraper names what there is."""

import re
from pathlib import Path

import pytest

from scraper import sources
from scraper.__main__ import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "scraper.md").read_text()
CODE = "\n".join(path.read_text() for folder in ("scraper", "pipeline/web") for path in (ROOT / folder).rglob("*.py"))
NAMED = re.compile(r'(?:(?:Skip|XmlRefused|FetchFailure)\(\s*|refused\.append\(|(?:skipped|errors)\[)"([a-z0-9-]+)"')
REASONS = set(NAMED.findall(CODE))


@pytest.mark.parametrize("name", [*COMMANDS, *sources.kinds()])
def test_commands_and_kinds(name: str) -> None:
    assert f"`{name}" in PAGE


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_reasons(reason: str) -> None:
    assert f"`{reason}`" in PAGE


def test_each_kind_has_a_test_and_saved_pages_of_its_name() -> None:
    here = Path(__file__).parent / "sources"
    for kind in sources.kinds():
        assert (here / f"test_{kind}.py").exists()
        assert any((here / kind).iterdir())
