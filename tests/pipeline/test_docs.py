"""The page on the pipeline names every command, and every command says how it is used."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "pipeline.md").read_text()
COMMANDS = {
    "tokenizer": ("train", "encode", "inspect", "publish"),
    "posts": ("cat", "get", "count", "boilerplate"),
    "redrive": ("list", "show", "move"),
    "replay": (),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_and_is_told_of(command: str) -> None:
    shown = _said(f"pipeline.{command}", "--help")
    for part in COMMANDS[command]:
        assert part in shown
        assert f"python -m pipeline.{command} {part}" in PAGE
    assert f"python -m pipeline.{command}" in PAGE


def test_one_command_names_them_all_and_is_the_same_as_each() -> None:
    shown = _said("pipeline", "--help")
    for command in (*COMMANDS, "annotator"):
        assert command in shown
        assert _said("pipeline", command, "--help") == _said(f"pipeline.{command}", "--help")


def _said(*arguments: str) -> str:
    asked = [sys.executable, "-m", *arguments]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_every_reason_of_refusal_is_told_of() -> None:
    source = (ROOT / "pipeline" / "steps.py").read_text()
    reasons = set(re.findall(r'Refusal\("([a-z-]+)"', source))
    assert len(reasons) == 6
    assert all(f"`{reason}`" in PAGE for reason in reasons)
