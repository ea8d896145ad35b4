"""How many tasks there are for how much work, by the expressions that CloudWatch is given."""

import math
import re
from typing import Any

import pytest

from labelmill_infra.recorded import RecordedStack, Resource, statements

POLICY, ALARM = "aws:appautoscaling/policy:Policy", "aws:cloudwatch/metricAlarm:MetricAlarm"


def value(expression: str, backlog: float, tasks: float | None, backlog2: float | None = None) -> float:
    """What CloudWatch makes of it. None: nothing was counted in that minute."""
    calls: dict[str, Any] = {
        "FILL": lambda given, instead: instead if given is None else given,
        "IF": lambda condition, yes, no: yes if condition else no,
        "backlog": backlog,
        "backlog2": backlog2,
        "tasks": tasks,
    }
    assert set(re.findall(r"[A-Za-z]\w*", expression)) <= calls.keys()
    return float(eval(expression, {"__builtins__": {}}, calls))


def tracking(stack: RecordedStack, service: str) -> dict[str, Any]:
    policy = named(stack, POLICY, f"labelmill-prod-{service}")
    found: dict[str, Any] = policy.inputs["targetTrackingScalingPolicyConfiguration"]
    return found


def named(stack: RecordedStack, kind: str, name: str) -> Resource:
    return next(one for one in stack.of(kind) if one.name == name)


def wanted(stack: RecordedStack, service: str, backlog: int, tasks: int, backlog2: int | None = None) -> int:
    """The number that target tracking goes for: as many as bring the metric to its target."""
    found = tracking(stack, service)
    (expression,) = [
        one["expression"] for one in found["customizedMetricSpecification"]["metrics"] if "expression" in one
    ]
    return math.ceil(tasks * value(expression, backlog, tasks, backlog2) / found["targetValue"])


@pytest.mark.parametrize(
    ("backlog", "tasks", "more"), [(0, 1, 0), (1, 1, 1), (20, 1, 1), (21, 1, 2), (60, 2, 3), (0, 3, 0)]
)
def test_annotators_are_as_many_as_the_files_that_wait_need(
    prod: RecordedStack, backlog: int, tasks: int, more: int
) -> None:
    assert wanted(prod, "annotator", backlog, tasks) == more


@pytest.mark.parametrize(
    ("commands", "posts", "workers"), [(0, None, 0), (30, 0, 1), (31, 0, 2), (0, 6000, 1), (0, 18000, 3), (30, 6001, 3)]
)
def test_workers_are_as_many_as_commands_and_prepared_posts_need(
    prod: RecordedStack, commands: int, posts: int | None, workers: int
) -> None:
    assert wanted(prod, "worker", commands, 1, posts) == workers
    metrics = tracking(prod, "worker")["customizedMetricSpecification"]["metrics"]
    (labeling,) = [one for one in metrics if one["id"] == "backlog2"]
    dimensions = labeling["metricStat"]["metric"]["dimensions"]
    assert dimensions == [{"name": "QueueName", "value": "labelmill-prod-labeling"}]


def test_what_is_tracked_are_the_queue_and_the_tasks_of_the_service(prod: RecordedStack) -> None:
    for service, queue in (("annotator", "jobs"), ("worker", "work")):
        metrics = tracking(prod, service)["customizedMetricSpecification"]["metrics"]
        by_id = {one["id"]: one for one in metrics}
        watched = {
            name: {each["name"]: each["value"] for each in by_id[name]["metricStat"]["metric"]["dimensions"]}
            for name in ("backlog", "tasks")
        }
        assert watched["backlog"] == {"QueueName": f"labelmill-prod-{queue}"}
        assert watched["tasks"] == {
            "ClusterName": "labelmill-prod-cluster",
            "ServiceName": f"labelmill-prod-{service}",
        }
        assert [one["id"] for one in metrics if one["returnData"]] == ["each"]


def test_target_tracking_alone_would_leave_few_files_waiting_for_ever(prod: RecordedStack) -> None:
    """Why the first task has a rule of its own: nothing times any factor stays nothing."""
    assert wanted(prod, "annotator", backlog=1, tasks=0) == 0


@pytest.mark.parametrize(
    ("backlog", "tasks", "rings"), [(0, None, False), (1, None, True), (1, 0, True), (1, 1, False), (500, 2, False)]
)
def test_one_file_starts_the_first_annotator(prod: RecordedStack, backlog: int, tasks: int | None, rings: bool) -> None:
    alarm, policy = (named(prod, kind, "labelmill-prod-annotator-first") for kind in (ALARM, POLICY))
    (query,) = [one for one in alarm.inputs["metricQueries"] if one["returnData"]]
    assert (value(query["expression"], backlog, tasks) > alarm.inputs["threshold"]) is rings
    assert alarm.inputs["alarmActions"] == [policy.outputs["arn"]]
    steps = policy.inputs["stepScalingPolicyConfiguration"]
    assert steps["adjustmentType"] == "ChangeInCapacity"
    assert [one["scalingAdjustment"] for one in steps["stepAdjustments"]] == [1]


def test_annotators_go_to_none_and_one_worker_stays(prod: RecordedStack) -> None:
    least = {one.name: one.inputs["minCapacity"] for one in prod.of("aws:appautoscaling/target:Target")}
    assert least == {"labelmill-prod-annotator": 0, "labelmill-prod-worker": 1}


def test_a_task_may_protect_itself_and_no_other_clusters(prod: RecordedStack) -> None:
    for service in ("annotator", "worker"):
        policy = named(prod, "aws:iam/rolePolicy:RolePolicy", f"labelmill-prod-{service}-protection")
        assert policy.inputs["role"] == f"labelmill-prod-{service}"
        (statement,) = statements(policy, "policy")
        assert statement["Resource"] == ["arn:aws:ecs:us-east-1:123456789012:task/labelmill-prod-cluster/*"]
