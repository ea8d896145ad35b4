"""Who may import whom: the rules of direction, read out of the sources."""

import ast
import sys
from collections.abc import Iterator

import pytest

from tests import sources

FOUND = sources.modules()
PURE = {
    "text",
    "atoms",
    "words",
    "tokens",
    "steps",
    "boilerplate",
    "carry",
    "pieces",
    "signature",
    "suggestions",
}
FRAMEWORKS = {"django", "scrapy", "pulumi", "pulumi_aws", "playwright", "ninja"}


def modules(package: str) -> list[sources.Module]:
    return [module for name, module in FOUND.items() if name == package or name.startswith(f"{package}.")]


def imported(package: str) -> list[tuple[str, str]]:
    return [(module.name, one) for module in modules(package) for one in module.imports()]


def top(name: str) -> str:
    return name.split(".")[0]


def test_the_schema_imports_the_standard_library_only() -> None:
    names = [module.name for module in modules("pipeline.schema")]
    assert len(names) > 1
    found = [one for who, one in imported("pipeline") if who in names]
    assert {top(one) for one in found if not one.startswith("pipeline.schema.")} <= sys.stdlib_module_names


def test_the_pipeline_imports_no_framework_and_nobody_who_imports_it() -> None:
    wrong = [
        (who, what) for who, what in imported("pipeline") if top(what) in FRAMEWORKS | {"labeler", "scraper", "demo"}
    ]
    assert wrong == []


def test_boto3_is_in_one_module_and_what_it_raises_in_the_adapters() -> None:
    for package in ("pipeline", "scraper", "labeler"):
        for who, what in imported(package):
            assert top(what) != "boto3" or who == "pipeline.adapters.aws"
            assert top(what) != "botocore" or who.startswith("pipeline.adapters.")


def test_adapters_import_ports_and_schema_only() -> None:
    wrong = [
        (who, what)
        for who, what in imported("pipeline.adapters")
        if top(what) == "pipeline" and not what.startswith(("pipeline.adapters", "pipeline.ports", "pipeline.schema"))
    ]
    assert wrong == []


@pytest.mark.parametrize("module", sorted(PURE))
def test_pure_modules_reach_no_port_and_no_adapter(module: str) -> None:
    reached = {one for one in FOUND[f"pipeline.{module}"].imports() if top(one) == "pipeline"}
    inside = {".".join(one.split(".")[:2]) for one in reached}
    assert inside <= {"pipeline.schema", *(f"pipeline.{one}" for one in PURE), "pipeline.messages"}


def test_only_handlers_and_commands_import_aws() -> None:
    users = {who for who, what in imported("pipeline") if what.startswith("pipeline.adapters.aws")}
    inside = ("pipeline.handlers.", "pipeline.adapters.", "pipeline.commands.")
    assert {who for who in users if not who.startswith(inside)} == {
        "pipeline.jobs.wiring",
        "pipeline.jobs.worker_wiring",
    }


def test_scraper_and_labeler_do_not_import_each_other() -> None:
    assert [pair for pair in imported("scraper") if top(pair[1]) == "labeler"] == []
    assert [pair for pair in imported("labeler") if top(pair[1]) == "scraper"] == []


def test_nothing_reads_the_environment_opens_a_client_or_asks_the_time_on_import() -> None:
    """Of what runs when a module is imported: module level, class bodies, default arguments and decorators."""
    wrong = []
    for module in modules("pipeline"):
        for call in _on_import(module.tree):
            shown = ast.unparse(call)
            if any(part in shown for part in ("environ", "getenv", ".client(", "clients(", ".now(", "time.time(")):
                wrong.append((module.name, shown))
    assert wrong == []


def _on_import(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for early in [*node.args.defaults, *node.args.kw_defaults, *node.decorator_list]:
                yield from _calls(early)
        elif isinstance(node, ast.Lambda) or (isinstance(node, ast.If) and "__main__" in ast.unparse(node.test)):
            continue
        else:
            if isinstance(node, ast.Call | ast.Attribute):
                yield node
            yield from _on_import(node)


def _calls(expression: ast.AST | None) -> Iterator[ast.AST]:
    if expression is not None:
        yield from (part for part in ast.walk(expression) if isinstance(part, ast.Call | ast.Attribute))
