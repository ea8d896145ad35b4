"""Agreement, against published worked examples and against the libraries that others use."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nervaluate import Evaluator

from labeler.adjudication.agreement.matches import by_label, total
from labeler.adjudication.agreement.tally import Alpha, Tally

# Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, https://repository.upenn.edu/asc_papers/43,
# sections A, B and C; a row is an observer, a dot a missing value.
PUBLISHED = [
    (["0100000010", "1110010000"], 0.095),
    (["aabbdcccedda", "babbbccceddd"], 0.692),
    (["123321412...", "1233224125.3", ".3332342251.", "12332441251."], 0.743),
]


def alpha(rows: list[str]) -> float | None:
    found = Alpha()
    for unit in zip(*rows, strict=True):
        found.add([value for value in unit if value != "."])
    return found.value


@pytest.mark.parametrize(("rows", "published"), PUBLISHED)
def test_alpha_is_what_krippendorff_computes(rows: list[str], published: float) -> None:
    assert alpha(rows) == pytest.approx(published, abs=0.0005)


def test_alpha_says_nothing_where_no_two_values_differ() -> None:
    assert alpha(["aaa", "aaa"]) is None
    assert alpha(["ab", ".."]) is None


@given(st.lists(st.tuples(*[st.sampled_from("abc.")] * 3), min_size=1, max_size=30))
def test_alpha_is_what_the_krippendorff_library_says(units: list[tuple[str, ...]]) -> None:
    krippendorff = pytest.importorskip("krippendorff")
    ours = alpha(["".join(row) for row in zip(*units, strict=True)])
    pairable = [unit for unit in units if sum(value != "." for value in unit) > 1]
    if ours is None:
        assert len({value for unit in pairable for value in unit if value != "."}) < 2
        return
    table = [[float("nan") if value == "." else float(ord(value)) for value in row] for row in zip(*units, strict=True)]
    assert ours == pytest.approx(krippendorff.alpha(reliability_data=table, level_of_measurement="nominal"))


# The cases that Segura-Bedmar et al. (2013), SemEval-2013 task 9.1, https://aclanthology.org/S13-2056, tell apart: a
# right span, other ends, another type, missed, made up. nervaluate is a scorer by their measures.
TRUTH = [(10, 20, "DRUG"), (30, 40, "DRUG"), (50, 60, "BRAND"), (70, 80, "GROUP")]
GIVEN = [(10, 20, "DRUG"), (32, 40, "DRUG"), (50, 60, "GROUP"), (90, 95, "DRUG")]


def test_span_f1_is_what_semevals_scorer_says() -> None:
    def entities(marks: list[tuple[int, int, str]]) -> list[list[dict[str, Any]]]:
        return [[{"label": label, "start": start, "end": end - 1} for start, end, label in marks]]

    scored = Evaluator(entities(TRUTH), entities(GIVEN), tags=["DRUG", "BRAND", "GROUP"], loader="dict").evaluate()
    found = total(by_label(TRUTH, GIVEN).values())
    assert found.f1_exact == pytest.approx(scored["overall"]["strict"].f1) == 0.25
    assert found.f1_partial == pytest.approx(scored["overall"]["ent_type"].f1) == 0.5


MARKS = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5), st.sampled_from("AB")), max_size=6, unique=True).map(
    lambda rows: [(start, start + length, label) for start, length, label in rows]
)


@given(MARKS, MARKS)
def test_f1_is_the_same_from_both_sides_and_partial_is_never_below_exact(one: Any, other: Any) -> None:
    found = total(by_label(one, other).values())
    assert found == total(by_label(other, one).values())
    assert found.exact <= found.partial <= found.spans
    assert total(by_label(one, one).values()).f1_exact == (1 if one else None)


def span(first: int, last: int, label: str) -> dict[str, Any]:
    return {"start": first, "end": last, "label": label, "tokens": [first, last]}


@given(st.lists(st.tuples(MARKS, MARKS, MARKS), min_size=1, max_size=4))
def test_tokens_are_counted_without_being_listed(posts: list[Any]) -> None:
    tally, plain, per_label = Tally(), Alpha(), Alpha()
    for answers in posts:
        spans = [[span(*mark) for mark in marks] for marks in answers]
        tally.add(dict(zip("xyz", spans, strict=True)), tokens=20)
        for token in range(20):
            values = [tuple(sorted({lab for a, b, lab in marks if a <= token < b})) for marks in answers]
            plain.add(values)
            per_label.add(["A" in value for value in values])
    assert tally.tokens.value == pytest.approx(plain.value)
    if per_label.value is not None:
        assert tally.label_alpha("A") == pytest.approx(per_label.value)


def test_figures_name_their_unit_and_are_kept_per_label_pair_and_week() -> None:
    from datetime import UTC, datetime

    tally = Tally()
    answers = {"ann": [span(0, 2, "Role")], "bob": [span(0, 2, "Role"), span(4, 5, "Tool")]}
    tally.add(answers, tokens=10, at=datetime(2026, 1, 1, tzinfo=UTC))
    tally.add({"ann": []}, tokens=10)
    found = tally.to_json()
    assert found["posts"] == 1
    assert found["spans"] == {"unit": "span", "count": 3, "f1_exact": 0.6667, "f1_partial": 0.6667}
    assert found["tokens"]["unit"] == "token"
    assert found["labels"]["Role"]["f1_exact"] == 1
    assert found["labels"]["Tool"]["f1_exact"] == 0
    assert found["pairs"] == [
        {"labelers": ["ann", "bob"], "posts": 1, "count": 3, "f1_exact": 0.6667, "f1_partial": 0.6667}
    ]
    assert list(found["weeks"]) == ["2026-W01"]
