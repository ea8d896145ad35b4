"""What a deployment does, in order, as data: each step is safe to repeat, so a broken-off deployment is run again."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labelmill_infra.storage.database import NAME, USER

# Lets the labeler's user log in by IAM tokens and own the database; each statement is fine where it is done already.
_MAKE_USER = (
    f"DO $$ BEGIN CREATE ROLE {USER} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
    f"GRANT rds_iam TO {USER}",
    f"GRANT ALL ON DATABASE {NAME} TO {USER}",
    f"GRANT ALL ON SCHEMA public TO {USER}",
)


STATIC_CACHE = "max-age=300"  # their names stay the same from version to version
WAKING_TRIES = 8
ROOT = Path(__file__).resolve().parents[3]
PACKING = str(ROOT / "build" / "zappa")
PAUSE_SECONDS = 10
PROGRAMS = ("worker", "annotator")  # in services


@dataclass(frozen=True)
class Step:
    says: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    tries: int = 1  # more where what it needs may be asleep


def make_infrastructure(stack: str) -> list[Step]:
    return [Step("make or change the infrastructure", ("pulumi", "up", "--stack", stack, "--yes", "--non-interactive"))]


def make_packing() -> list[Step]:
    """An environment of the labeler's requirements alone, since Zappa packs all that is installed beside it."""
    return [
        Step("make an environment to pack", (sys.executable, "-m", "venv", PACKING)),
        Step(
            "install what the labeler needs",
            (f"{PACKING}/bin/python", "-m", "pip", "install", "--quiet", "--requirement", "requirements/zappa.txt"),
        ),
    ]


def call_zappa(*arguments: str) -> tuple[str, ...]:
    return (f"{PACKING}/bin/zappa", *arguments)


def _zappa_step(says: str, *arguments: str) -> Step:
    # Zappa packs the environment that is active, by this variable.
    return Step(says, call_zappa(*arguments), {"VIRTUAL_ENV": PACKING})


def write_settings(stack: str) -> list[Step]:
    return [Step("write Zappa's settings", (sys.executable, "pulumi/zappa_settings.py", stack))]


def deploy_function(stack: str, *, deployed: bool) -> list[Step]:
    """`deployed`: whether Zappa has deployed the labeler to this stack before."""
    verb = "update" if deployed else "deploy"
    return [*write_settings(stack), _zappa_step(f"{verb} the labeler", verb, stack)]


def tell_domain(stack: str, *, api_domain: str) -> list[Step]:
    """Before the infrastructure is made: without it CloudFront would be taken away."""
    setting = ("pulumi", "config", "set", "--stack", stack, "labelmill:apiDomain", api_domain)
    return [Step("tell the stack where the labeler is", setting)]


def add_edge(stack: str, *, api_domain: str) -> list[Step]:
    """CloudFront before the labeler, and the labeler told where it is: needed once, after the first deployment."""
    return [
        *tell_domain(stack, api_domain=api_domain),
        *make_infrastructure(stack),
        *deploy_function(stack, deployed=True),
    ]


def put_static(outputs: Mapping[str, str]) -> list[Step]:
    """The static files, before pages that ask for new ones. Those that only old pages ask for stay."""
    at = ("--region", outputs["region"])
    names = {"LABELMILL_STATE": "build/state", "STATIC_URL": "/static/"}
    bucket = f"s3://{outputs['static_bucket']}/static/"
    put = ("aws", "s3", "sync", "build/state/static", bucket, "--cache-control", STATIC_CACHE, *at)
    steps = [
        Step("collect static files", (sys.executable, "manage.py", "collectstatic", "--noinput"), names),
        Step("put static files", put),
    ]
    if distribution := outputs.get("distribution_id"):
        forget = ("aws", "cloudfront", "create-invalidation", "--distribution-id", distribution, "--paths", "/static/*")
        steps.append(Step("have CloudFront forget the old ones", forget))
    return steps


def let_into_database(outputs: Mapping[str, str]) -> list[Step]:
    """Makes the database's user, as which labeler and worker log in."""
    at = ("--resource-arn", outputs["database_arn"], "--secret-arn", outputs["database_admin_secret_arn"])
    query = ("aws", "rds-data", "execute-statement", *at, "--database", NAME, "--region", outputs["region"], "--sql")
    return [
        # The first one wakes the database, and is refused until it is awake.
        Step("let the labeler into the database", (*query, statement), tries=WAKING_TRIES)
        for statement in _MAKE_USER
    ]


def switch_services(outputs: Mapping[str, str]) -> list[Step]:
    """Worker and annotators run the new image from now on. Before the labeler's pages: an old worker would refuse what
    new pages send it."""
    return [
        _run_in_service(
            outputs, outputs[f"{noun}_service_name"], outputs[f"{noun}_task_definition"], "switch {0} to {1}"
        )
        for noun in PROGRAMS
    ]


def make_first_admin(stack: str, email: str) -> list[Step]:
    """Prints the link by which the first admin sets a password; does nothing where an admin can log in."""
    return [_zappa_step("let the first admin in", "manage", stack, f"first_admin {email}")]


def roll_back(stack: str, outputs: Mapping[str, str], services: Mapping[str, str]) -> list[Step]:
    """The labeler as it was, and worker and annotators with it; the infrastructure and the database stay, so migrations
    must suit the code before. `services`: name of a service → definition of the task that it ran before."""
    return [
        _zappa_step("go 1 back", "rollback", stack, "--num-rollback", "1"),
        *(_run_in_service(outputs, *one, "take {0} back to {1}") for one in services.items()),
    ]


def _run_in_service(outputs: Mapping[str, str], service: str, definition: str, says: str) -> Step:
    at = ("--cluster", outputs["cluster_name"], "--region", outputs["region"])
    command = ("aws", "ecs", "update-service", *at, "--service", service, "--task-definition", definition)
    # Its answer would be the whole service.
    return Step(says.format(service, definition.rpartition("/")[2]), (*command, "--query", "service.status"))


def find_previous(definitions: Sequence[Mapping[str, Any]]) -> str:
    """Of a task's definitions, newest first, as ECS describes them: the newest that runs another image than the first;
    empty where all run the same."""
    images = [one["containerDefinitions"][0]["image"] for one in definitions]
    return next(
        (str(one["taskDefinitionArn"]) for one, image in zip(definitions, images, strict=True) if image != images[0]),
        "",
    )


def read_api_domain(status: Mapping[str, object]) -> str:
    """The API Gateway's domain, out of what `zappa status --json` prints; empty where there is none."""
    address = str(status.get("API Gateway URL") or "")
    return address.removeprefix("https://").split("/", 1)[0]


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
