"""Spans from one tokenization of a text to another: offsets stay, token ranges are found anew. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from operator import itemgetter

from pipeline.schema import Span

OFF = -1  # token range of a span that does not fall on token edges


def carried(spans: Iterable[Span], ranges: Sequence[tuple[int, int]]) -> list[Span]:
    """The spans with their token ranges in `ranges`; those off token edges have -1, and keep their offsets."""
    found = []
    for span in spans:
        # The ranges are in order and not empty, so a start and an end are found by halving.
        first, last = bisect_left(ranges, (span.start,)), bisect_right(ranges, span.end, key=itemgetter(1))
        whole = first < last and ranges[first][0] == span.start and ranges[last - 1][1] == span.end
        found.append(Span(span.start, span.end, span.label, *((first, last) if whole else (OFF, OFF))))
    return found


def widened(span: Span, ranges: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """The range of tokens that a span touches, as a proposal for one off token edges; None where it touches none."""
    first = bisect_right([end for _, end in ranges], span.start)
    last = bisect_left([start for start, _ in ranges], span.end)
    return (first, last) if first < last else None
