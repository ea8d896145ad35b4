"""CloudWatch and the key of the alarms' topic."""

import contextlib

from .clients import Clients
from .registry import Inputs, Made, creates


@creates("aws:cloudwatch/logGroup:LogGroup")
def log_group(clients: Clients, name: str, inputs: Inputs) -> Made:
    logs, group = clients.get("logs"), inputs.get("name") or name
    with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=group)
    logs.put_retention_policy(logGroupName=group, retentionInDays=inputs["retentionInDays"])
    arn = f"arn:aws:logs:{clients.region}:{_account(clients)}:log-group:{group}"
    return Made(group, {"arn": arn, "name": group})


@creates("aws:cloudwatch/metricAlarm:MetricAlarm")
def metric_alarm(clients: Clients, name: str, inputs: Inputs) -> Made:
    cloudwatch, alarm = clients.get("cloudwatch"), inputs.get("name") or name
    cloudwatch.put_metric_alarm(
        AlarmName=alarm,
        AlarmDescription=inputs["alarmDescription"],
        ComparisonOperator=inputs["comparisonOperator"],
        Threshold=inputs["threshold"],
        EvaluationPeriods=inputs["evaluationPeriods"],
        TreatMissingData=inputs["treatMissingData"],
        AlarmActions=inputs.get("alarmActions") or [],
        OKActions=inputs.get("okActions") or [],
        **_watched(inputs),
    )
    arn = f"arn:aws:cloudwatch:{clients.region}:{_account(clients)}:alarm:{alarm}"
    return Made(alarm, {"arn": arn, "name": alarm})


def _watched(inputs: Inputs) -> Inputs:
    """One metric, or several and what is calculated from them."""
    if queries := inputs.get("metricQueries"):
        return {"Metrics": [_query(one) for one in queries]}
    metric = {"Namespace": inputs["namespace"], "MetricName": inputs["metricName"]}
    return {**metric, "Dimensions": _dimensions(inputs), "Statistic": inputs["statistic"], "Period": inputs["period"]}


def _query(one: Inputs) -> Inputs:
    query = {"Id": one["id"], "ReturnData": one["returnData"]}
    if expression := one.get("expression"):
        return {**query, "Expression": expression, "Label": one["label"]}
    asked = one["metric"]
    metric = {"Namespace": asked["namespace"], "MetricName": asked["metricName"], "Dimensions": _dimensions(asked)}
    return {**query, "MetricStat": {"Metric": metric, "Period": asked["period"], "Stat": asked["stat"]}}


def _dimensions(inputs: Inputs) -> list[dict[str, str]]:
    return [{"Name": key, "Value": value} for key, value in (inputs.get("dimensions") or {}).items()]


@creates("aws:kms/key:Key")
def key(clients: Clients, name: str, inputs: Inputs) -> Made:
    """A key has no name of its own, so the one there is found by the alias that the program gives it."""
    kms = clients.get("kms")
    try:
        made = kms.describe_key(KeyId=f"alias/{name}")["KeyMetadata"]
    except kms.exceptions.NotFoundException:
        made = kms.create_key(Description=inputs["description"], Policy=inputs["policy"])["KeyMetadata"]
    return Made(made["KeyId"], {"arn": made["Arn"], "keyId": made["KeyId"]})


@creates("aws:kms/alias:Alias")
def alias(clients: Clients, name: str, inputs: Inputs) -> Made:
    kms = clients.get("kms")
    try:
        kms.create_alias(AliasName=inputs["name"], TargetKeyId=inputs["targetKeyId"])
    except kms.exceptions.AlreadyExistsException:
        kms.update_alias(AliasName=inputs["name"], TargetKeyId=inputs["targetKeyId"])
    return Made(inputs["name"])


def _account(clients: Clients) -> str:
    return str(clients.get("sts").get_caller_identity()["Account"])


@creates("aws:cloudwatch/dashboard:Dashboard")
def dashboard(clients: Clients, name: str, inputs: Inputs) -> Made:
    clients.get("cloudwatch").put_dashboard(
        DashboardName=inputs["dashboardName"], DashboardBody=inputs["dashboardBody"]
    )
    return Made(inputs["dashboardName"])
