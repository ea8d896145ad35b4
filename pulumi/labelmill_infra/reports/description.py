"""A stack in words: what it holds and costs at rest, by service, and how it differs from another."""

from collections import Counter, defaultdict

from labelmill_infra.recorded import RecordedStack

from .cost import list_items, sum_dollars
from .difference import compare


def describe(stack: RecordedStack, other: RecordedStack) -> str:
    kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in stack.resources:
        if one.kind.startswith("aws:"):
            service, _, name = one.kind.removeprefix("aws:").partition("/")
            kinds[service][name.rpartition(":")[2]] += 1
    items = list_items(stack)
    dollars: Counter[str] = Counter()
    for item in items:
        dollars[item.service] += item.dollars  # type: ignore[assignment]
    count = sum(held.total() for held in kinds.values())
    lines = [f"{stack.name}: {count} resources, ${sum_dollars(items):.2f} a month at rest", ""]
    for service, held in sorted(kinds.items(), key=lambda pair: (-dollars[pair[0]], pair[0])):
        cost = f"${dollars[service]:.2f}" if dollars[service] else "-"
        named = ", ".join(f"{number} {name}" for name, number in sorted(held.items()))
        lines.append(f"{service:<16}{held.total():>5}{cost:>10}  {named}")
    found = compare(other, stack)
    lines += ["", f"{len(found)} differences from {other.name} (there → here):" if found else f"as {other.name} is"]
    return "\n".join([*lines, *found, ""])
