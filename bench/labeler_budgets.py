"""Figures of the labeler beside what they may be."""

from collections.abc import Mapping
from typing import Any, Literal

# name → (budget, whether it is the most or the least that is allowed)
Budgets = Mapping[str, tuple[float, Literal["most", "least"]]]


def missed(found: Mapping[str, Any], budgets: Budgets) -> list[str]:
    """In words, each budget that a figure does not keep."""
    return [
        f"{name} is {found[name]}, the budget says at {side} {budget}"
        for name, (budget, side) in budgets.items()
        if (found[name] > budget if side == "most" else found[name] < budget)
    ]


def shown(name: str, budgets: Budgets) -> str:
    """The budget of a figure for a table; empty where it has none."""
    if name not in budgets:
        return ""
    budget, side = budgets[name]
    return f"{'≤' if side == 'most' else '≥'} {budget}"
