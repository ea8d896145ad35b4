"""The database's migrations: a task of the new image, waited for before anything that runs is switched to it."""

import json
import time
from collections.abc import Mapping
from typing import Any

from .account import Ask

COMMAND = ["python", "manage.py", "migrate", "--noinput"]
STARTER = "migration"  # by which another one that runs is found
MOST_SECONDS = 3600  # a machine for it starts within five minutes; the rest is the migrations'
PAUSE_SECONDS = 10


class MigrationFailed(RuntimeError):
    """It did not start, did not end in time, or ended with an error; says which."""


def name_task(outputs: Mapping[str, str], container: str) -> tuple[str, ...]:
    """The call that starts it: the worker's definition, with its role and its database, and another command."""
    return (
        *("ecs", "run-task", "--cluster", outputs["cluster_name"]),
        *("--task-definition", outputs["worker_task_definition"], "--started-by", STARTER),
        *("--capacity-provider-strategy", f"capacityProvider={outputs['worker_capacity_provider']},weight=1"),
        *("--overrides", json.dumps({"containerOverrides": [{"name": container, "command": COMMAND}]})),
    )


def migrate(
    outputs: Mapping[str, str], ask: Ask, *, most_seconds: float = MOST_SECONDS, pause_seconds: float = PAUSE_SECONDS
) -> None:
    """Runs it to its end and prints its log. Raises `MigrationFailed`."""
    cluster = ("--cluster", outputs["cluster_name"])
    if running := ask("ecs", "list-tasks", *cluster, "--started-by", STARTER)["taskArns"]:
        raise MigrationFailed(f"another migration runs, {running[0]}: wait for its end")
    definition = ask("ecs", "describe-task-definition", "--task-definition", outputs["worker_task_definition"])
    (container,) = definition["taskDefinition"]["containerDefinitions"]
    started = ask(*name_task(outputs, container["name"]))
    if not started["tasks"]:
        reasons = ", ".join(one.get("reason", "no reason given") for one in started["failures"])
        raise MigrationFailed(f"the migration did not start: {reasons}")
    task = started["tasks"][0]["taskArn"]
    deadline = time.monotonic() + most_seconds
    while (found := _describe(ask, cluster, task))["lastStatus"] != "STOPPED":
        if time.monotonic() > deadline:
            # Left alone it may still end well; until then no other one is begun.
            raise MigrationFailed(f"the migration did not end within {most_seconds / 60:.0f} minutes, {task}")
        time.sleep(pause_seconds)
    _print_log(ask, container, task)
    # There is none where the container never ran.
    status = found["containers"][0].get("exitCode")
    if status != 0:
        reason = found["containers"][0].get("reason") or found.get("stoppedReason", "no reason given")
        raise MigrationFailed(f"the migration failed (status {status}): {reason}")


def _describe(ask: Ask, cluster: tuple[str, ...], task: str) -> Any:
    described = ask("ecs", "describe-tasks", *cluster, "--tasks", task)
    if not described["tasks"]:
        raise MigrationFailed(f"ECS forgot the task of the migration, {task}: {described['failures']}")
    return described["tasks"][0]


def _print_log(ask: Ask, container: Mapping[str, Any], task: str) -> None:
    options = container["logConfiguration"]["options"]
    stream = f"{options['awslogs-stream-prefix']}/{container['name']}/{task.rpartition('/')[2]}"
    # By the group, since a task that never ran has no stream to ask for.
    at = ("--log-group-name", options["awslogs-group"], "--log-stream-name-prefix", stream)
    for event in ask("logs", "filter-log-events", *at)["events"]:
        print(f"deploy:   {event['message']}", flush=True)
