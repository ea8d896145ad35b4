"""From what a page posts, token ranges and labels, to spans with offsets. Pure."""

from collections.abc import Collection, Sequence

from pipeline.errors import InvalidInput
from pipeline.schema import Span, Suggestion

TokenSpan = tuple[int, int, str]  # first token, last token + 1, label


def of_tokens(ranges: Sequence[tuple[int, int]], given: Sequence[TokenSpan], labels: Collection[str]) -> list[Span]:
    """The spans in order of text. `ranges`: the tokens as code-point ranges. Raises `InvalidInput`."""
    found: dict[Span, int] = {}
    for at, one in enumerate(given):
        try:
            first, last, label = one
        except (TypeError, ValueError):
            raise InvalidInput(f"spans[{at}]", one, "[first token, last token + 1, label]") from None
        whole = type(first) is int and type(last) is int
        if not whole or not 0 <= first < last <= len(ranges):
            raise InvalidInput(
                f"spans[{at}]", [first, last], f"0 ≤ first < last ≤ {len(ranges)}, this post's number of tokens"
            )
        if label not in labels:
            raise InvalidInput(f"spans[{at}].label", label, ", ".join(labels))
        span = Span(ranges[first][0], ranges[last - 1][1], label, first, last)
        if span in found:
            raise InvalidInput(
                f"spans[{at}]", [first, last, label], f"each span once; it is spans[{found[span]}] already"
            )
        found[span] = at
    return sorted(found)


def outcomes(suggestions: Sequence[Suggestion], spans: Sequence[Span], hidden: bool) -> dict[str, object]:
    """What became of the suggestions: counts of those taken as they were, taken with another label or other ends,
    and not taken; and of spans that nothing suggested. Counted for hidden ones too: that measures their influence.
    """
    answered = {(one.start, one.end, one.label) for one in spans}
    suggested = {(one.start, one.end, one.label) for one in suggestions}
    accepted = answered & suggested
    # What is left over on both sides and shares a character was changed: each span answers for one suggestion.
    rest = sorted(answered - accepted)
    changed = 0
    for start, end, _ in sorted(suggested - accepted):
        match = next((one for one in rest if one[0] < end and start < one[1]), None)
        if match:
            rest.remove(match)
            changed += 1
    return {
        "hidden": hidden,
        "accepted": len(accepted),
        "changed": changed,
        "rejected": len(suggested) - len(accepted) - changed,
        "missed": len(rest),
    }
