"""The labeler's tests once more, on PostgreSQL."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.postgresql_cluster import NotInstalled, cluster

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("which", "where"),
    [("not slow", ""), ("slow", "test_release_recovery.py"), ("slow", "test_import.py"),
     ("not slow", "../security/test_accounts.py"), ("not slow", "../security/test_requests.py")],
    ids=["all that is quick", "ten thousand posts recovered", "files of other tools", "guesses", "equal requests"],
)  # fmt: skip
def test_the_labeler_works_the_same_on_postgresql(which: str, where: str, tmp_path: Path) -> None:
    words = ["-m", "pytest", "-q", "-m", which, "-p", "no:cacheprovider", str(ROOT / "tests" / "labeler" / where)]
    try:
        with cluster() as url:
            env = {**os.environ, "DATABASE_URL": url, "LABELMILL_STATE": str(tmp_path)}
            run = subprocess.run(
                [sys.executable, *words], env=env, cwd=ROOT, check=False, capture_output=True, text=True
            )
    except NotInstalled as error:
        pytest.skip(str(error))
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-2000:]
    # Files of other tools are there only where LABELMILL_DATA says so.
    assert " passed" in run.stdout or " skipped" in run.stdout
