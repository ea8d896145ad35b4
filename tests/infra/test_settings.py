"""Wrong settings are refused before anything is made, with what was given and what is allowed."""

import re
from pathlib import Path

import pytest
from pulumi_aws.config.outputs import Endpoints

from labelmill_infra.settings import SettingsError
from labelmill_local.configuration import read_configuration, read_defaults, read_own
from labelmill_local.recorder import record
from tests.infra.conftest import COMPLETE

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("stack", "name", "given", "message"),
    [
        ("dev", "architecture", "sparc", "architecture: given 'sparc', allowed: 'arm64', 'x86_64'"),
        ("dev", "logRetentionDays", "2", "logRetentionDays: given 2, allowed: 1, 3, 5"),
        ("dev", "archiveWindow", "0", "archiveWindow: given 0, allowed: 1 to 300 s"),
        ("dev", "endpointUrl", "localhost", "endpointUrl: given 'localhost', allowed: empty, or an http"),
        ("dev", "databaseMin", "2", "databaseMin: given 2, allowed: 0 to 1"),
        ("prod", "databaseMax", "1.25", "databaseMax: given 1.25, allowed: halves"),
        ("dev", "endpointZones", "3", "endpointZones: given 3, allowed: 1 to 2"),
        ("dev", "instanceType", "t3.small", "instanceType: given 't3.small', allowed: a kind of machine that is arm64"),
        ("dev", "domain", "label.example.org", "zoneId: given '', allowed where domain is 'label.example.org'"),
        ("dev", "secretKey", "short", "secretKey: given 5 characters, allowed: 50 or more; set it by `pulumi config"),
        ("dev", "scraperContact", "nobody", "scraperContact: given 'nobody', allowed: empty, an e-mail address or"),
        ("dev", "scraperSchedule", "daily", "scraperSchedule: given 'daily', allowed: rate(…) or cron(…)"),
        ("dev", "siteUrl", "https://a.example/b", "siteUrl: given 'https://a.example/b', allowed: an http(s) address"),
        ("dev", "mailFrom", "example.org", "mailFrom: given 'example.org', allowed: empty or an e-mail address"),
        ("dev", "alarmEmail", "Ops <ops@example.org>", "alarmEmail: given 'Ops <ops@example.org>', allowed: empty or"),
        ("local", "endpointUrl", "", "endpointUrl: given '', allowed for the stack 'local'"),
    ],
)
def test_a_wrong_setting_is_refused(stack: str, name: str, given: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        record(stack, package="/nowhere.zip", **{name: given})
    assert str(caught.value).startswith(message)


def test_a_stacks_own_file_holds_only_what_differs() -> None:
    plain = read_configuration("prod")
    assert read_configuration("dev") != plain
    assert plain["labelmill:protect"] == "true"
    assert read_configuration("dev")["labelmill:protect"] == "false"


@pytest.mark.parametrize("stack", ["local", "dev", "prod"])
def test_a_stacks_own_file_names_declared_settings_alone(stack: str) -> None:
    assert {name for name in read_own(stack) if name.startswith("labelmill:")} <= read_defaults().keys()


def test_one_module_decides_what_a_setting_is() -> None:
    readers = [path.name for path in (ROOT / "pulumi").rglob("*.py") if re.search(r"\bConfig\(", path.read_text())]
    assert sorted(readers) == ["clients.py", "emulator_process.py", "settings.py"]  # the first two are of other kinds


# What the provider calls a service where its resources' module is called otherwise.
ENDPOINTS = {"vpc": "ec2"}


def test_the_real_provider_is_pointed_at_the_emulator_for_all_that_the_stack_has() -> None:
    """Or a resource of a service that is missing would be made on AWS itself."""
    (given,) = read_own("local")["aws:endpoints"]
    complete = record("local", package="/nowhere.zip", **COMPLETE)
    used = {one.kind.split(":")[1].split("/")[0] for one in complete.resources if one.kind.startswith("aws:")}
    used = {ENDPOINTS.get(one, one) for one in used} | {"sts", "logs"}
    assert used - given.keys() == set()
    assert set(given.values()) == {read_own("local")["labelmill:endpointUrl"]}
    assert given.keys() <= {name.rstrip("_") for name in dir(Endpoints) if not name.startswith("_")}
