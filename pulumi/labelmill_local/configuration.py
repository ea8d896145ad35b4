"""The settings of a stack as Pulumi's CLI would give them to the program."""

import json
import platform
from pathlib import Path
from typing import Any

import yaml

STACK = "local"  # the one of this machine
ROOT = Path(__file__).resolve().parents[2]


_MACHINES = {"aarch64": "arm64", "arm64": "arm64", "x86_64": "x86_64", "AMD64": "x86_64"}


def name_machine() -> str:
    """This machine's architecture by AWS's name."""
    return _MACHINES[platform.machine()]


def read_configuration(stack: str, root: Path = ROOT) -> dict[str, str]:
    """The defaults of `Pulumi.yaml` under what the stack's own file says, by full name (`labelmill:protect`)."""
    values = {name: value for name, value in read_defaults(root).items() if value is not None} | read_own(stack, root)
    return {name: _text(value) for name, value in values.items()}


def read_defaults(root: Path = ROOT) -> dict[str, Any]:
    """Every setting with its default, None where it has none."""
    found = yaml.safe_load((root / "Pulumi.yaml").read_text())["config"]
    return {name: one.get("default") if isinstance(one, dict) else one for name, one in found.items()}


def read_own(stack: str, root: Path = ROOT) -> dict[str, Any]:
    """What differs in a stack."""
    return dict((yaml.safe_load((root / f"Pulumi.{stack}.yaml").read_text()) or {}).get("config") or {})


def _text(value: object) -> str:
    """As the CLI hands it to a program: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)
