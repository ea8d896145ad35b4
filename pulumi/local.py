"""The local AWS: `serve` starts the emulator and provisions it, `up` provisions a running one again.

`describe` needs none, nor an account: it says what any stack holds and costs.
"""

import argparse
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STACKS = ("local", "dev", "prod")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python pulumi/local.py",
        description="An AWS on this machine (127.0.0.1 only), made by the same program that `pulumi up` runs.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    serve_parser = commands.add_parser(
        "serve", help="start, provision, and stay for as long as any process holds a shared lock on DIR/in-use"
    )
    up_parser = commands.add_parser("up", help="apply the program once more to the local AWS that runs on DIR")
    for one in (serve_parser, up_parser):
        one.add_argument("--state", type=Path, default=ROOT / ".local", metavar="DIR", help="default: .local")
    describe_parser = commands.add_parser(
        "describe", help="what a stack holds and costs a month at rest, and how it differs from another; makes nothing"
    )
    describe_parser.add_argument("stack", choices=STACKS)
    describe_parser.add_argument("--against", choices=STACKS, metavar="STACK", help="default: dev, of dev prod")
    arguments = parser.parse_args()

    # pulumi takes a second to import: --help and the supervisor need none of it.
    from labelmill_infra.deployment.package import PackageError
    from labelmill_local.emulator import EmulatorError

    try:
        if arguments.command == "describe":
            return _describe(arguments.stack, arguments.against or ("prod" if arguments.stack == "dev" else "dev"))
        if arguments.command == "serve":
            from labelmill_local.supervisor import serve

            serve(arguments.state.resolve(), _provision)
        else:
            _up(arguments.state.resolve())
    except (EmulatorError, PackageError) as error:
        print(f"local AWS: {error}", file=sys.stderr)
        return 1
    return 0


def _describe(stack: str, against: str) -> int:
    from labelmill_infra.reports.description import describe
    from labelmill_infra.settings import SettingsError
    from labelmill_local.recorder import record

    try:
        print(describe(record(stack, package=os.devnull), record(against, package=os.devnull)), end="")
    except SettingsError as error:
        print(f"settings: {error}", file=sys.stderr)
        return 1
    return 0


def _provision(state: Path, endpoint_url: str) -> None:
    from labelmill_infra.deployment.package import PackageError
    from labelmill_local.provision import provision

    try:
        provision(state, endpoint_url)
    except PackageError as error:
        sys.exit(f"local AWS: {error}")


def _up(state: Path) -> None:
    from labelmill_local.emulator import EmulatorError
    from labelmill_local.provision import provision

    outputs = state / "stack.json"
    if not outputs.exists():
        raise EmulatorError(f"nothing runs on {state}: start it with `python pulumi/local.py serve`")
    found = provision(state, json.loads(outputs.read_text())["endpoint_url"])
    print(f"{len(found)} outputs in {outputs}")


if __name__ == "__main__":
    sys.exit(main())
