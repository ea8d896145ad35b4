"""The underlines that spans are drawn by: a span has one lane, the outer span's is the nearest to the text. Pure."""

from collections.abc import Container, Iterable, Mapping

LANES = "abc"  # underlines a token has room for; a span that finds none free is not drawn
NO_COLOR = 8  # slot of the palette, of a label that the project does not have any more


def free(taken: Iterable[Container[str]]) -> str | None:
    """The first lane that none of some tokens has taken; `taken`: by token."""
    held = list(taken)
    return next((lane for lane in LANES if all(lane not in one for one in held)), None)


def classes(count: int, spans: Iterable[tuple[int, int, str]], colors: Mapping[str, int]) -> list[str]:
    """For each of `count` tokens the classes that draw the spans it is in; empty outside of all.

    `spans`: half-open token ranges with their label; `colors`: slots of the palette by label.
    """
    lanes: list[dict[str, int]] = [{} for _ in range(count)]
    for first, last, label in sorted(spans, key=lambda one: (one[0], -one[1])):
        tokens = lanes[max(first, 0) : max(last, 0)]
        if lane := free(tokens):
            for token in tokens:
                token[lane] = colors.get(label, NO_COLOR)
    return ["on " + " ".join(f"{lane}{slot}" for lane, slot in one.items()) if one else "" for one in lanes]
