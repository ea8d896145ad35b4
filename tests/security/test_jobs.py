"""Attacks by files and rules that are handed in as jobs: each is named by its kind and by its weakness (CWE)."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from labeler.accounts.models import User
from labeler.jobs import annotators
from labeler.labeling import projects
from labeler.labeling.models import Project
from labeler.services import job_services
from pipeline.annotator import examples
from pipeline.annotator.plugin import BadInput
from pipeline.schema.job import UPLOADING
from tests.labeler.conftest import cloud, person, project  # noqa: F401  fixtures
from tests.labeler.test_jobs import ask

ROOT = Path(__file__).resolve().parents[2]
MEASURED = """
import json, resource, subprocess, sys, time
began = time.monotonic()
done = subprocess.run([sys.executable, "-m", "pipeline.annotator", "run", *sys.argv[1:]], stderr=subprocess.PIPE,
                      stdout=subprocess.DEVNULL, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"code": done.returncode, "says": done.stderr, "seconds": used.ru_utime + used.ru_stime,
                  "mb": used.ru_maxrss / 1024}))
"""


def annotate(rules: Path, texts: Path, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-c", MEASURED, "rules", str(texts), "--option", f"rules={rules}", "-o", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("pattern", ["(a?){1500000}b", "(a?){4000000000}b", "((a?){60000}){60000}", "((a?){999}){999}"])
def test_a_pattern_that_unfolds_cwe_1333_cwe_770(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "rules.jsonl").write_text(json.dumps({"label": "X", "pattern": pattern}))
    (tmp_path / "texts.txt").write_text("A text.\n")
    done = annotate(tmp_path / "rules.jsonl", tmp_path / "texts.txt", tmp_path / "out")
    assert done["code"] == 1
    assert "line 1, pattern: given" in done["says"]
    assert "this is row 1" in done["says"]
    assert "at character" in done["says"]
    assert done["seconds"] < 5
    assert done["mb"] < 200


def test_the_jobs_of_the_data_come_out_as_they_should_cwe_1333(data: Path, tmp_path: Path) -> None:
    folder = data / "reports" / "jobs"
    for number, case in enumerate(json.loads((folder / "expected.json").read_text())["cases"]):
        if "run" not in case:
            continue
        words, right, out = case["run"].split(), case["right"], tmp_path / str(number)
        rules = folder / next(word for word in words if word.startswith("rules=")).removeprefix("rules=")
        done = annotate(rules, folder / words[words.index("rules") + 1], out)
        if right.get("refused"):
            assert done["code"] == 1
            assert [name for name in right["names"] if name not in done["says"]] == []
            assert done["seconds"] <= right["seconds_at_most"]
            assert done["mb"] <= right["peak_mb_at_most"]
            continue
        rows = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
        found = [[{key: span[key] for key in ("start", "end", "label")} for span in row["spans"]] for row in rows]
        assert found == right["spans"]
        assert len(rows) == right["rows"]


@pytest.fixture
def closed(project: Project, person: Callable[..., User]) -> Project:  # noqa: F811
    """A project of which only mia is a member."""
    mia = person("mia")
    projects.edit(project, {"members": (mia.labeler_id,)}, by="system")
    return Project.objects.get(pk=project.pk)


def signed_in(user: User) -> Client:
    made = Client()
    made.force_login(user)
    return made


def test_a_rule_in_the_web_process_cwe_770(cloud: Any, person: Callable[..., User]) -> None:  # noqa: F811
    client = signed_in(person("eve", ""))
    rules = SimpleUploadedFile("rules.jsonl", b'{"label":"X","pattern":"(a?){10000000}b"}')
    answer = ask(client, rules=rules)
    assert (answer.status_code, answer.json()["field"]) == (400, "rules")
    assert "line 1, pattern" in answer.json()["error"]


@pytest.mark.parametrize(
    ("caller", "role", "may"),
    [
        ("stranger", "", False),
        ("outsider", "labeler", False),
        ("mia", "", True),
        ("reviewer", "reviewer", True),
        ("admin", "admin", True),
    ],
)
def test_what_a_job_may_name_cwe_639(
    closed: Project,
    person: Callable[..., User],  # noqa: F811
    caller: str,
    role: str,
    may: bool,
) -> None:
    user = User.objects.get(username="mia") if caller == "mia" else person(caller, role)
    client = signed_in(user)
    page = client.get(reverse("jobs:jobs")).content.decode()
    assert (f"Labels of {closed.name}" in page) == may
    answer = ask(client, annotator=f"labels:{closed.slug}")
    assert answer.status_code == (200 if may else 400)
    plain = client.post(reverse("jobs:begin"), {"annotator": f"labels:{closed.slug}", "kind": "txt", "page": "x"})
    assert plain.status_code == 302


def test_a_member_who_has_left_begins_no_job_cwe_863(closed: Project, person: Callable[..., User], cloud: Any) -> None:  # noqa: F811
    mia, other = User.objects.get(username="mia"), person("other")
    client = signed_in(mia)
    made = ask(client, annotator=f"labels:{closed.slug}").json()["job"]
    table = job_services().jobs.table
    job = table.get(mia.labeler_id, made)
    assert job is not None
    job_services().jobs.files.put(job.input_key, b"A welder.\n")
    examples.check_member(closed.slug, cloud.labels, mia.labeler_id)
    projects.edit(closed, {"members": (other.labeler_id,)}, by="system")
    answer = client.post(reverse("jobs:confirm", args=[made]), headers={"accept": "application/json"})
    assert (answer.status_code, "may not see" in answer.json()["error"]) == (409, True)
    after = table.get(mia.labeler_id, made)
    assert after is not None
    assert after.state == UPLOADING
    assert [one.value for one in annotators.choices(mia)] == ["rules"]
    # One that was confirmed before is refused by the worker, who reads the settings of now.
    with pytest.raises(BadInput, match="no member"):
        examples.check_member(closed.slug, cloud.labels, mia.labeler_id)
