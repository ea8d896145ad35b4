"""A warning before the bill, not after it."""

import pulumi
from pulumi_aws import budgets

from labelmill_infra.component import Component, Scope

SPENT, FORESEEN = 80, 100  # per cent


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
