"""Alarms, the topic that all of them tell, and the budget that warns before the bill."""

from collections.abc import Mapping

import pulumi
from pulumi_aws import budgets, cloudwatch, kms, sns

from labelmill_infra import iam
from labelmill_infra.component import Component, Scope

FUNCTION_FAILING = {"AWS/Lambda/Errors": 0, "AWS/Lambda/Throttles": 5}  # how many in five minutes are borne
SPENT, FORESEEN = 80, 100  # per cent of the budget


class AlarmTopic(Component):
    """Encrypted by a key of its own: CloudWatch may not use the one AWS keeps for SNS, and would tell nobody."""

    def __init__(self, noun: str, scope: Scope, *, account: pulumi.Input[str], email: str) -> None:
        """`email`: an address told too, once its owner confirms it; empty for none."""
        super().__init__("AlarmTopic", noun, scope)
        key = kms.Key(
            self.name,
            description=f"Alarms of {scope.project} {scope.stack}",
            enable_key_rotation=True,
            deletion_window_in_days=7,
            policy=pulumi.Output.from_input(account).apply(iam.alarm_key_policy),
            tags=self.tags,
            opts=self.child(),
        )
        kms.Alias(self.name, name=f"alias/{self.name}", target_key_id=key.id, opts=self.child())
        self.topic = sns.Topic(self.name, kms_master_key_id=key.id, tags=self.tags, opts=self.child())
        sns.TopicPolicy(
            self.name,
            arn=self.topic.arn,
            policy=pulumi.Output.all(self.topic.arn, account).apply(lambda both: iam.alarm_topic_policy(*both)),
            opts=self.child(),
        )
        if email:
            sns.TopicSubscription(self.name, topic=self.topic.arn, protocol="email", endpoint=email, opts=self.child())
        self.arn = self.topic.arn
        self.register_outputs({"arn": self.arn})


def alarm(
    of: Component,
    name: str,
    metric: str,
    dimensions: Mapping[str, pulumi.Input[str]],
    *,
    over: int,
    says: str,
    tell: pulumi.Input[str],
    statistic: str = "Sum",
    period: int = 300,
    periods: int = 1,
) -> None:
    """Tells the topic when a metric is over what is borne, and when it no longer is.

    `metric`: namespace and name as CloudWatch has them, `AWS/Lambda/Errors`; `period` in seconds.
    """
    namespace, _, metric_name = metric.rpartition("/")
    cloudwatch.MetricAlarm(
        name,
        namespace=namespace,
        metric_name=metric_name,
        dimensions=dimensions,
        statistic=statistic,
        comparison_operator="GreaterThanThreshold",
        threshold=over,
        period=period,
        evaluation_periods=periods,
        treat_missing_data="notBreaching",
        alarm_description=says,
        alarm_actions=[tell],
        ok_actions=[tell],
        tags=of.tags,
        opts=of.child(),
    )


def alarm_failing(
    of: Component,
    dimensions: Mapping[str, pulumi.Input[str]],
    borne: Mapping[str, int],
    *,
    says: str,
    tell: pulumi.Input[str],
) -> None:
    """An alarm for each metric, `AWS/Lambda/Errors`, of which more than is borne is counted in five minutes.

    `says`: what is told after the metric's name.
    """
    for metric, over in borne.items():
        name = metric.rpartition("/")[2]
        alarm(of, f"{of.name}-{name.lower()}", metric, dimensions, over=over, says=f"{name} of {says}", tell=tell)


class Budget(Component):
    """Counts what carries the stack's `cost` tag; activate that tag for billing once an account."""

    def __init__(self, noun: str, scope: Scope, *, dollars: int, topic: pulumi.Input[str], email: str) -> None:
        super().__init__("Budget", noun, scope)
        budgets.Budget(
            self.name,
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=str(dollars),
            limit_unit="USD",
            cost_filters=[{"name": "TagKeyValue", "values": [f"user:cost${self.tags['cost']}"]}],
            notifications=[
                {
                    "comparison_operator": "GREATER_THAN",
                    "threshold": threshold,
                    "threshold_type": "PERCENTAGE",
                    "notification_type": kind,
                    "subscriber_sns_topic_arns": [topic],
                    "subscriber_email_addresses": [email] if email else [],
                }
                for threshold, kind in ((SPENT, "ACTUAL"), (FORESEEN, "FORECASTED"))
            ],
            tags=self.tags,
            opts=self.child(),
        )
        self.register_outputs({})
