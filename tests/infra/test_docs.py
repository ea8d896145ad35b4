"""What the docs say of the infrastructure is what the program does."""

import re
from pathlib import Path

import pytest

from labelmill_infra import guardrails
from labelmill_infra.recorded import RecordedStack
from labelmill_infra.reports.cost import format_table, list_items, sum_dollars
from labelmill_local.configuration import read_defaults, read_own

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_what_a_stack_costs_at_rest_is_what_is_counted(bare: dict[str, RecordedStack]) -> None:
    counted = format_table([bare["dev"], bare["prod"]])
    written = (DOCS / "cost.md").read_text()
    assert f"<!-- at rest: by pulumi/stacks.py -->\n{counted}<!--" in written, "python pulumi/stacks.py docs"


def test_a_sleeping_stack_costs_less(bare: dict[str, RecordedStack]) -> None:
    assert sum_dollars(list_items(bare["dev"])) < sum_dollars(list_items(bare["prod"]))


@pytest.mark.parametrize("name", [name for name in read_defaults() if name.startswith("labelmill:")])
def test_every_setting_is_in_the_table_as_it_is(name: str) -> None:
    short = name.removeprefix("labelmill:")
    row = next(
        line for line in (DOCS / "infrastructure.md").read_text().splitlines() if line.startswith(f"| `{short}`")
    )
    for stack in ("dev", "prod"):
        value = read_own(stack).get(name)
        assert value in (None, "") or f"`{value}`" in row


def test_the_threat_model_names_guardrails_that_are_there() -> None:
    rules = {rule.__name__ for rule in guardrails.GUARDRAILS}
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+){2,})`", (DOCS / "threat-model.md").read_text()))
    assert named <= rules
    assert len(named) > 10


def test_every_command_the_docs_name_is_there() -> None:
    root = DOCS.parent
    for page in ("infrastructure.md", "stack.md", "cost.md"):
        for file in re.findall(r"pulumi/[a-z_]+\.py", (DOCS / page).read_text()):
            assert (root / file).exists(), (page, file)


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_budget_is_no_alarm_about_a_stack_nobody_uses(stack: str, bare: dict[str, RecordedStack]) -> None:
    recorded = bare[stack]
    budget = next(recorded.of("aws:budgets/budget:Budget"))
    assert sum_dollars(list_items(recorded)) < 0.8 * float(budget.inputs["limitAmount"])
