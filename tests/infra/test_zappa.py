"""Zappa is told the stack's role, buckets and names, and keeps from doing what the stack does."""

import json
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from labelmill_infra.deployment.zappa import EXCLUDE, OutputMissing, make_settings
from labelmill_infra.recorded import RecordedStack, statements

ROOT = Path(__file__).resolve().parents[2]


def stage(stack: RecordedStack, reserve: bool = True) -> dict[str, object]:
    found = make_settings(stack.name, stack.outputs, runtime="python3.12", architecture="arm64", reserve=reserve)
    return dict(found[stack.name])


def test_the_api_is_of_the_region_since_cloudfront_is_before_it(prod: RecordedStack) -> None:
    """The other kind, which Zappa makes unless told, has a CloudFront of its own."""
    assert stage(prod)["endpoint_configuration"] == ["REGIONAL"]


def test_the_role_is_the_stacks_own(prod: RecordedStack) -> None:
    found = stage(prod)
    assert found["manage_roles"] is False
    assert found["role_arn"] == prod.outputs["labeler_role_arn"]


def test_the_function_lives_in_the_private_subnets(prod: RecordedStack) -> None:
    assert stage(prod)["vpc_config"] == {
        "SubnetIds": ["labelmill-prod-network-private-0", "labelmill-prod-network-private-1"],
        "SecurityGroupIds": ["labelmill-prod-firewall-labeler"],
    }


def test_the_budget_counts_the_function(prod: RecordedStack) -> None:
    (budget,) = prod.of("aws:budgets/budget:Budget")
    cost = cast(dict[str, str], stage(prod)["tags"])["cost"]
    assert f"user:cost${cost}" in str(budget.inputs["costFilters"])


def test_nothing_but_the_api_gateway_is_asked_to_call_it(recorded: RecordedStack) -> None:
    found = stage(recorded)
    assert found["keep_warm"] is False
    assert not {"events", "async_resources", "function_url_enabled"} & found.keys()


def test_its_environment_holds_no_secret(prod: RecordedStack) -> None:
    environment = stage(prod)["aws_environment_variables"]
    assert isinstance(environment, dict)
    for name, value in environment.items():
        assert isinstance(value, str), name
        assert "SECRET" not in name or value.startswith("arn:aws:secretsmanager:"), name
    assert "@" in environment["DATABASE_URL"]
    assert ":" not in environment["DATABASE_URL"].split("//")[1].split("@")[0]  # a user, no password


def test_the_packages_of_the_runtime_stay_out_and_static_files_stay_in() -> None:
    assert {"boto3", "botocore", "tests", "pulumi"} <= set(EXCLUDE)
    assert "static" not in EXCLUDE


def test_the_labelers_role_is_taken_by_lambda_and_by_its_api_gateway(prod: RecordedStack) -> None:
    """Zappa gives one role to both: where the second may not take it, or not invoke, every page is an error 500."""
    role = next(one for one in prod.of("aws:iam/role:Role") if one.outputs["arn"] == prod.outputs["labeler_role_arn"])
    trusted = [service for one in statements(role, "assumeRolePolicy") for service in one["Principal"]["Service"]]
    assert {"lambda.amazonaws.com", "apigateway.amazonaws.com", "events.amazonaws.com"} == set(trusted)
    policy = next(one for one in prod.of("aws:iam/rolePolicy:RolePolicy") if one.inputs["role"] == role.outputs["id"])
    invoking = [one for one in statements(policy, "policy") if "lambda:InvokeFunction" in one["Action"]]
    assert [one["Resource"] for one in invoking] == [["arn:aws:lambda:us-east-1:123456789012:function:labelmill-prod"]]


def test_a_missing_output_is_named(prod: RecordedStack) -> None:
    outputs = {name: value for name, value in prod.outputs.items() if name != "deploy_bucket"}
    with pytest.raises(OutputMissing, match="output 'deploy_bucket' of the stack 'prod'"):
        make_settings("prod", outputs, runtime="python3.12", architecture="arm64", reserve=True)


def test_where_an_account_has_no_concurrency_to_reserve_the_labeler_reserves_none(prod: RecordedStack) -> None:
    assert stage(prod)["lambda_concurrency"] == 40
    assert stage(prod, reserve=False)["lambda_concurrency"] is None


def test_the_command_writes_the_file(prod: RecordedStack, tmp_path: Path) -> None:
    outputs, out = tmp_path / "outputs.json", tmp_path / "zappa.json"
    outputs.write_text(json.dumps(prod.outputs))
    command = [sys.executable, str(ROOT / "pulumi" / "zappa_settings.py"), "prod", "--outputs", str(outputs)]
    done = subprocess.run([*command, "-o", str(out)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(out.read_text())["prod"]["s3_bucket"] == prod.outputs["deploy_bucket"]


def test_its_variables_are_fewer_than_lambda_takes(prod: RecordedStack) -> None:
    """4 KB in all; on AWS each of some twenty names is eight letters longer than here."""
    environment = stage(prod)["aws_environment_variables"]
    assert isinstance(environment, dict)
    assert sum(len(name) + len(value) for name, value in environment.items()) < 4096 - 25 * 8


def test_somebody_is_told_when_it_fails(prod: RecordedStack) -> None:
    alarms = [one.inputs for one in prod.of("aws:cloudwatch/metricAlarm:MetricAlarm") if "-web-" in one.name]
    assert {one["metricName"] for one in alarms} == {"Errors", "Throttles", "5XXError"}
    for one in alarms:
        assert list(one["dimensions"].values()) == [prod.outputs["labeler_function_name"]]
        assert one["alarmActions"] == [prod.outputs["alarms_topic_arn"]]
