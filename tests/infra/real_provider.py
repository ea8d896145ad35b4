"""The real AWS provider as a judge, by Terraform's CLI and a filesystem mirror: no account, no network.

The mirror is `TF_PLUGIN_MIRROR`, the `filesystem_mirror` of Terraform's configuration (`TF_CLI_CONFIG_FILE`,
`~/.terraformrc`), one of the folders that Terraform looks for one in by itself, or of those of optional software.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROVIDER = "registry.terraform.io/hashicorp/aws"
IMPLIED = (
    *(Path.home() / one / "plugins" for one in (".terraform.d", ".local/share/terraform")),
    *(Path(one) / "terraform/plugins" for one in ("/usr/local/share", "/usr/share")),
    *sorted(Path("/opt").glob("*")),
)
NOWHERE = "http://127.0.0.1:9"  # the port of `discard`: a call of AWS would be refused at once
SOON = "will be an error"
SERVICES = (
    *("acm", "appautoscaling", "autoscaling", "budgets", "cloudfront", "cloudwatch", "dynamodb", "ec2", "ecr", "ecs"),
    *("iam", "kms", "lambda", "logs", "rds", "route53", "s3", "scheduler", "secretsmanager", "sesv2", "sns", "sqs"),
    "sts",
)


class NoProvider(RuntimeError):
    """There is no Terraform, or no mirror that holds the provider; says what to do."""


@dataclass(frozen=True)
class Finding:
    severity: str
    where: str
    says: str

    @property
    def matters(self) -> bool:
        """An error, or a warning that announces one."""
        return self.severity == "error" or SOON in self.says

    def __str__(self) -> str:
        return f"{self.severity}: {self.where}: {self.says}"


class RealProvider:
    """Works in a folder of its own. Raises `NoProvider`."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder = folder
        self._terraform = _find_terraform()
        mirror, self.version = find_mirror(env)
        config = folder / "terraformrc"
        config.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n')
        # Nothing of anybody's account.
        kept = {name: value for name, value in env.items() if not name.startswith(("AWS_", "TF_", "PULUMI_"))}
        nobody = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        self._environment = kept | nobody | {"TF_CLI_CONFIG_FILE": str(config), "CHECKPOINT_DISABLE": "1"}
        self._environment["AWS_EC2_METADATA_DISABLED"] = "true"
        self._write("provider", _describe_provider(self.version))
        self._run("init", "-input=false", "-no-color", check=True)

    def schemas(self) -> dict[str, Any]:
        """Type of resource → its schema."""
        (provider,) = json.loads(self._run("providers", "schema", "-json", check=True))["provider_schemas"].values()
        return dict(provider["resource_schemas"])

    def judge(self, resources: Mapping[str, Any]) -> list[Finding]:
        """What validation finds, or where it finds no error, a plan; both see what the other doesn't."""
        self._write("main", {"resource": resources})
        found = [_read_finding(one) for one in json.loads(self._run("validate", "-json"))["diagnostics"]]
        if any(one.severity == "error" for one in found):
            return found
        lines = self._run("plan", "-json", "-input=false", "-refresh=false", "-lock=false").splitlines()
        messages = [json.loads(line) for line in lines]
        planned = [_read_finding(one["diagnostic"]) for one in messages if one["type"] == "diagnostic"]
        if not any(one["type"] == "change_summary" for one in messages):
            planned.append(Finding("error", "plan", "none was made"))
        return [*found, *(one for one in planned if one not in found)]

    def _write(self, name: str, document: Mapping[str, Any]) -> None:
        (self.folder / f"{name}.tf.json").write_text(json.dumps(document, indent=1))

    def _run(self, *arguments: str, check: bool = False) -> str:
        done = subprocess.run(
            [self._terraform, *arguments],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode:
            raise RuntimeError(f"terraform {arguments[0]}: {done.stderr[-2000:]}")
        return done.stdout


def _find_terraform() -> str:
    if path := shutil.which("terraform"):
        return path
    raise NoProvider("terraform is not installed: the guardrails stand in for it")


def find_mirror(env: Mapping[str, str], implied: Sequence[Path] = IMPLIED) -> tuple[Path, str]:
    """The first folder that holds the provider, and its newest version there. Raises `NoProvider`."""
    for folder in (*_name_mirrors(env), *implied):
        versions = {
            found[0]
            for path in (folder / PROVIDER).glob("*")
            if (found := re.search(r"\d+\.\d+\.\d+", path.name)) and (path.is_dir() or path.suffix == ".zip")
        }
        if versions:
            return folder, max(versions, key=lambda one: [int(number) for number in one.split(".")])
    raise NoProvider(f"no mirror holds {PROVIDER}: make one by `terraform providers mirror`, name it TF_PLUGIN_MIRROR")


def _name_mirrors(env: Mapping[str, str]) -> Iterator[Path]:
    if given := env.get("TF_PLUGIN_MIRROR"):
        yield Path(given)
    for config in (env.get("TF_CLI_CONFIG_FILE"), f"{env.get('HOME', Path.home())}/.terraformrc"):
        if config and Path(config).is_file():
            text = Path(config).read_text()
            yield from map(Path, re.findall(r'filesystem_mirror\s*\{[^}]*?path\s*=\s*"([^"]+)"', text))


def _describe_provider(version: str) -> dict[str, Any]:
    block = {
        "region": "us-east-1",
        "access_key": "test",
        "secret_key": "test",
        "skip_credentials_validation": True,
        "skip_requesting_account_id": True,
        "skip_metadata_api_check": True,
        "max_retries": 1,
        "endpoints": [dict.fromkeys(SERVICES, NOWHERE)],
    }
    return {
        "terraform": {"required_providers": {"aws": {"source": PROVIDER, "version": version}}},
        "provider": {"aws": block},
    }


def _read_finding(diagnostic: Mapping[str, Any]) -> Finding:
    snippet = diagnostic.get("snippet") or {}
    where = diagnostic.get("address") or snippet.get("context") or ""
    detail = " ".join((diagnostic.get("detail") or "").split())
    return Finding(diagnostic["severity"], where, f"{diagnostic['summary']}: {detail}"[:500])
