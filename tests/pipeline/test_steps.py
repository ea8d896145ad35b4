"""The pure parts: signatures, boiler-plate, phrases, spans carried over."""

import gzip
import json
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from pipeline.boilerplate import RepeatedLines, share
from pipeline.carry import carried, widened
from pipeline.schema import Span
from pipeline.signature import NEAR, grams, signature, similarity
from pipeline.suggestions import Gazetteer, SuggesterUnknown, suggester
from tests.pipeline.mill import settings


class TestSignature:
    def test_runs_of_five_words_whatever_their_case_and_blanks(self) -> None:
        assert grams("One two\n three  FOUR five six") == ["one two three four five", "two three four five six"]
        assert grams("one two") == ["one two"]
        assert grams(" \n") == []

    def test_a_text_too_short_to_compare_has_none_and_is_like_no_other(self) -> None:
        assert signature("four words are few") == ()
        assert similarity((), ()) == 0.0

    def test_the_same_text_has_the_same_signature_on_every_machine(self) -> None:
        text = "a nurse for the night shift on ward seven"
        assert similarity(signature(text), signature(text.upper())) == 1.0
        assert signature(text)[:3] == (3565686138, 3242248754, 3267007566)
        assert len(signature(text)) == 128

    def test_near_duplicates_of_real_posts_are_found(self, data: Path) -> None:
        """Those that were announced again, and as many that were not; all posts are in bench/pipeline.py."""
        with gzip.open(data / "corpus" / "job_descriptions.jsonl.gz", "rt") as file:
            rows = [json.loads(line) for line in file]
        times = Counter(row["dup_group"] for row in rows)
        again = [row["text"] for row in rows if times[row["dup_group"]] > 1]
        texts = again[:150] + [row["text"] for row in rows if times[row["dup_group"]] == 1][:150]
        sets, signatures = [set(grams(text)) for text in texts], [signature(text) for text in texts]
        pairs = list(combinations(range(len(texts)), 2))
        exact = {(a, b) for a, b in pairs if len(sets[a] & sets[b]) >= NEAR * len(sets[a] | sets[b]) > 0}
        found = {(a, b) for a, b in pairs if similarity(signatures[a], signatures[b]) >= NEAR}
        assert len(exact) >= 20
        assert len(found & exact) / len(exact) >= 0.9
        assert len(found & exact) / len(found) >= 0.9


class TestBoilerplate:
    def test_lines_of_many_posts_are_repeated_and_of_few_are_not(self) -> None:
        counted = RepeatedLines()
        for number in range(20):
            rare = "we have a dog\n" if number < 4 else ""
            counted.add(f"Equal  opportunity\n{rare}equal opportunity\nonly {number}")
        assert counted.texts == 20
        assert len(counted.lines()) == 1
        known = set(counted.lines())
        assert share("EQUAL opportunity", known) == 1.0
        assert share("we have a dog", known) == 0.0
        assert share("equal opportunity\nabcdefghijklmnop", known) == 0.5
        assert share(" \n", known) == 0.0

    def test_four_posts_say_nothing_about_a_source(self) -> None:
        counted = RepeatedLines()
        for _ in range(4):
            counted.add("the same")
        assert counted.lines() == []


class TestGazetteer:
    def found(self, phrases: dict[str, str], text: str) -> list[tuple[str, str]]:
        return [(text[one.start : one.end], one.label) for one in Gazetteer(phrases).suggest(text)]

    def test_whole_words_in_any_case(self) -> None:
        assert self.found({"cook": "Role"}, "Cook, cooks and a COOK.") == [("Cook", "Role"), ("COOK", "Role")]

    def test_the_longest_of_overlapping_phrases(self) -> None:
        phrases = {"head": "Part", "head cook": "Role", "cook book": "Thing"}
        assert self.found(phrases, "our head cook book") == [("head cook", "Role")]

    def test_offsets_count_code_points(self) -> None:
        assert self.found({"köchin": "Role"}, "👩‍🍳 Köchin") == [("Köchin", "Role")]

    def test_no_phrases_no_suggestions(self) -> None:
        assert self.found({"  ": "Role"}, "cook") == []

    def test_an_unknown_suggester_is_said_with_those_that_are(self) -> None:
        with pytest.raises(SuggesterUnknown, match=r"given 'magic', allowed: none, gazetteer"):
            suggester(settings(suggester="magic"))


class TestCarried:
    RANGES = ((0, 3), (4, 7), (7, 9))

    @pytest.mark.parametrize(
        ("start", "end", "tokens"),
        [(0, 3, (0, 1)), (0, 9, (0, 3)), (4, 9, (1, 3)), (1, 3, (-1, -1)), (4, 8, (-1, -1)), (3, 4, (-1, -1))],
    )
    def test_a_span_has_tokens_where_it_ends_on_their_edges(
        self, start: int, end: int, tokens: tuple[int, int]
    ) -> None:
        (found,) = carried([Span(start, end, "L", 9, 9)], self.RANGES)
        assert found == Span(start, end, "L", *tokens)

    @pytest.mark.parametrize(
        ("start", "end", "tokens"), [(1, 2, (0, 1)), (2, 5, (0, 2)), (5, 8, (1, 3)), (3, 4, None), (0, 9, (0, 3))]
    )
    def test_widened_it_takes_every_token_it_touches(
        self, start: int, end: int, tokens: tuple[int, int] | None
    ) -> None:
        assert widened(Span(start, end, "L", -1, -1), self.RANGES) == tokens
