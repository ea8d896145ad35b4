"""No Lambda zip ships what `pipeline.web` needs, so no handler may reach it, however many imports away."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
HANDLERS = sorted(path.stem for path in (ROOT / "pipeline" / "handlers").glob("*.py") if path.stem != "__init__")
LIBRARIES = ("lxml", "w3lib", "json_repair", "warcio")


def loaded(module: str) -> set[str]:
    """The names of all that is imported with a module, in a process of its own."""
    code = f"import {module}, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handler_reaches_no_web_page(handler: str) -> None:
    names = loaded(f"pipeline.handlers.{handler}")
    assert not {name for name in names if name.startswith("pipeline.web") or name.partition(".")[0] in LIBRARIES}


def test_the_web_package_is_what_needs_its_libraries() -> None:
    names = loaded("pipeline.web.warc, pipeline.web.descriptions")
    assert {name.partition(".")[0] for name in names} >= {*LIBRARIES}
