"""The commands say what they did, and end with one line when they cannot."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from labeler.accounts.models import User
from labeler.labeling.models import Post, Project
from pipeline.ports import StoreUnavailable
from tests.sources import ROOT


def said(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_a_project_is_made_once(db: None, cloud: Any) -> None:
    assert "made" in said("project", "create", "job-posts", "--name", "Job posts")
    assert "exists" in said("project", "create", "job-posts", "--name", "Job posts")


def test_a_refusal_is_one_line(db: None, cloud: Any) -> None:
    with pytest.raises(CommandError, match="slug: given 'No Slug'"):
        said("project", "create", "No Slug")


def test_aws_away_is_one_line(db: None, cloud: Any) -> None:
    cloud.labels.fail("events/1", StoreUnavailable("PutObject: away"))
    with pytest.raises(CommandError, match="PutObject: away"):
        said("project", "create", "job-posts")


def test_demo_accounts_can_log_in_and_are_made_once(db: None) -> None:
    assert said("demo_accounts").count("labelmill") == 2
    assert User.objects.get(username="admin").roles == {"labeler", "reviewer", "admin"}
    assert User.objects.get(username="labeler").roles == {"labeler"}
    page = Client().post("/accounts/login/", {"username": "labeler", "password": "labelmill"})
    assert page.status_code == 302
    User.objects.get(username="labeler").set_password("own")
    user = User.objects.get(username="labeler")
    user.set_password("own")
    user.save()
    assert "(changed)" in said("demo_accounts")


def test_demo_accounts_are_not_for_aws(db: None, settings: Any) -> None:
    settings.ON_AWS = True
    with pytest.raises(CommandError, match="not on AWS"):
        said("demo_accounts")


def test_a_drain_says_what_came(project: Project, cloud: Any, ready: Callable[..., Any]) -> None:
    cloud.deliver(ready(), ready(), ready("2", "Second text."))
    assert said("drain", "jobs").splitlines() == ["drained: 2 new, 1 repeated", "jobs: 2 answers wanted"]
    assert said("drain") == "drained: nothing waited\n"
    with pytest.raises(CommandError, match="nowhere"):
        said("drain", "nowhere")


def test_the_inbox_is_counted(project: Project, take: Callable[..., Post]) -> None:
    take()
    counts = json.loads(said("inbox", "--json"))
    assert counts["jobs"] == {
        "posts": 1, "open": 1, "done": 0, "closed": 0, "ended": 0, "stale": 0, "deleted": 0, "leased": 0, "answers": 0,
        "unstored": 0,
    }  # fmt: skip
    heads, row = (line.split() for line in said("inbox").splitlines())
    assert dict(zip(heads, row, strict=True))["posts"] == "1"


def test_an_empty_inbox_says_what_to_do(db: None) -> None:
    assert "project create" in said("inbox")


def test_reconcile_exits_with_1_and_a_list_when_there_is_a_difference(
    project: Project, take: Callable[..., Post]
) -> None:
    assert said("reconcile") == "differences: 0\n"
    take()
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("reconcile", "--json", stdout=out)
    assert ended.value.code == 1
    assert "in the database only" in out.getvalue()
    assert json.loads(out.getvalue().splitlines()[-1]) == {"differences": 1}


def test_rebuild_says_what_it_added(project: Project) -> None:
    assert json.loads(said("rebuild", "--json"))["projects"] == 1
    assert said("rebuild") == "rebuilt: 1 projects\n"


def test_the_worker_ends_after_one_round_when_told(project: Project, cloud: Any, ready: Callable[..., Any]) -> None:
    cloud.deliver(ready())
    assert said("worker", "--once") == "worker ended: 1 posts new\n"


def test_a_reader_who_has_seen_enough_is_no_traceback() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        ended = subprocess.run(
            [sys.executable, "manage.py", "diffsettings"], cwd=ROOT, stdout=closed, stderr=subprocess.PIPE, text=True
        )
    assert (ended.returncode, ended.stderr) == (1, "")
