"""One page of graphs: is anything waiting, failing, slow."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_aws import cloudwatch

from labelmill_infra.component import Component, Scope

WIDTH, HEIGHT = 8, 6  # three graphs a row of CloudWatch's 24 columns


class Dashboard(Component):
    def __init__(
        self,
        noun: str,
        scope: Scope,
        *,
        region: str,
        queues: Mapping[str, pulumi.Input[str]],
        dead_letters: Mapping[str, pulumi.Input[str]],
        functions: Mapping[str, pulumi.Input[str]],
        database: pulumi.Input[str],
    ) -> None:
        """Each mapping: what it is called on the page → its name on AWS. `database`: the cluster's identifier."""
        super().__init__("Dashboard", noun, scope)
        known = pulumi.Output.all(queues=queues, dead=dead_letters, functions=functions, database=database)
        cloudwatch.Dashboard(
            self.name,
            dashboard_name=self.name,
            dashboard_body=known.apply(
                lambda names: json.dumps(
                    body(region, names["queues"], names["dead"], names["functions"], names["database"])
                )
            ),
            opts=self.child(),
        )
        self.register_outputs({})


def body(
    region: str,
    queues: Mapping[str, str],
    dead_letters: Mapping[str, str],
    functions: Mapping[str, str],
    database: str,
) -> dict[str, Any]:
    """CloudWatch's description of the page."""
    waiting = _sqs("ApproximateNumberOfMessagesVisible", queues)
    oldest = _sqs("ApproximateAgeOfOldestMessage", queues)
    dead = _sqs("ApproximateNumberOfMessagesVisible", dead_letters)
    graphs = [
        _graph(region, "Messages waiting", "Maximum", waiting),
        _graph(region, "Age of the oldest message, s", "Maximum", oldest),
        _graph(region, "Dead letters", "Maximum", dead),
        _graph(region, "Function calls", "Sum", _lambda("Invocations", functions)),
        _graph(region, "Function errors", "Sum", _lambda("Errors", functions)),
        _graph(region, "Function duration, ms", "p95", _lambda("Duration", functions)),
        _graph(
            region,
            "Posts prepared",
            "Sum",
            [["Labelmill", name, "Stage", stage] for stage in functions for name in ("PostsDone", "PostsFailed")],
        ),
        _graph(
            region,
            "Database capacity units",
            "Average",
            [["AWS/RDS", "ServerlessDatabaseCapacity", "DBClusterIdentifier", database]],
        ),
        _graph(
            region,
            "Database connections",
            "Maximum",
            [["AWS/RDS", "DatabaseConnections", "DBClusterIdentifier", database]],
        ),
    ]
    for at, graph in enumerate(graphs):
        graph |= {"x": at % 3 * WIDTH, "y": at // 3 * HEIGHT, "width": WIDTH, "height": HEIGHT}
    return {"widgets": graphs}


def _sqs(metric: str, queues: Mapping[str, str]) -> list[list[Any]]:
    return [["AWS/SQS", metric, "QueueName", name, {"label": label}] for label, name in queues.items()]


def _lambda(metric: str, functions: Mapping[str, str]) -> list[list[Any]]:
    return [["AWS/Lambda", metric, "FunctionName", name, {"label": label}] for label, name in functions.items()]


def _graph(region: str, title: str, statistic: str, metrics: Sequence[Sequence[Any]]) -> dict[str, Any]:
    properties = {"title": title, "region": region, "stat": statistic, "period": 300, "metrics": list(metrics)}
    return {"type": "metric", "properties": {**properties, "view": "timeSeries"}}
