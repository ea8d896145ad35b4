"""Does the steps of a deployment, or says what they would be."""

import os
import subprocess
from collections.abc import Sequence

from labelmill_infra.deployment import Step

from .configuration import ROOT


def run(steps: Sequence[Step]) -> None:
    """One after the other; raises `CalledProcessError` at the first that fails."""
    for step in steps:
        print(f"deploy: {step.says} …", flush=True)
        subprocess.run(step.command, cwd=ROOT, check=True, env={**os.environ, **step.environment})


def say(steps: Sequence[Step]) -> None:
    for step in steps:
        print(f"{step.says}: {' '.join(step.command)}")
