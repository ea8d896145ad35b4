"""Each deployable with its own requirements alone: what it imports is named there, and loads with nothing more."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest

from tests import sources

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements"
FOUND = sources.modules()
OLDEST = "python3.11"  # with the pip that comes with it
LAMBDA = frozenset({"boto3", "botocore"})  # what its runtime brings
PACKED = LAMBDA | {"zappa"}  # and what packs the function


@dataclass(frozen=True)
class Deployable:
    """`files`: what is installed, as the Dockerfile or package names it; `roots`: modules or packages that it runs, of
    which it ships all that they reach; `brought`: distributions that the place it runs in has already."""

    files: tuple[str, ...]
    roots: tuple[str, ...]
    brought: frozenset[str] = frozenset()
    unused: frozenset[str] = frozenset()  # imported by what it ships, and never called there


DEPLOYABLES = {
    "functions": Deployable(("pipeline.txt",), ("pipeline.handlers",), LAMBDA),
    "reading of web pages": Deployable(("web.txt",), ("pipeline.web",)),
    "formats": Deployable(("datasets.txt",), ("pipeline.formats",)),
    "annotator": Deployable(("annotator.txt",), ("pipeline.annotator", "pipeline.commands.annotator")),
    "scraper image": Deployable(("scraper.txt",), ("scraper",)),
    # Tokens are aligned to a tokenizer.json where a release is written: by the worker.
    "labeler's function": Deployable(("labeler.txt",), ("labeler",), PACKED, frozenset({"tokenizers"})),
    "packing": Deployable(("zappa.txt",), ("labeler",), LAMBDA, frozenset({"tokenizers"})),
    "worker image": Deployable(
        ("labeler.txt", "datasets.txt", "annotator.txt"),
        ("labeler", "pipeline.formats", "pipeline.annotator"),
        unused=frozenset({"zappa"}),
    ),
}
# Named for what no module of ours imports: who loads it.
LOADED_BY_OTHERS = {
    "lxml-html-clean": "jusText, which trafilatura loads",
    "psycopg": "Django's PostgreSQL",
    "zappa": "its own command",
}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def pinned(file: Path) -> frozenset[str]:
    """The distributions that a file of requirements names, itself or by another that it includes."""
    names: set[str] = set()
    for line in file.read_text().splitlines():
        requirement = line.split("#")[0].strip()
        if requirement.startswith("-r"):
            names |= pinned(file.parent / requirement.removeprefix("-r").strip())
        elif requirement:
            names.add(canonical(re.split(r"[\[=;<>~ ]", requirement, maxsplit=1)[0]))
    return frozenset(names)


def reached(roots: tuple[str, ...]) -> list[sources.Module]:
    """The modules of a deployable: those below its roots, and all that they import, wherever in their code."""
    waiting = [name for name in FOUND if any(name == root or name.startswith(f"{root}.") for root in roots)]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            above = name.rpartition(".")[0]
            waiting += [above] if above in FOUND else []
            waiting += [one for one in (sources.owner(used, FOUND) for used in FOUND[name].imports()) if one]
    return [FOUND[name] for name in sorted(seen)]


def foreign(module: sources.Module) -> Iterator[str]:
    """What it imports of others when it runs, by the first part of the name; not what only types need."""
    hidden = {
        inner
        for node in ast.walk(module.tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(module.tree):
        names: list[str] = []
        if node not in hidden and isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif node not in hidden and isinstance(node, ast.ImportFrom) and not node.level:
            names = [str(node.module)]
        for name in names:
            top = name.split(".")[0]
            if top not in sys.stdlib_module_names and not sources.owner(name, FOUND):
                yield top


@pytest.mark.parametrize("name", DEPLOYABLES)
def test_each_import_is_of_a_package_that_the_deployable_names_itself(name: str) -> None:
    deployable, known = DEPLOYABLES[name], packages_distributions()
    named = deployable.brought.union(*(pinned(REQUIREMENTS / file) for file in deployable.files))
    missing = defaultdict(list)
    for module in reached(deployable.roots):
        for top in foreign(module):
            if not named & {canonical(one) for one in known.get(top, [top])} and top not in deployable.unused:
                missing[top].append(module.name)
    assert not missing, f"{' + '.join(deployable.files)} names no package of {dict(missing)}"


def test_one_machine_names_what_its_own_programs_import() -> None:
    known, named = packages_distributions(), pinned(ROOT / "requirements.txt")
    missing = {
        (module.name, top)
        for module in FOUND.values()
        for top in foreign(module)
        if not named & {canonical(one) for one in known.get(top, [top])}
    }
    assert missing == set()


@pytest.mark.parametrize("file", sorted(path.name for path in REQUIREMENTS.glob("[!t]*.txt")))
def test_each_package_that_is_named_is_used(file: str) -> None:
    known = packages_distributions()
    said = "\n".join(module.text for module in FOUND.values())
    tops = {canonical(one): {top for top, owners in known.items() if one in owners} for one in _all(known)}
    unused = {
        one
        for one in pinned(REQUIREMENTS / file)
        if one not in LOADED_BY_OTHERS
        and not any(re.search(rf"\b{re.escape(top)}\b", said) for top in tops.get(one, ()))
    }
    assert unused == set()


def _all(known: object) -> set[str]:
    assert isinstance(known, dict)
    return {one for owners in known.values() for one in owners}


LOAD = """
import importlib, json, os, sys
names = json.load(sys.stdin)
if "labeler" in names:
    import django
    django.setup()
for name in names:
    try:
        importlib.import_module(name)
    except Exception as error:
        print(f"{name}: {type(error).__name__}: {error}")
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", DEPLOYABLES)
def test_it_loads_in_an_environment_of_its_requirements_alone(name: str, tmp_path: Path) -> None:
    python = shutil.which(OLDEST)
    if not python:
        pytest.skip(f"{OLDEST} is not installed")
    deployable = DEPLOYABLES[name]
    subprocess.run([python, "-m", "venv", tmp_path / "environment"], check=True)
    alone = str(tmp_path / "environment" / "bin" / "python")
    install = [alone, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    files = [part for file in deployable.files for part in ("-r", str(REQUIREMENTS / file))]
    brought = sorted(f"{one}=={version(one)}" for one in deployable.brought)
    done = subprocess.run([*install, *files, *brought], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]

    modules = reached(deployable.roots)
    for package in {module.name.split(".")[0] for module in modules}:
        shutil.copytree(ROOT / package, tmp_path / "app" / package, ignore=shutil.ignore_patterns("__pycache__"))
    others = {top for module in modules for top in foreign(module)} - deployable.unused
    names = [*sorted(others), *(module.name for module in modules)]
    env = {
        "PATH": os.environ["PATH"],
        "LABELMILL_STATE": str(tmp_path / "state"),
        "POSTS_BUCKET": "none",  # or a local stack would be started
        "DJANGO_SETTINGS_MODULE": "labeler.settings",
    }
    command = [alone, "-c", LOAD]
    given = json.dumps(names)
    loaded = subprocess.run(
        command, cwd=tmp_path / "app", env=env, input=given, capture_output=True, text=True, check=False
    )
    assert (loaded.returncode, loaded.stdout) == (0, ""), loaded.stderr[-3000:]
