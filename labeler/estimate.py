"""How many rows a list has, without counting a million of them."""

import json
from dataclasses import dataclass
from typing import Any

from django.db import connections
from django.db.models import QuerySet

MOST_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Estimate:
    """`exact`: nothing was estimated. `least`: there are more."""

    number: int
    exact: bool = False
    least: bool = False

    def __str__(self) -> str:
        if self.exact:
            return f"{self.number:,}"
        return f"over {self.number:,}" if self.least else f"about {_rounded(self.number):,}"


def of(rows: "QuerySet[Any]") -> Estimate:
    """What PostgreSQL's planner expects; where another database has no planner to ask, a count that ends early."""
    plain = rows.order_by().select_related(None).values("pk")
    if connections[rows.db].vendor == "postgresql":
        (plan,) = json.loads(plain.explain(format="json"))
        return Estimate(int(plan["Plan"]["Plan Rows"]))
    counted = plain[: MOST_COUNTED + 1].count()
    return Estimate(MOST_COUNTED, least=True) if counted > MOST_COUNTED else Estimate(counted, exact=True)


def _rounded(number: int) -> int:
    """To two digits: more would look as if they were known."""
    step = int(10 ** max(len(str(number)) - 2, 0))
    return round(number / step) * step
