"""The page for whoever is on call: its commands are there with their options, and no alarm is without a line."""

import os
import re
import subprocess
import sys
from fnmatch import fnmatch

import pytest
from django.core.management import get_commands, load_command_class

from labelmill_local.recorder import record
from tests import sources

PAGE = (sources.ROOT / "docs" / "operations.md").read_text("utf-8")
RUNBOOK = PAGE[PAGE.index("## Is anything stuck?") : PAGE.index("## The same text twice")]
COMMANDS = sorted(
    {
        found.split("  #")[0].strip()
        for found in re.findall(r"`(python [^`]+)`|^(python .+)$", PAGE, re.MULTILINE)
        for found in found
        if found
    }
)
# Symptom, as the page says it → the test that tries what is to be done.
TRIED = {
    "posts are in the archive and not in the inbox": "tests/labeler/test_commands.py::test_a_drain_says_what_came",
    "a queue was lost or emptied": "tests/pipeline/test_commands.py::test_posts_that_the_archive_lost_come_back_from",
    "posts are in the archive, their queue": "tests/labeler/test_recovery.py::test_a_database_from_an_hour_ago_lacks",
    "the database is lost": "tests/labeler/test_recovery.py::test_a_dropped_database_is_rebuilt_the_same",
    '"database disk image is malformed"': "tests/security/test_damage.py::test_cwe_354_a_damaged_database_is_said",
    "objects are gone from the bucket": "tests/labeler/test_recovery.py::test_an_object_lost_from_the_bucket_is_put",
    "a project pins another tokenizer": "tests/pipeline/test_commands.py::test_the_archive_is_read_and_replayed",
    "a secret was rotated": "tests/labeler/test_secret_values.py::test_the_key_before_is_a_fallback",
    '"No space left on device"': "tests/docs/test_operations.py::test_sessions_that_ended_are_removed",
    "the only admin cannot log in": "tests/labeler/test_accounts.py::test_a_link_that_a_command_prints_lets",
    "nobody can sign in as admin": "tests/labeler/test_first_admin.py::test_the_link_sets_a_password_and_opens",
    "mails are refused": "tests/pipeline/test_dead_letters.py::test_poison_that_was_mended_arrives_after",
    'a job stays "waiting"': "tests/pipeline/jobs/test_sweep.py::test_a_lost_worker_is_followed_by_another",
    "a table grows": "tests/docs/test_operations.py::test_sessions_that_ended_are_removed",
    "the worker is dead": "tests/demo/test_processes.py::",
    '"the task … failed and rests"': "tests/labeler/test_worker.py::test_a_command_whose_task_fails_is_left",
    "`unstored` stays above zero": "tests/labeler/test_commands.py::test_the_worker_ends_after_one_round_when_told",
    "a crawl finds nothing": "tests/scraper/test_cli.py::test_nothing_found_is_exit_code_one",
    "the local AWS is gone": "tests/infra/test_supervisor.py::test_a_killed_emulator_is_started_again",
    "an upgrade was begun twice": "tests/security/test_damage.py::test_cwe_362_an_upgrade_begun_twice",
}


def rows(title: str) -> list[list[str]]:
    """Cells of the table under a heading."""
    part = RUNBOOK.split(f"### {title}")[1].split("###")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_there_with_its_options(command: str) -> None:
    words = command.split()[1:]
    options = [word for word in words if word.startswith("--")]
    plain = [word for word in words if re.fullmatch(r"-m|[a-z][a-z_.]*", word)]
    if plain[0] == "manage.py":
        name = plain[1]
        known = get_commands()[name]
        made = load_command_class(known, name) if isinstance(known, str) else known
        said = made.create_parser("manage.py", name).format_help()
    else:
        asked = [sys.executable, *plain[:2], *[one for one in plain[2:3] if one != "notify"], "--help"]
        done = subprocess.run(asked, cwd=sources.ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        said = done.stdout
    assert [option for option in options if option not in said] == []


def test_the_page_names_commands() -> None:
    assert len(COMMANDS) > 20


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_every_alarm_has_its_line_and_every_line_an_alarm(stack: str) -> None:
    made = record(stack, package=os.devnull).of("aws:cloudwatch/metricAlarm:MetricAlarm")
    names = {one.name.removeprefix(f"labelmill-{stack}-") for one in made}
    patterns = [cells[0].strip("`") for cells in rows("By alarm") if cells[0].startswith("`")]
    assert names
    assert [name for name in sorted(names) if not any(fnmatch(name, pattern) for pattern in patterns)] == []
    assert [pattern for pattern in patterns if not any(fnmatch(name, pattern) for name in names)] == []


def test_every_symptom_was_tried() -> None:
    symptoms = [cells[0] for cells in rows("By symptom")]
    assert [one for one in symptoms if not any(one.startswith(start) for start in TRIED)] == []
    assert [start for start in TRIED if not any(one.startswith(start) for one in symptoms)] == []
    for test in TRIED.values():
        path, name = test.split("::")
        assert f"def {name or 'test_'}" in (sources.ROOT / path).read_text("utf-8"), test


@pytest.mark.parametrize("cells", [*rows("By alarm"), *rows("By symptom")], ids=lambda cells: cells[0][:40])
def test_every_line_is_whole(cells: list[str]) -> None:
    assert len(cells) in (3, 4)  # the last one may be empty
    assert all(cells[:3])


def test_sessions_that_ended_are_removed(db: None) -> None:
    from datetime import timedelta

    from django.contrib.sessions.models import Session
    from django.core.management import call_command
    from django.utils import timezone

    for key, days in (("ended", -1), ("goes-on", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=timezone.now() + timedelta(days=days))
    call_command("clearsessions")
    assert [one.session_key for one in Session.objects.all()] == ["goes-on"]
