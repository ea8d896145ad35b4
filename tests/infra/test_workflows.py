"""The workflows fit together, hold no long-lived key, and run nothing that a stranger wrote into an event."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from labelmill_infra.recorded import RecordedStack
from labelmill_infra.topology import PYTHON

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TRIGGERS = {"push", "pull_request", "workflow_call", "workflow_dispatch", "schedule"}
# What whoever opens a pull request or names a branch decides.
FOREIGN = re.compile(r"\$\{\{[^}]*(github\.event\.|github\.head_ref|inputs\.)")


def load(path: Path) -> dict[str, Any]:
    # YAML takes the key `on` for true.
    return {("on" if key is True else key): value for key, value in yaml.safe_load(path.read_text()).items()}


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job.get("steps", [])]


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.name)
def workflow(request: pytest.FixtureRequest) -> dict[str, Any]:
    return load(request.param)


def test_the_parts_are_there(workflow: dict[str, Any]) -> None:
    assert workflow["name"]
    assert set(workflow["on"]) <= TRIGGERS
    for job in workflow["jobs"].values():
        assert ("runs-on" in job) != ("uses" in job)
        assert "uses" in job or (job["steps"] and job["timeout-minutes"])
        needs = job.get("needs", [])
        assert {needs} <= workflow["jobs"].keys() if isinstance(needs, str) else set(needs) <= workflow["jobs"].keys()
    for step in steps(workflow):
        assert ("run" in step) != ("uses" in step)


def test_a_called_workflow_is_there_and_is_given_what_it_takes(workflow: dict[str, Any]) -> None:
    for job in workflow["jobs"].values():
        if not job.get("uses"):
            continue
        called = load(ROOT / job["uses"])
        takes = (called["on"]["workflow_call"] or {}).get("inputs", {})
        given = job.get("with", {})
        assert given.keys() <= takes.keys()
        assert {name for name, one in takes.items() if one.get("required")} <= given.keys()


def test_rights_are_asked_for_where_they_are_needed(workflow: dict[str, Any]) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        takes_role = any("configure-aws-credentials" in step.get("uses", "") for step in job.get("steps", []))
        if takes_role:
            assert job["permissions"]["id-token"] == "write"


def test_no_long_lived_key_is_used(workflow: dict[str, Any]) -> None:
    text = str(workflow).lower()
    assert "aws_access_key_id" not in text
    assert "aws-secret-access-key" not in text
    for step in steps(workflow):
        if "configure-aws-credentials" in step.get("uses", ""):
            assert "role-to-assume" in step["with"]


def test_actions_are_of_a_stated_version(workflow: dict[str, Any]) -> None:
    used = [step["uses"] for step in steps(workflow) if "uses" in step]
    assert [one for one in used if not re.search(r"@(v\d+|[0-9a-f]{40})", one)] == []


def test_no_command_holds_what_a_stranger_wrote(workflow: dict[str, Any]) -> None:
    assert [step["run"] for step in steps(workflow) if FOREIGN.search(step.get("run", ""))] == []


def test_commands_name_targets_and_files_that_are_there(workflow: dict[str, Any]) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for step in steps(workflow):
        for target in re.findall(r"^make ([a-z-]+)$", step.get("run", ""), re.MULTILINE):
            assert target in targets
        for file in re.findall(r"pulumi/[a-z_]+\.py", step.get("run", "")):
            assert (ROOT / file).exists()


def test_a_browsers_sandbox_can_start_before_any_test_needs_it() -> None:
    made = [step.get("run", "") for step in load(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["checks"]["steps"]]
    lifted = next(n for n, one in enumerate(made) if "kernel.apparmor_restrict_unprivileged_userns=0" in one)
    assert lifted < min(n for n, one in enumerate(made) if one.startswith("make test"))


def test_ci_fetches_the_major_version_of_the_provider_that_pulumi_wraps() -> None:
    wrapped = {"7": "6", "6": "5"}  # pulumi-aws → terraform-provider-aws, by their release notes
    [major] = re.findall(r"^pulumi-aws==(\d+)\.", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    said = "".join(step.get("run", "") for step in steps(load(ROOT / ".github" / "workflows" / "ci.yml")))
    assert f'version = "~> {wrapped[major]}.0"' in said


def test_ci_builds_each_dockerfile_and_starts_it_with_the_rights_of_a_task(prod: RecordedStack) -> None:
    job = load(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["images"]
    built = {one["dockerfile"] for one in job["strategy"]["matrix"]["include"]}
    tracked = subprocess.run(["git", "ls-files", "*Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert built == set(tracked.stdout.split())
    started = next(step["run"] for step in job["steps"] if "docker run" in step.get("run", ""))
    definitions = list(prod.of("aws:ecs/taskDefinition:TaskDefinition"))
    assert len(definitions) == 3
    for definition in definitions:
        container = json.loads(definition.inputs["containerDefinitions"])[0]
        rights = [
            *(["--read-only"] if container["readonlyRootFilesystem"] else []),
            *(f"--volume {mount['containerPath']} " for mount in container["mountPoints"]),
            *(f"--cap-drop {one} " for one in container["linuxParameters"]["capabilities"]["drop"]),
            *(f"--security-opt {one} " for one in container["dockerSecurityOptions"]),
        ]
        assert [one for one in rights if one not in started] == [], container["name"]


def test_ci_runs_what_the_script_runs() -> None:
    made = [step.get("run", "") for step in steps(load(ROOT / ".github" / "workflows" / "ci.yml"))]
    script = (ROOT / ".ci" / "run").read_text().splitlines()
    assert [one for one in made if one.startswith("make ")] == [one for one in script if one.startswith("make ")]


def test_ci_runs_the_oldest_python_allowed_and_the_one_that_aws_runs() -> None:
    tested = load(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["checks"]["strategy"]["matrix"]["python"]
    allowed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert tested == [allowed.removeprefix(">="), PYTHON]


def test_functions_labeler_and_worker_run_one_python() -> None:
    """Zappa packs the labeler for the Python that the workflow sets up."""
    set_up = [
        step["with"]["python-version"]
        for path in WORKFLOWS
        if path.stem != "ci"
        for step in steps(load(path))
        if "setup-python" in step.get("uses", "")
    ]
    worker = re.search(
        r"^FROM python:([\d.]+)-", (ROOT / "pulumi" / "images" / "worker.Dockerfile").read_text(), re.MULTILINE
    )
    assert worker
    assert {*set_up, worker[1]} == {PYTHON}
    assert set_up


def test_only_main_reaches_a_stack_by_itself() -> None:
    deploy = load(ROOT / ".github" / "workflows" / "deploy.yml")
    assert deploy["on"]["push"] == {"branches": ["main"]}
    assert deploy["jobs"]["dev"]["needs"] == "test"
    assert deploy["jobs"]["prod"]["needs"] == "dev"
    assert "head.repo.full_name == github.repository" in deploy["jobs"]["preview"]["if"]


def test_a_version_that_answers_is_not_rolled_back_for_what_failed_before_it() -> None:
    """An image that can't be built, a machine that can't be set up: the labeler was not touched."""
    named = {step.get("name"): step for step in steps(load(ROOT / ".github" / "workflows" / "deploy-stack.yml"))}
    asked, back = named["Does it answer"], named["Roll back"]["if"]
    assert f"failure() && steps.{asked['id']}.outcome == 'failure'" in back
    assert "cancelled()" in asked["if"]  # so that it is asked after a failure too


def test_images_copy_what_is_there_and_run_as_nobody_of_note() -> None:
    """Those that are built: the workflow names them by path."""
    deploy = (ROOT / ".github" / "workflows" / "deploy-stack.yml").read_text()
    built = [ROOT / path for path in re.findall(r"\S*Dockerfile(?=[\s)])", deploy)]
    built = [ROOT / str(path).rpartition("=")[2] for path in built]
    assert len(built) == 2
    kept = (ROOT / ".dockerignore").read_text().splitlines()
    for dockerfile in built:
        text = dockerfile.read_text()
        for sources in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE):
            for source in sources.split():
                assert (ROOT / source).exists(), (dockerfile, source)
                assert f"!{source.split('/')[0]}" in kept, (dockerfile, source)
        for requirements in re.findall(r"-r (\S+)", text):
            assert (ROOT / requirements).exists()
        assert re.search(r"^USER (1000|pwuser)$", text, re.MULTILINE), dockerfile


def test_actionlint_finds_nothing() -> None:
    actionlint = shutil.which("actionlint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if not actionlint:
        pytest.skip("actionlint is not installed: the other tests here stand in for it")
    done = subprocess.run([actionlint], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
