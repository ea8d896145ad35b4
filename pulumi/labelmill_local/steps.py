"""Does the steps of a deployment, or says what they would be."""

import os
import subprocess
import time
from collections.abc import Sequence

from labelmill_infra.deployment import Step

from .configuration import ROOT

PAUSE_SECONDS = 10


def run(steps: Sequence[Step], pause_seconds: float = PAUSE_SECONDS) -> None:
    """One after the other; raises `CalledProcessError` at the first that fails in all its tries."""
    for step in steps:
        print(f"deploy: {step.says} …", flush=True)
        for left in reversed(range(step.tries)):
            env = {**os.environ, **step.environment}
            done = subprocess.run(step.command, cwd=ROOT, check=not left, env=env)
            if done.returncode == 0:
                break
            print(f"deploy: not yet (status {done.returncode}), tries left: {left}", flush=True)
            time.sleep(pause_seconds)


def say(steps: Sequence[Step]) -> None:
    for step in steps:
        print(f"{step.says}: {' '.join(step.command)}")
