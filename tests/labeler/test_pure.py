"""The pure halves: packed numbers, carried ranges, order of work, spans and outcomes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.labeling.answering.spans import of_tokens, outcomes
from labeler.labeling.intake.carry import moved, shared
from labeler.labeling.models import Post
from labeler.labeling.models.post import pack, unpack
from labeler.labeling.tasks.ordering import ORDERS, rank
from pipeline.schema import Span, Suggestion

LINES = st.lists(st.text("ab c", max_size=6), max_size=8).map("\n".join)


@given(st.lists(st.integers(0, 2**32 - 1)))
def test_packed_numbers_come_back(numbers: list[int]) -> None:
    assert list(unpack(pack(numbers))) == numbers
    assert list(unpack(memoryview(pack(numbers)))) == numbers  # type: ignore[arg-type]


def test_small_numbers_take_a_byte_each() -> None:
    assert len(pack([255] * 100)) == 101


@pytest.mark.parametrize("number", [-1, 2**32])
def test_numbers_outside_the_range_are_refused(number: int) -> None:
    with pytest.raises((ValueError, OverflowError)):
        pack([number])


@given(LINES, LINES)
def test_shared_passages_are_equal_in_order_and_apart(old: str, new: str) -> None:
    before = (0, 0)
    for start, at, length in shared(old, new):
        assert old[start : start + length] == new[at : at + length]
        assert length > 0
        assert before <= (start, at)
        assert start >= before[0]
        assert at >= before[1]
        before = (start + length, at + length)


@given(LINES)
def test_a_text_shares_all_of_itself(text: str) -> None:
    assert shared(text, text) == ([(0, 0, len(text))] if text else [])


def test_a_range_moves_with_its_passage_and_is_dropped_when_it_was_touched() -> None:
    old, new = "Pay: 10 an hour.\nWelder in Lyon.", "New!\nPay: 12 an hour.\nWelder in Lyon."
    blocks = shared(old, new)
    lyon, pay = old.index("Lyon"), old.index("10")
    assert moved(lyon, lyon + 4, blocks) == (new.index("Lyon"), new.index("Lyon") + 4)
    assert moved(pay, pay + 10, blocks) is None


def test_every_order_puts_the_right_post_first() -> None:
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=1)
    sure, unsure = Suggestion(0, 1, "x", 0.9, "p"), Suggestion(0, 1, "x", 0.2, "p")

    def post(name: str, at: datetime, *suggested: Suggestion) -> Post:
        return Post(post_id=name, fetched_at=at, suggested=[one.to_json() for one in suggested])

    a, b = post("a", early), post("b", late)
    assert rank("oldest", a) < rank("oldest", b)
    assert rank("newest", a) > rank("newest", b)
    assert rank("score", post("a", early, unsure)) < rank("score", post("b", early, sure)) < rank("score", a)
    assert rank("random", a) == rank("random", post("a", late)) != rank("random", post("b", early))
    assert all(-(2**63) <= rank(order, a) < 2**63 for order in ORDERS)


RANGES = [(0, 2), (3, 7), (8, 12)]


def test_spans_nest_and_overlap() -> None:
    assert of_tokens(RANGES, [(1, 3, "A"), (0, 2, "A"), (1, 2, "B")], ["A", "B"]) == [
        Span(0, 7, "A", 0, 2),
        Span(3, 7, "B", 1, 2),
        Span(3, 12, "A", 1, 3),
    ]


def test_what_became_of_each_suggestion_is_counted_once() -> None:
    suggested = [Suggestion(0, 2, "A", 0.5, "p"), Suggestion(3, 7, "A", 0.5, "p"), Suggestion(8, 12, "A", 0.5, "p")]
    spans = [Span(0, 2, "A", 0, 1), Span(3, 7, "B", 1, 2), Span(3, 7, "C", 1, 2), Span(20, 24, "A", 5, 6)]
    assert outcomes(suggested, spans, hidden=True) == {
        "hidden": True,
        "accepted": 1,
        "changed": 1,
        "rejected": 1,
        "missed": 2,
    }
