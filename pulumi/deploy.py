"""Deploys a stack whole: infrastructure, database, worker, labeler, CloudFront. Safe to run again at any time."""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labelmill_infra.deployment import account, migration, steps
from labelmill_infra.deployment.zappa import make_minimal_settings
from labelmill_local.configuration import read_configuration

ROOT = Path(__file__).resolve().parents[1]
NOT_DEPLOYED = "have you deployed yet"  # how Zappa says that there is no such function
FEW = "10"  # a rollback looks at so many definitions of a task


class Stopped(RuntimeError):
    """What keeps the deployment from going on, and what to do."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python pulumi/deploy.py", description=__doc__)
    parser.add_argument("stack", choices=["dev", "prod"])
    parser.add_argument("--rollback", action="store_true", help="bring the last version back, nothing else")
    parser.add_argument("--first-admin", metavar="EMAIL", help="last, print a link by which the first admin gets in")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done; asks AWS nothing")
    arguments = parser.parse_args()
    try:
        if arguments.rollback:
            _roll_back(arguments.stack, arguments.dry_run)
            return 0
        _deploy(arguments.stack, arguments.dry_run)
        if arguments.first_admin:
            go = steps.say if arguments.dry_run else steps.run
            go(steps.make_first_admin(arguments.stack, arguments.first_admin))
    except Stopped as error:
        print(f"deploy: stopped: {error}")
        return 1
    except subprocess.CalledProcessError as error:
        print(f"deploy: stopped at `{' '.join(error.cmd)}` (status {error.returncode}); mend it and run this again")
        return 1
    except FileNotFoundError as error:
        print(f"deploy: stopped: {error.filename!r} is not installed; install it and run this again")
        return 1
    print(f"deploy: {arguments.stack} is {'what it would be' if arguments.dry_run else 'deployed'}")
    return 0


def _deploy(stack: str, dry_run: bool) -> None:
    go = steps.say if dry_run else steps.run
    go(steps.make_packing())
    domain = "<the API's domain>"
    if dry_run:
        go([steps.Step("ask where the labeler is, if it is", steps.call_zappa("status", stack, "--json"))])
    else:
        _check_account(stack)
        # A fresh checkout may not know where the labeler is, and without it CloudFront would go.
        known_domain = _find_domain(stack, _outputs(stack))
        if known_domain and known_domain != _setting(stack, "labelmill:apiDomain", dry_run):
            go(steps.tell_domain(stack, api_domain=known_domain))
    go(steps.make_infrastructure(stack))
    outputs: Mapping[str, str] = _Unknown() if dry_run else _outputs(stack)
    if not outputs["worker_task_definition"]:
        raise Stopped(
            f"imageTag: given '', allowed from here on: the tag of images that {outputs['scraper_repository_url']} and "
            f"{outputs['worker_repository_url']} have; push them, `pulumi config set --stack {stack} imageTag TAG`, "
            "and run this again. The infrastructure is made, nothing runs in it yet"
        )
    go(steps.let_into_database(outputs))
    _migrate(outputs, dry_run)
    go(steps.switch_services(outputs))
    go(steps.put_static(outputs))
    go(steps.write_settings(stack))
    known = {} if dry_run else _status(stack)
    go(steps.deploy_function(stack, deployed=bool(known)))
    domain = domain if dry_run else steps.read_api_domain(_status(stack))
    if not domain:
        raise Stopped("`zappa status` names no API Gateway; mend it and run this again")
    if domain != _setting(stack, "labelmill:apiDomain", dry_run):
        go(steps.add_edge(stack, api_domain=domain))
        # The worker is told by its definition where the site is.
        go(steps.switch_services(outputs if dry_run else _outputs(stack)))


def _migrate(outputs: Mapping[str, str], dry_run: bool) -> None:
    says = "migrate the database, by a task of the new image"
    if dry_run:
        steps.say([steps.Step(says, ("aws", *migration.name_task(outputs, "worker")))])
        return
    print(f"deploy: {says} …", flush=True)
    try:
        migration.migrate(outputs, lambda *asked: _ask(*asked, "--region", outputs["region"]))
    except migration.MigrationFailed as error:
        raise Stopped(
            f"{error}; what ran before still runs, on the database before the migration that failed"
        ) from error


def _roll_back(stack: str, dry_run: bool) -> None:
    go = steps.say if dry_run else steps.run
    go(steps.make_packing())
    go(steps.write_settings(stack))
    outputs: Mapping[str, str] = _Unknown() if dry_run else _outputs(stack)
    services = {}
    for program in steps.PROGRAMS:
        definition = f"<the definition before of {program}>" if dry_run else _find_previous(outputs, program)
        if definition:
            services[outputs[f"{program}_service_name"]] = definition
        else:
            print(f"deploy: {program} ran no other image before: it stays as it is")
    go(steps.roll_back(stack, outputs, services))


class _Unknown(dict[str, str]):
    """Outputs of a stack nobody asked for."""

    def __missing__(self, name: str) -> str:
        return f"<{name}>"


def _find_domain(stack: str, outputs: Mapping[str, str]) -> str:
    """Of the API Gateway as Zappa knows it; empty before the first deployment."""
    if "deploy_bucket" not in outputs:
        return ""
    settings = ROOT / "zappa_settings.json"  # where Zappa looks; written anew before it deploys
    settings.write_text(json.dumps(make_minimal_settings(stack, outputs)))
    domain = steps.read_api_domain(_status(stack))
    if not domain and outputs.get("distribution_id"):
        raise Stopped(
            f"CloudFront {outputs['distribution_id']} stands before a labeler that `zappa status` does not find, and "
            "would be removed; see what became of the function, or `pulumi config set apiDomain` by hand"
        )
    return domain


def _status(stack: str) -> Mapping[str, object]:
    """What Zappa says of the labeler; nothing before it was deployed."""
    command = steps.call_zappa("status", stack, "--json")
    env = {**os.environ, "VIRTUAL_ENV": steps.PACKING}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=env)
    said = f"{done.stdout}{done.stderr}"
    if done.returncode and NOT_DEPLOYED not in said:  # an expired login is no missing function
        raise Stopped(f"`zappa status {stack}` failed (status {done.returncode}): {said.strip()[-500:]}")
    return {} if done.returncode else dict(json.loads(done.stdout))


def _check_account(stack: str) -> None:
    config = read_configuration(stack)
    region = config["aws:region"]

    def ask(*asked: str) -> Any:
        return _ask(*asked, "--region", region)

    missing = list(account.find_missing(config, _outputs(stack), ask))
    if missing:
        raise Stopped("; ".join(missing))
    for note in account.find_notes(config, ask):
        print(f"deploy: note: {note}")


def _find_previous(outputs: Mapping[str, str], program: str) -> str:
    """The definition of a task before the one whose image runs; empty where there is none."""
    at = ("--region", outputs["region"])
    cluster, service = outputs["cluster_name"], outputs[f"{program}_service_name"]
    (found,) = _ask("ecs", "describe-services", "--cluster", cluster, "--services", service, *at)["services"]
    now = found["taskDefinition"]
    family, _, revision = now.rpartition("/")[2].rpartition(":")
    listed = ("ecs", "list-task-definitions", "--family-prefix", family, "--sort", "DESC", "--max-items", FEW)
    arns = _ask(*listed, *at)["taskDefinitionArns"]
    before = [arn for arn in arns if int(arn.rpartition(":")[2]) < int(revision)]
    described = [_ask("ecs", "describe-task-definition", "--task-definition", arn, *at) for arn in (now, *before)]
    return steps.find_previous([one["taskDefinition"] for one in described])


def _ask(*arguments: str) -> Any:
    """What AWS's CLI answers."""
    command = ["aws", *arguments, "--output", "json"]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout)


def _setting(stack: str, name: str, dry_run: bool) -> str:
    if dry_run:
        return ""
    command = ["pulumi", "config", "get", "--stack", stack, name]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def _outputs(stack: str) -> dict[str, str]:
    command = ["pulumi", "stack", "output", "--json", "--stack", stack]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout))


if __name__ == "__main__":
    sys.exit(main())
