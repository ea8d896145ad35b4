"""What the docs say of the code, where that can be checked."""

import inspect
import re
from pathlib import Path

import pytest
import yaml

from pipeline import schema
from tests import sources

ROOT = sources.ROOT
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
# For those who change the code: every file and module that they name must be there.
FOR_CONTRIBUTORS = [
    *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md", "docs/glossary.md")),
    *sorted((DOCS / "adr").glob("*.md")),
]
FOLDERS = "bench|demo|docs|labeler|pipeline|pulumi|requirements|scraper|tests"


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


@pytest.mark.parametrize("page", FOR_CONTRIBUTORS, ids=lambda page: page.name)
def test_every_path_and_module_that_is_named_is_there(page: Path) -> None:
    named = set(re.findall(r"`([^`\s]+)`", page.read_text("utf-8")))
    paths = [one for one in named if re.fullmatch(rf"({FOLDERS})/[\w./{{}}-]*", one) or one.endswith((".md", ".toml"))]
    # A part in capitals or braces is for the reader to fill in: the folder before it must be there.
    gone = [one for one in paths if not (ROOT / re.split(r"/?[^/]*(?:NAME|\{)", one)[0]).exists()]
    known = sources.modules()
    dotted = [one for one in named if re.fullmatch(rf"({FOLDERS}|labelmill_infra)(\.\w+)+", one)]
    gone += [one for one in dotted if one not in known and not _defines(known, one)]
    assert not gone, gone


def _defines(known: dict[str, sources.Module], dotted: str) -> bool:
    """Whether it is a function, class or constant of a module, or of a bench or test."""
    module, _, name = dotted.rpartition(".")
    if module in known:
        return re.search(rf"^(def |class )?{name}\b", known[module].text, re.MULTILINE) is not None
    return (ROOT / f"{dotted.replace('.', '/')}.py").exists()


def test_before_a_commit_runs_what_make_check_runs() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    assert [hook["entry"] for repo in config["repos"] for hook in repo["hooks"]] == ["make check"]


def test_the_threat_model_names_each_attack_and_each_attack_is_there() -> None:
    page = (DOCS / "threat-model.md").read_text("utf-8")
    table = page.split("## Attacks that are tried")[1].split("\n## ")[0]
    named: set[tuple[str, str]] = set()
    for file, weaknesses in re.findall(r"`(test_\w+\.py)`((?:, (?:CWE-)?\d+)+)", table):
        named |= {(file, number) for number in re.findall(r"\d+", weaknesses)}
    there = {
        (path.name, number)
        for path in (ROOT / "tests" / "security").glob("test_*.py")
        for test in re.findall(r"^def (test_\w*cwe_\w+)\(", path.read_text("utf-8"), re.MULTILINE)
        for number in re.findall(r"cwe_(\d+)", test)
    }
    assert sorted(named - there) == []
    assert sorted(there - named) == []
    for path in re.findall(r"`(tests/[\w/]+\.py)`", table):
        assert (ROOT / path).exists(), path
