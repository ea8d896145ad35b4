"""Writes `zappa_settings.json` for a stack from its outputs."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python pulumi/zappa_settings.py",
        description="Writes zappa_settings.json from the outputs of a stack, so that Zappa deploys the labeler to it.",
    )
    parser.add_argument("stack", choices=["local", "dev", "prod"])
    parser.add_argument(
        "--outputs",
        type=Path,
        metavar="FILE",
        help="outputs as `pulumi stack output --json` prints them (default: asks Pulumi; of local: .local/stack.json)",
    )
    parser.add_argument("-o", "--out", type=Path, default=ROOT / "zappa_settings.json", metavar="FILE")
    arguments = parser.parse_args()

    from labelmill_infra.deployment.zappa import OutputMissing, make_settings
    from labelmill_local.configuration import STACK, name_machine, read_configuration

    try:
        outputs = _outputs(arguments.stack, arguments.outputs)
        runtime = f"python{sys.version_info.major}.{sys.version_info.minor}"  # Zappa packs for the Python it runs on
        is_local = arguments.stack == STACK
        config = read_configuration(arguments.stack)
        architecture = name_machine() if is_local else config["labelmill:architecture"]
        reserve = config["labelmill:reserveConcurrency"] == "true"
        found = make_settings(arguments.stack, outputs, runtime=runtime, architecture=architecture, reserve=reserve)
    except (OutputMissing, OSError, ValueError, subprocess.CalledProcessError) as error:
        print(f"zappa settings: {error}", file=sys.stderr)
        return 1
    arguments.out.write_text(json.dumps(found, indent=2) + "\n")
    print(f"{arguments.out}: stage {arguments.stack}")
    return 0


def _outputs(stack: str, given: Path | None) -> dict[str, str]:
    if given is None and stack == "local":
        given = ROOT / ".local" / "stack.json"
    if given:
        return dict(json.loads(given.read_text()))
    command = ["pulumi", "stack", "output", "--json", "--stack", stack]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout))


if __name__ == "__main__":
    sys.exit(main())
