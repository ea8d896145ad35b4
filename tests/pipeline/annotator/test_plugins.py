"""Annotators of other packages, installed for real."""

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from pipeline.annotator import registry

ROOT = Path(__file__).parents[3]
DOCUMENTED = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "jobs.md").read_text(encoding="utf-8"), re.DOTALL)

DECLARED = re.search(
    r"((?:    )\[project.entry-points.*?)\n\n", (ROOT / "docs" / "jobs.md").read_text(encoding="utf-8"), re.DOTALL
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of installed packages: the documented example, and the metadata that pip leaves."""
    assert DOCUMENTED
    (tmp_path / "shouting.py").write_text(DOCUMENTED[1])
    info = tmp_path / "shouting-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shouting\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        f"[{registry.GROUP}]\nshouts = shouting:Shouts\nrules = shouting:Shouts\nbroken = nothing:Here\n"
    )
    return tmp_path


def test_a_plugin_is_found_and_loaded(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(site)
    assert registry.names() == ["rules", "labels", "broken", "shouts"]
    assert registry.find("shouts").title == "Words in capitals"


def test_a_plugin_cannot_take_the_name_of_one_of_ours(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(site)
    assert type(registry.find("rules")).__name__ == "Rules"


def test_a_plugin_that_does_not_load_is_named(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(site)
    with pytest.raises(registry.BrokenAnnotator, match=r"'broken' \(nothing:Here\) does not load"):
        registry.find("broken")


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(registry.UnknownAnnotator, match="given 'nope', allowed: rules, labels"):
        registry.find("nope")


def command(*arguments: str, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipeline.annotator", *arguments],
        cwd=ROOT,
        env={"PYTHONPATH": str(path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_documented_package_is_installed_by_pip_and_found(tmp_path: Path) -> None:
    assert DOCUMENTED
    assert DECLARED
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    (source / "shouting.py").write_text(DOCUMENTED[1])
    (source / "pyproject.toml").write_text(
        f'[project]\nname = "shouting"\nversion = "1.0"\n\n{textwrap.dedent(DECLARED[1])}\n'
        '[tool.setuptools]\npy-modules = ["shouting"]\n'
    )
    # Nothing is fetched: the package needs nothing, and is built with what is here.
    offline = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", "install", *offline, "--target", target, source], check=True)
    assert "shouts       Words in capitals" in command("list", path=target).stdout
    (tmp_path / "posts.txt").write_text("WE need a COOK\n")
    ran = command("run", "shouts", str(tmp_path / "posts.txt"), "-o", str(tmp_path / "out"), "--json", path=target)
    assert json.loads(ran.stdout)["labels"] == {"Shout": 2}


def test_the_command_lists_it(site: Path) -> None:
    listed = command("list", path=site)
    assert "shouts       Words in capitals (txt, csv, jsonl)" in listed.stdout


def test_the_command_runs_it(site: Path) -> None:
    (site / "posts.txt").write_text("WE need a COOK\n")
    ran = command("run", "shouts", str(site / "posts.txt"), "-o", str(site / "out"), "--json", path=site)
    assert json.loads(ran.stdout)["labels"] == {"Shout": 2}
    row = json.loads((site / "out" / "results.jsonl").read_text())
    assert [row["text"][span["start"] : span["end"]] for span in row["spans"]] == ["WE", "COOK"]
