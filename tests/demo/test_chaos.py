"""A small run of `bench.chaos`: nothing is lost, doubled or given twice, and all goes on by itself."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_what_is_killed_and_stopped_at_random_loses_and_doubles_nothing() -> None:
    words = ["-m", "bench.chaos", "--posts", "60", "--answers", "60", "--labelers", "4", "--seed", "3", "--json"]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["missed"] == []
    assert done.returncode == 0
    assert found["figures"]["answers"] >= 60
    assert found["figures"]["killed"]
