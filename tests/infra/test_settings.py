"""Wrong settings are refused before anything is made, with what was given and what is allowed."""

import re
from pathlib import Path
from typing import cast

import pytest
from pulumi.runtime.mocks import MockMonitor, Mocks
from pulumi_aws.config.outputs import Endpoints

from labelmill_infra.settings import SettingsError
from labelmill_local.configuration import read_configuration, read_defaults, read_own
from labelmill_local.program import run
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
        (
            "dev",
            "siteUrl",
            "https://a.example/b",
            "siteUrl: given 'https://a.example/b', allowed: empty, or an http(s) add",
        ),
        ("dev", "monthlyBudget", "0", "monthlyBudget: given 0, allowed: 1 to 1000000"),
        (
            "dev",
            "zones",
            "us-east-1a",
            "zones: given 'us-east-1a', allowed: empty, or two zones of the region: us-east-1a,",
        ),
        ("dev", "zones", "us-east-1a,eu-west-1b", "zones: given 'us-east-1a, eu-west-1b', allowed: empty, or two"),
        ("dev", "sourceBuckets", "s3://theirs", "sourceBuckets: given 's3://theirs', allowed: names of buckets"),
        ("dev", "apiDomain", "https://a.example", "apiDomain: given 'https://a.example', allowed: empty or a host"),
        ("dev", "imageTag", "a tag", "imageTag: given 'a tag', allowed: empty or a tag"),
        ("dev", "mailFrom", "example.org", "mailFrom: given 'example.org', allowed: empty or an e-mail address"),
        ("dev", "alarmEmail", "Ops <ops@example.org>", "alarmEmail: given 'Ops <ops@example.org>', allowed: empty or"),
        ("local", "endpointUrl", "", "endpointUrl: given '', allowed for the stack 'local'"),
        ("dev", "mailFrom", "mill@localhost", "mailFrom: given 'mill@localhost', allowed: empty or an e-mail address"),
        ("dev", "alarmEmail", "a@b.example,c@b.example", "alarmEmail: given 'a@b.example,c@b.example', allowed: emp"),
        ("dev", "siteUrl", "https://", "siteUrl: given 'https://', allowed: empty, or an http(s) address"),
        ("dev", "siteUrl", "https://me@a.example", "siteUrl: given 'https://me@a.example', allowed: empty, or an"),
        ("dev", "scraperContact", "https://nobody", "scraperContact: given 'https://nobody', allowed: empty, an e-"),
        ("dev", "zoneId", "example.org", "zoneId: given 'example.org', allowed: empty, or the id of a hosted zone"),
        ("dev", "monthlyBudget", "lots", "monthlyBudget: given 'lots', allowed: a whole number"),
        ("dev", "monthlyBudget", "99.5", "monthlyBudget: given '99.5', allowed: a whole number"),
        ("dev", "monthlyBudget", "-1", "monthlyBudget: given -1, allowed: 1 to"),
        ("dev", "databaseMax", "nan", "databaseMax: given nan, allowed: 1 to 256"),
        ("dev", "databaseMin", "half", "databaseMin: given 'half', allowed: a number"),
        ("dev", "protect", "yes", "protect: given 'yes', allowed: true or false"),
        ("dev", "mostWorkers", "", "mostWorkers: given '', allowed: a whole number"),
    ],
)
def test_a_wrong_setting_is_refused(stack: str, name: str, given: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        record(stack, package="/nowhere.zip", **{name: given})
    assert str(caught.value).startswith(message)


def load(stack: str, **changes: str) -> None:
    """Runs the program with settings of `dev` that differ in full names, given with `_` for `:`."""
    config = read_configuration("dev") | {"labelmill:package": "/nowhere.zip"}
    config |= {"labelmill:secretKey": "k" * 50, "labelmill:originSecret": "o" * 32}
    config |= {name.replace("_", ":"): value for name, value in changes.items()}
    run(stack, config, MockMonitor(cast(Mocks, None)))


@pytest.mark.parametrize("region", ["us-east-9", "", "us-east-1a"])
def test_a_region_that_lacks_a_service_is_refused(region: str) -> None:
    with pytest.raises(SettingsError, match=f"aws:region: given '{region}', where AWS has no lambda, allowed: .*eu-"):
        load("dev", aws_region=region)


def test_mail_needs_a_region_that_sends_it() -> None:
    with pytest.raises(SettingsError, match="aws:region: given 'ap-southeast-4', where AWS has no sesv2, allowed: "):
        load("dev", aws_region="ap-southeast-4", labelmill_mailFrom="a@example.org")


def test_a_stack_whose_buckets_would_have_no_name_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"stack: given 'a{60}', whose buckets' names would have 87 characters, al"):
        load("a" * 60)


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
