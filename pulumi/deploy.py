"""Deploys a stack whole: infrastructure, labeler, CloudFront, database, static files. Safe to run again at any time."""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from labelmill_infra.deployment import steps

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python pulumi/deploy.py", description=__doc__)
    parser.add_argument("stack", choices=["dev", "prod"])
    parser.add_argument("--rollback", action="store_true", help="bring the labeler's last version back, nothing else")
    parser.add_argument("--first-admin", metavar="EMAIL", help="last, print a link by which the first admin gets in")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done; asks AWS nothing")
    arguments = parser.parse_args()
    stack, go = arguments.stack, steps.say if arguments.dry_run else steps.run
    try:
        go(steps.make_packing())
        if arguments.rollback:
            go(steps.write_settings(stack))
            go(steps.roll_back(stack))
            return 0
        go(steps.make_infrastructure(stack))
        go(steps.put_static(_Unknown() if arguments.dry_run else _outputs(stack)))
        go(steps.write_settings(stack))
        known = {} if arguments.dry_run else _status(stack)
        go(steps.deploy_function(stack, deployed=bool(known)))
        domain = "<the API's domain>" if arguments.dry_run else steps.read_api_domain(_status(stack))
        if not domain:
            print("deploy: stopped: `zappa status` names no API Gateway; mend it and run this again")
            return 1
        if domain != _setting(stack, "labelmill:apiDomain", arguments.dry_run):
            go(steps.add_edge(stack, api_domain=domain))
        go(steps.prepare_database(stack, _Unknown() if arguments.dry_run else _outputs(stack)))
        if arguments.first_admin:
            go(steps.make_first_admin(stack, arguments.first_admin))
    except subprocess.CalledProcessError as error:
        print(f"deploy: stopped at `{' '.join(error.cmd)}` (status {error.returncode}); mend it and run this again")
        return 1
    except FileNotFoundError as error:
        print(f"deploy: stopped: {error.filename!r} is not installed; install it and run this again")
        return 1
    print(f"deploy: {stack} is {'what it would be' if arguments.dry_run else 'deployed'}")
    return 0


class _Unknown(dict[str, str]):
    """Outputs of a stack nobody asked for."""

    def __missing__(self, name: str) -> str:
        return f"<{name}>"


def _status(stack: str) -> Mapping[str, object]:
    """What Zappa says of the labeler; nothing before it was deployed."""
    command = steps.call_zappa("status", stack, "--json")
    env = {**os.environ, "VIRTUAL_ENV": steps.PACKING}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=env)
    return dict(json.loads(done.stdout)) if done.returncode == 0 else {}


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
