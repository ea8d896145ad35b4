"""What the docs say of the infrastructure is what the program does."""

import re
from pathlib import Path

import pytest

from bench.pipeline_cost import ARCHIVE_BATCH, PRICES
from labelmill_infra import guardrails
from labelmill_infra.recorded import RecordedStack
from labelmill_infra.reports.cost import format_table, list_items, sum_dollars
from labelmill_local.configuration import read_defaults, read_own

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_what_a_stack_costs_at_rest_is_what_is_counted(bare: dict[str, RecordedStack]) -> None:
    counted = format_table([bare["dev"], bare["prod"]])
    written = (DOCS / "cost.md").read_text()
    assert f"<!-- at rest: by pulumi/stacks.py -->\n{counted}<!--" in written, "python pulumi/stacks.py docs"


def read_prices() -> tuple[dict[str, tuple[float, float]], float]:
    """Of a million new posts: what → units and dollars; and their sum, as the page has them."""
    page = (DOCS / "cost.md").read_text().split("### A million new posts", 1)[1].split("###", 1)[0]
    rows = re.findall(r"^\| ([A-Z][^|]+?) \| ([\d.,]+) \| ([\d.]+) \|$", page, re.MULTILINE)
    (together,) = re.findall(r"\*\*together\*\* \| \| \*\*([\d.]+)\*\*", page)
    return {what: (float(units.replace(",", "")), float(dollars)) for what, units, dollars in rows}, float(together)


def test_what_a_million_posts_cost_is_units_times_prices() -> None:
    rows, together = read_prices()
    assert len(rows) >= 9
    for what, (units, dollars) in rows.items():
        assert dollars == pytest.approx(units * PRICES[what], abs=0.005 + 0.05 * PRICES[what] + 1e-6), what
    assert sum(dollars for _, dollars in rows.values()) == pytest.approx(together, abs=0.005 * len(rows))
    assert f"| a million new posts; re-sightings | ${together:.2f}, " in (DOCS / "pipeline.md").read_text()


def test_what_comes_on_top_of_it_is_said() -> None:
    """Traces by X-Ray's own rate, one a second and 5 % of the rest; batches of the archive by Lambda's 6 MB."""
    rows, together = read_prices()
    written = " ".join((DOCS / "cost.md").read_text().split())
    starts = rows["Lambda requests"][0]
    in_a_day, in_an_hour = (5e-6 * (seconds + 0.05 * (starts - seconds)) for seconds in (86_400, 3_600))
    assert f"**+${in_a_day:.2f}**, ${together + in_a_day:.2f} together" in written
    assert f"A million in an hour leave some 8,500, +${in_an_hour:.2f}." in written
    assert f"with traces ${together + in_a_day:.2f}" in (DOCS / "pipeline.md").read_text()
    puts = 1e6 / (6e6 / 25e3) - 1e6 / ARCHIVE_BATCH
    assert f"{round(puts, -2):,.0f} more PUTs: +${puts * PRICES['S3 PUT']:.2f}." in written


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
