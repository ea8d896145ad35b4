"""A deployment's steps: in the order that each needs, and the same on a second run but for what is done."""

import json
import re
import runpy
import subprocess
import sys
from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from labelmill_infra.deployment import account, migration, steps
from labelmill_infra.recorded import RecordedStack
from labelmill_local.configuration import read_configuration

ROOT = Path(__file__).resolve().parents[2]

Deploy = Callable[..., tuple[int, list[str]]]


def says(done: list[steps.Step]) -> list[str]:
    return [step.says for step in done]


def test_the_labeler_is_deployed_once_and_updated_ever_after() -> None:
    assert says(steps.deploy_function("dev", deployed=False))[-1] == "deploy the labeler"
    assert says(steps.deploy_function("dev", deployed=True))[-1] == "update the labeler"


def test_the_edge_comes_before_the_labeler_is_told_of_it() -> None:
    found = says(steps.add_edge("dev", api_domain="abc.execute-api.us-east-1.amazonaws.com"))
    assert found.index("make or change the infrastructure") < found.index("write Zappa's settings")
    assert found[0] == "tell the stack where the labeler is"


@pytest.mark.parametrize(
    ("status", "domain"),
    [
        ({"API Gateway URL": "https://abc.amazonaws.com/dev"}, "abc.amazonaws.com"),
        ({"API Gateway URL": None}, ""),
        ({}, ""),
    ],
)
def test_the_domain_is_read_from_zappas_status(status: dict[str, object], domain: str) -> None:
    assert steps.read_api_domain(status) == domain


def test_a_dry_run_names_every_step_and_does_none() -> None:
    command = [sys.executable, str(ROOT / "pulumi" / "deploy.py"), "dev", "--dry-run", "--first-admin", "a@example.org"]
    # With no command on the path, one that was run would fail.
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": ""})
    assert done.returncode == 0, done.stderr
    assert "/bin/zappa deploy dev" in done.stdout
    order = [
        "zappa status",
        "pulumi up",
        "aws rds-data execute-statement",  # the user that migrates
        "aws ecs run-task",
        "aws ecs update-service",
        "aws s3 sync",
        "zappa deploy",
        "apiDomain",
        "zappa manage dev first_admin a@example.org",
    ]
    assert sorted(order, key=done.stdout.index) == order


def test_a_program_that_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(steps, "make_packing", list)
    monkeypatch.setattr(sys, "argv", ["deploy.py", "dev"])
    monkeypatch.setenv("PATH", str(tmp_path))
    program = runpy.run_path(str(ROOT / "pulumi" / "deploy.py"))
    assert program["main"]() == 1
    assert "deploy: stopped: 'pulumi' is not installed" in capsys.readouterr().out


def test_a_deployment_that_no_api_gateway_came_of_is_not_called_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(account, "find_missing", lambda *asked: iter(()))
    monkeypatch.setattr(migration, "migrate", lambda *given: None)
    none = ("make_packing", "make_infrastructure", "let_into_database", "switch_services", "put_static")
    for name in (*none, "write_settings", "deploy_function"):
        monkeypatch.setattr(steps, name, lambda *given, **named: [])
    monkeypatch.setattr(sys, "argv", ["deploy.py", "dev"])
    program = runpy.run_path(str(ROOT / "pulumi" / "deploy.py"))
    outputs = {"worker_task_definition": "worker:1"}
    program["main"].__globals__.update(_status=lambda stack: {}, _outputs=lambda stack: outputs)
    assert program["main"]() == 1
    assert "`zappa status` names no API Gateway" in capsys.readouterr().out


# Programs in place of Pulumi, Zappa and AWS's CLI: each writes down how it was called, and answers what a file says.
FAKE = """#!{python}
import json, pathlib, sys
here = pathlib.Path({here!r})
name = pathlib.Path(sys.argv[0]).name
called = " ".join([name, *sys.argv[1:]])
with (here / "calls").open("a") as calls:
    print(called, file=calls)
for start, answer in json.loads((here / "answers").read_text()).items():
    if called.startswith(start):
        print(answer["text"])
        sys.exit(answer.get("status", 0))
"""
API = "abc.execute-api.us-east-1.amazonaws.com"
STATUS = {"text": json.dumps({"API Gateway URL": f"https://{API}/dev"})}
GONE = {"text": "No Lambda labelmill-dev detected in us-east-1 - have you deployed yet?", "status": 1}
EXPIRED = {"text": "The security token included in the request is expired", "status": 1}
TASK = "arn:aws:ecs:us-east-1:1:task/labelmill-dev/0123abcd"


def migrated(status: int | None = 0, **more: object) -> dict[str, object]:
    """What AWS's CLI answers about a migration that has ended."""
    log = {"awslogs-group": "labelmill-dev-worker", "awslogs-stream-prefix": "worker"}
    container = {"name": "worker", "logConfiguration": {"options": log}}
    ended = {"lastStatus": "STOPPED", "containers": [{} if status is None else {"exitCode": status}], **more}
    answers = {
        "ecs list-tasks": {"taskArns": []},
        "ecs describe-task-definition": {"taskDefinition": {"containerDefinitions": [container]}},
        "ecs run-task": {"tasks": [{"taskArn": TASK}], "failures": []},
        "ecs describe-tasks": {"tasks": [ended], "failures": []},
        "logs filter-log-events": {"events": [{"message": "Applying labeling.0042_leases... OK"}]},
    }
    return {f"aws {call}": {"text": json.dumps(answer)} for call, answer in answers.items()}


@pytest.fixture
def deploy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dev: RecordedStack) -> Deploy:
    """Runs `deploy.py dev` with programs that only say something; returns the status and the calls."""
    (tmp_path / "bin").mkdir()
    for name in ("pulumi", "zappa", "aws"):
        program = tmp_path / "bin" / name
        program.write_text(FAKE.format(python=sys.executable, here=str(tmp_path)))
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(steps, "PACKING", str(tmp_path))
    monkeypatch.setattr(steps, "make_packing", list)
    monkeypatch.setattr(account, "find_missing", lambda *asked: iter(()))
    monkeypatch.setattr(steps, "put_static", lambda outputs: [])
    outputs = {name: str(value) for name, value in dev.outputs.items()}

    def run(answers: dict[str, object], *options: str, without: Collection[str] = ()) -> tuple[int, list[str]]:
        answers = answers | {call: answer for call, answer in migrated().items() if call not in answers}
        given = {"pulumi stack output": {"text": json.dumps({**outputs, **dict.fromkeys(without, "")})}}
        (tmp_path / "answers").write_text(json.dumps({**answers, **given}))
        monkeypatch.setattr(sys, "argv", ["deploy.py", "dev", *options])
        program = runpy.run_path(str(ROOT / "pulumi" / "deploy.py"))
        program["main"].__globals__["ROOT"] = tmp_path
        monkeypatch.setattr(steps, "ROOT", tmp_path)
        monkeypatch.setattr(steps, "write_settings", lambda stack: [])
        return program["main"](), (tmp_path / "calls").read_text().splitlines()

    return run


def test_a_fresh_checkout_keeps_cloudfront(deploy: Deploy) -> None:
    """It does not know the API's domain, without which there would be none."""
    status, calls = deploy({"zappa status": STATUS, "pulumi config get": {"text": ""}})
    assert status == 0
    told = calls.index(f"pulumi config set --stack dev labelmill:apiDomain {API}")
    assert told < calls.index("pulumi up --stack dev --yes --non-interactive")


@pytest.mark.parametrize(("answer", "said"), [(GONE, "would be removed"), (EXPIRED, "token included in the request")])
def test_nothing_is_made_while_it_is_not_known_where_the_labeler_is(
    deploy: Deploy, capsys: pytest.CaptureFixture[str], answer: dict[str, object], said: str
) -> None:
    status, calls = deploy({"zappa status": answer})
    assert status == 1
    assert said in capsys.readouterr().out
    assert not any(one.startswith(("pulumi up", "zappa deploy", "zappa update")) for one in calls)


def test_the_first_deployment_has_no_labeler_to_find(deploy: Deploy) -> None:
    _, calls = deploy({"zappa status": GONE}, without=["distribution_id"])
    assert "pulumi up --stack dev --yes --non-interactive" in calls
    assert "zappa deploy dev" in calls


DEPLOYED = {"zappa status": STATUS, "pulumi config get": {"text": API}}


def test_the_database_is_migrated_by_the_new_image_before_worker_and_pages_are_switched(
    deploy: Deploy, capsys: pytest.CaptureFixture[str], dev: RecordedStack
) -> None:
    status, calls = deploy(DEPLOYED)
    assert status == 0
    new = dev.outputs["worker_task_definition"]
    order = [
        "pulumi up",
        "aws rds-data execute-statement",
        f"aws ecs run-task --cluster {dev.outputs['cluster_name']} --task-definition {new}",
        "aws ecs describe-tasks",
        "aws ecs update-service",
        "zappa update dev",
    ]
    at = [next(at for at, one in enumerate(calls) if one.startswith(start)) for start in order]
    assert at == sorted(at)
    (run,) = [one for one in calls if "run-task" in one]
    assert '"command": ["python", "manage.py", "migrate", "--noinput"]' in run
    switched = [one for one in calls if "update-service" in one]
    for noun, call in zip(("worker", "annotator"), switched, strict=True):
        assert f"--service {dev.outputs[f'{noun}_service_name']} " in call
        assert f"--task-definition {dev.outputs[f'{noun}_task_definition']} " in call
    assert "Applying labeling.0042_leases... OK" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (migrated(1, stoppedReason="Essential container in task exited"), "failed (status 1): Essential container"),
        (migrated(None, stoppedReason="CannotPullContainerError"), "failed (status None): CannotPullContainerError"),
        (
            {"aws ecs run-task": {"text": json.dumps({"tasks": [], "failures": [{"reason": "RESOURCE:MEMORY"}]})}},
            "did not start: RESOURCE:MEMORY",
        ),
        ({"aws ecs list-tasks": {"text": json.dumps({"taskArns": [TASK]})}}, f"another migration runs, {TASK}"),
        ({"aws ecs describe-tasks": {"text": json.dumps({"tasks": [], "failures": []})}}, "ECS forgot the task"),
        ({"aws ecs run-task": {"text": "AccessDenied", "status": 254}}, "(status 254)"),
    ],
)
def test_a_migration_that_fails_stops_the_deployment_with_nothing_switched(
    deploy: Deploy, capsys: pytest.CaptureFixture[str], answers: dict[str, object], said: str
) -> None:
    status, calls = deploy({**DEPLOYED, **answers}, "--first-admin", "anna@example.org")
    assert status == 1
    assert said in capsys.readouterr().out
    after = ("aws ecs update-service", "zappa update", "zappa deploy", "zappa manage")
    assert not any(one.startswith(after) for one in calls)


def test_a_migration_has_minutes_and_is_not_waited_for_forever() -> None:
    assert migration.MOST_SECONDS >= 600
    running = {"lastStatus": "RUNNING", "containers": [{}]}
    answers = {one: json.loads(str(answer["text"])) for one, answer in migrated().items()}  # type: ignore[index]
    answers["aws ecs describe-tasks"] = {"tasks": [running], "failures": []}
    outputs = dict.fromkeys(("cluster_name", "worker_task_definition", "worker_capacity_provider"), "a")
    with pytest.raises(migration.MigrationFailed, match="did not end within 0 minutes"):
        migration.migrate(outputs, lambda *asked: answers[f"aws {asked[0]} {asked[1]}"], most_seconds=0)


def test_without_images_the_infrastructure_is_made_and_nothing_runs_in_it(
    deploy: Deploy, capsys: pytest.CaptureFixture[str], dev: RecordedStack
) -> None:
    status, calls = deploy({"zappa status": GONE}, without=("distribution_id", "worker_task_definition"))
    assert status == 1
    said = capsys.readouterr().out
    assert "imageTag: given '', allowed from here on" in said
    assert str(dev.outputs["worker_repository_url"]) in said
    assert "pulumi up --stack dev --yes --non-interactive" in calls
    assert not any(one.startswith(("zappa deploy", "aws ecs")) for one in calls)


def test_no_container_is_switched_by_making_the_infrastructure(dev: RecordedStack) -> None:
    services = list(dev.of("aws:ecs/service:Service"))
    assert len(services) == 2
    for one in services:
        assert "taskDefinition" in one.ignores


def _definition(revision: int, image: str) -> dict[str, object]:
    arn = f"arn:aws:ecs:us-east-1:1:task-definition/labelmill-dev-worker:{revision}"
    return {"taskDefinitionArn": arn, "containerDefinitions": [{"image": image}]}


def test_a_rollback_takes_the_worker_back_to_the_image_before(deploy: Deploy) -> None:
    definitions = {one["taskDefinitionArn"]: one for one in map(_definition, (4, 3, 2), ("i:new", "i:new", "i:old"))}
    newest = next(iter(definitions))
    described = {
        f"aws ecs describe-task-definition --task-definition {arn}": {"text": json.dumps({"taskDefinition": one})}
        for arn, one in definitions.items()
    }
    service = {"text": json.dumps({"services": [{"taskDefinition": newest}]})}
    listed = {"text": json.dumps({"taskDefinitionArns": list(definitions)})}
    answers = {"aws ecs describe-services": service, "aws ecs list-task-definitions": listed, **described}
    status, calls = deploy(answers, "--rollback")
    assert status == 0
    assert "zappa rollback dev --num-rollback 1" in calls
    updated = [one for one in calls if "update-service" in one and "--service labelmill-dev-worker " in one]
    assert [re.findall(r"labelmill-dev-worker:\d", one) for one in updated] == [["labelmill-dev-worker:2"]]


def test_a_task_that_ran_no_other_image_stays() -> None:
    assert steps.find_previous([_definition(2, "i:new"), _definition(1, "i:new")]) == ""


def asked(most: int = 1000, tags: tuple[str, ...] = ("v1",), zones: str = "ab") -> account.Ask:
    """An account that may run `most` functions at once, has these images, and the machine in these zones."""
    answers = {
        "get-account-settings": {"AccountLimit": {"ConcurrentExecutions": most}},
        "describe-instance-type-offerings": {
            "InstanceTypeOfferings": [{"Location": f"us-east-1{zone}"} for zone in zones]
        },
        "describe-availability-zones": {
            "AvailabilityZones": [{"ZoneName": f"us-east-1{zone}", "State": "available"} for zone in "abc"]
        },
        "list-images": {"imageIds": [{"imageTag": tag} for tag in tags]},
    }
    return lambda service, call, *rest: answers[call]


@pytest.mark.parametrize(
    ("stack", "changes", "account_has", "found"),
    [
        ("prod", {}, asked(), ""),
        ("dev", {}, asked(most=10), ""),
        (
            "prod",
            {},
            asked(most=10),
            "reserveConcurrency: the account's Lambda functions may run 10 at once, allowed: 1",
        ),
        (
            "dev",
            {},
            asked(zones="bc"),
            "zones: given us-east-1a, us-east-1b, where us-east-1a has no t4g.small, allowed: ",
        ),
        ("dev", {"zones": "us-east-1b,us-east-1c"}, asked(zones="bc"), ""),
        ("dev", {"imageTag": "v2"}, asked(), "imageTag: given 'v2', which the registry "),
        ("dev", {"imageTag": "v1"}, asked(), ""),
    ],
)
def test_an_account_is_asked_before_anything_is_made(
    dev: RecordedStack, stack: str, changes: dict[str, str], account_has: account.Ask, found: str
) -> None:
    config = read_configuration(stack) | {f"labelmill:{name}": value for name, value in changes.items()}
    missing = list(account.find_missing(config, dev.outputs, account_has))
    assert bool(missing) == bool(found)
    assert all(one.startswith(found) for one in missing)


@pytest.mark.parametrize(
    ("mail_from", "granted", "notes"), [("a@example.org", False, 1), ("a@example.org", True, 0), ("", False, 0)]
)
def test_a_mail_service_in_its_sandbox_is_told_of_before_anything_is_made(
    mail_from: str, granted: bool, notes: int
) -> None:
    config = {"labelmill:mailFrom": mail_from}
    found = list(account.find_notes(config, lambda *asked: {"ProductionAccessEnabled": granted}))
    assert len(found) == notes
    assert all("production access: SES console" in one for one in found)


def test_an_image_before_there_is_a_registry_is_refused() -> None:
    config = read_configuration("dev") | {"labelmill:imageTag": "v1"}
    (missing,) = account.find_missing(config, {}, asked())
    assert missing.startswith("imageTag: given 'v1', allowed before the first `up`: empty")


def test_a_step_that_fails_stops_the_deployment_and_is_named(tmp_path: Path) -> None:
    broken = [
        steps.Step("fail", (sys.executable, "-c", "raise SystemExit(3)")),
        steps.Step("never come to this", (sys.executable, "-c", f"open({str(tmp_path / 'done')!r}, 'w')")),
    ]
    with pytest.raises(subprocess.CalledProcessError) as stopped:
        steps.run(broken)
    assert stopped.value.returncode == 3
    assert not (tmp_path / "done").exists()


def test_a_step_whose_database_is_asleep_is_tried_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    count = tmp_path / "count"
    third = (
        f"import pathlib, sys; p = pathlib.Path({str(count)!r}); p.open('a').write('x'); sys.exit(p.stat().st_size < 3)"
    )
    steps.run([steps.Step("wake", (sys.executable, "-c", third), tries=4)], pause_seconds=0)
    assert count.read_text() == "xxx"
    assert "not yet (status 1), tries left: 2" in capsys.readouterr().out
    count.unlink()
    with pytest.raises(subprocess.CalledProcessError):
        steps.run([steps.Step("wake", (sys.executable, "-c", third), tries=2)], pause_seconds=0)


def test_what_may_meet_a_sleeping_database_has_several_tries(prod: RecordedStack) -> None:
    done = [*steps.put_static(prod.outputs), *steps.let_into_database(prod.outputs)]
    tries = {step.says: step.tries for step in done}
    assert tries["let the labeler into the database"] > 1
    assert tries["put static files"] == 1


def test_cloudfront_forgets_old_static_files_once_it_is_there(
    prod: RecordedStack, bare: dict[str, RecordedStack]
) -> None:
    assert says(steps.put_static(prod.outputs))[-1] == "have CloudFront forget the old ones"
    assert says(steps.put_static(bare["prod"].outputs))[-1] == "put static files"
