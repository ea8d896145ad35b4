"""The infrastructure's folders build on one another one way: no two import each other, by whatever roundabout."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PULUMI = Path(__file__).resolve().parents[2] / "pulumi"


def modules(package: str) -> dict[str, Path]:
    found = {}
    for path in sorted((PULUMI / package).rglob("*.py")):
        parts = path.relative_to(PULUMI).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(name: str, path: Path) -> Iterator[str]:
    """Dotted names, of modules and of what is in them."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            yield from (".".join([*base, *([node.module] if node.module else []), one.name]) for one in node.names)
        elif isinstance(node, ast.Import):
            yield from (one.name for one in node.names)


def imported(package: str) -> Iterator[tuple[str, str]]:
    """Pairs of modules of a package: who imports, who is imported."""
    known = modules(package)
    for name, path in known.items():
        for one in imports(name, path):
            target = one if one in known else one.rpartition(".")[0]
            if target in known and target != name:
                yield name, target


@pytest.mark.parametrize("package", ["labelmill_infra", "labelmill_local"])
def test_no_folders_import_each_other(package: str) -> None:
    folders = {
        name: name if path.name == "__init__.py" else name.rpartition(".")[0] for name, path in modules(package).items()
    }
    graph: dict[str, set[str]] = {}
    for who, what in imported(package):
        if folders[who] != folders[what]:
            graph.setdefault(folders[who], set()).add(folders[what])
    assert len(list(TopologicalSorter(graph).static_order())) > 1  # raises at a cycle


@pytest.mark.parametrize("package", ["labelmill_infra", "labelmill_local"])
def test_no_modules_import_each_other(package: str) -> None:
    graph: dict[str, set[str]] = {}
    for who, what in imported(package):
        # A package's own list of its modules is no dependency of theirs.
        if modules(package)[who].name != "__init__.py":
            graph.setdefault(who, set()).add(what)
    assert len(list(TopologicalSorter(graph).static_order())) > 1


def test_resources_know_nothing_of_reports_and_rules_about_them() -> None:
    about = ("labelmill_infra.reports", "labelmill_infra.guardrails", "labelmill_infra.recorded")
    assert [pair for pair in imported("labelmill_infra") if pair[1].startswith(about) > pair[0].startswith(about)] == []
