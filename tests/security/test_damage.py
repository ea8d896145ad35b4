"""A damaged database, and an upgrade that is begun twice, on one machine's file."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.backstage import ROOT

pytestmark = pytest.mark.slow

Manage = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    made = tmp_path / "state"
    made.mkdir()
    return made


@pytest.fixture
def manage(state: Path, server_env: dict[str, str]) -> Manage:
    """Begins a command on a database of this test's own, beside the session's local AWS."""

    def begin(*words: str) -> "subprocess.Popen[str]":
        env = {**server_env, "LABELMILL_STATE": str(state)}
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=env, stdout=pipe, stderr=pipe, text=True
        )

    return begin


def done(process: "subprocess.Popen[str]") -> tuple[int, str]:
    out, err = process.communicate(timeout=300)
    return process.returncode, out + err


def overwrite_pages(path: Path, start: int, end: int | None = None) -> None:
    """With noise; `end` of the file where none is given."""
    with path.open("r+b") as file:
        file.seek(start)
        file.write(os.urandom((end or path.stat().st_size) - start))


DAMAGE: dict[str, Callable[[Path], object]] = {
    "no database at all": lambda path: path.write_bytes(b"This is a text.\n" * 400),
    "its first page": lambda path: overwrite_pages(path, 0, 4096),
    "its tables": lambda path: overwrite_pages(path, 4096),
    "cut off": lambda path: os.truncate(path, 9000),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_cwe_354_a_damaged_database_is_said_and_not_written_over(manage: Manage, state: Path, damage: str) -> None:
    assert done(manage("migrate", "--verbosity", "0"))[0] == 0
    path = state / "db.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    DAMAGE[damage](path)
    before = path.read_bytes()
    for words in (("migrate", "--noinput"), ("rebuild",)):
        code, said = done(manage(*words))
        assert code != 0, words
        assert "Traceback" not in said, said[-2000:]
        assert "docs/operations.md" in said, said[-2000:]
        assert str(path) in said
        assert path.read_bytes() == before, words
    path.rename(path.with_suffix(".damaged"))  # as the page says
    for rest in state.glob("db.sqlite3-*"):
        rest.unlink()
    assert done(manage("migrate", "--verbosity", "0"))[0] == 0
    code, said = done(manage("rebuild"))
    assert (code, "rebuilt" in said) == (0, True)


def test_cwe_362_an_upgrade_begun_twice_is_one(manage: Manage, state: Path) -> None:
    both = [manage("migrate", "--noinput") for _ in range(2)]
    for one in both:
        code, said = done(one)
        assert code == 0, said
    code, said = done(manage("migrate", "--noinput"))
    assert (code, "No migrations to apply" in said) == (0, True)
    connection = sqlite3.connect(state / "db.sqlite3")
    applied = connection.execute("SELECT app, name FROM django_migrations").fetchall()
    connection.close()
    assert len(applied) == len(set(applied)) > 10
