"""Tokens cover what people see, in order, and nothing else, on any text."""

import gzip
import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline import tokenizers, training
from pipeline.pieces import MARK
from pipeline.text import normalise
from pipeline.tokens import ModelRefused, Tokenizer, cut, uncovered, word_ordinals

LEARNT = [
    "The team looks for a nurse and a driver in Leeds, 37.5 hours a week.\n\n- we can't wait\n- e-mail us",
    "Wir suchen eine Köchin für die Küche\u00a0– 38\u202f000 € im Jahr.",
    "ไทยดีมาก ไทยดีมาก ไทยดี 漢字カタカナ 漢字 漢字 emoji 😀😀 👨\u200d👩\u200d👧",
] * 8

UNIGRAM = Tokenizer(training.train(LEARNT, vocabulary=420), "learnt", "1")
BPE = Tokenizer(training.train(LEARNT, "bpe", vocabulary=420), "learnt-bpe", "1")
SHIPPED = tokenizers.default()
TOKENIZERS = [UNIGRAM, BPE, SHIPPED]

AWKWARD = "".join(
    map(chr, [0, 9, 10, 13, 0x85, 0xA0, 0xAD, 0x200B, 0x200D, 0x2028, 0x2029, 0x202F, 0x2060, 0x2581, 0x3000])
)
any_text = st.text(st.one_of(st.characters(), st.sampled_from(AWKWARD + " \n  aeé\u0301ก็漢😀👍🏽🇩🇪.,'’-_1")))


def check(tokenizer: Tokenizer, raw: str) -> None:
    text = normalise(raw)
    tokens = tokenizer.encode(text)
    ranges = tokens.ranges()
    at = 0
    for start, end in ranges:
        assert at <= start < end <= len(text)
        assert not text[start].isspace()
        assert not text[end - 1].isspace()
        at = end
    assert uncovered(text, ranges) == []
    assert ranges == cut(text, tokenizer._ranges(text)), "not what SentencePiece itself says"
    assert list(tokens.words) == word_ordinals(text, ranges)
    assert not ranges or tokens.words[0] == 0
    assert {following - word for word, following in zip(tokens.words, tokens.words[1:], strict=False)} <= {0, 1}


@pytest.mark.parametrize("tokenizer", TOKENIZERS, ids=lambda one: one.id.name)
@given(text=any_text)
@example("")
@example(" \n\t ")
@example("\u2581a \u2581")
@example("\ud800 lone")
@example("e\u0301 \u0301x")
@example("1\u202f000\u00a0€")
@example("can't 3.14 a_b foo@bar.com")
def test_tokens_are_in_order_and_cover_all_that_is_not_blank(tokenizer: Tokenizer, text: str) -> None:
    check(tokenizer, text)


@pytest.mark.parametrize("tokenizer", TOKENIZERS, ids=lambda one: one.id.name)
def test_texts_that_break_tokenizers(tokenizer: Tokenizer, data: Path) -> None:
    stress = data / "text-stress"
    texts = json.loads((stress / "blns.json").read_text())
    texts += [path.read_text() for path in sorted((stress / "udhr").glob("*.html"))]
    texts += (stress / "GraphemeBreakTest.txt").read_text().split("\n")
    texts += (stress / "emoji-test.txt").read_text().split("\n")[::7]
    texts += [one["input"] for one in json.loads((stress / "html5lib_entities.test.json").read_text())["tests"]]
    for line in (stress / "GraphemeBreakTest.txt").read_text().split("\n"):
        shown = line.split("#")[0].split()
        texts.append("".join(chr(int(one, 16)) for one in shown if one not in "÷×"))
    for text in texts:
        check(tokenizer, text)


def test_real_posts(data: Path) -> None:
    with gzip.open(data / "corpus" / "job_descriptions.jsonl.gz", "rt") as file:
        for number, line in enumerate(file):
            if number % 11 == 0:
                check(SHIPPED, json.loads(line)["text"])


def test_every_pair_of_neighbours_is_parted_as_the_rules_say() -> None:
    """All pairs and triples of the characters that the short cut decides on, and of some that it does not."""
    parts = "aZ1_.,:;'()-/\"\u00e9\u0301\u200d\u2019\u05d0😀🇩"
    for one in parts:
        for other in parts:
            check(SHIPPED, " ".join(f"{one}{other}{third}" for third in parts))
            check(SHIPPED, " ".join(f"a{one}{other}{third}" for third in parts))


def test_long_gaps_and_long_rules_are_counted_right() -> None:
    check(SHIPPED, "a" + " " * 1_000 + "b" + "\n" * 300 + "-" * 700 + " " * 199 + "c")


def test_a_word_of_200_000_characters_is_tokenized() -> None:
    check(UNIGRAM, "nurse" * 40_000)


def test_flags_stand_in_pairs_however_long_their_row() -> None:
    assert [end - start for start, end in SHIPPED.encode("\U0001f1e9" * 401).ranges()] == [2] * 200 + [1]
    started = time.process_time()
    assert len(SHIPPED.encode("\U0001f1e9" * 50_000)) == 25_000
    assert time.process_time() - started < 5  # not the square of its length


def test_a_long_line_without_blanks_is_learnt_whole() -> None:
    model = training.train(["甲乙丙" * 3_000 + "x" * 4_000], vocabulary=300)
    assert "甲" in "".join(Tokenizer(model, "long", "1").pieces())


def test_a_character_without_a_piece_is_one_token() -> None:
    tokens = UNIGRAM.encode("a ☂ b")
    assert tokens.ranges() == [(0, 1), (2, 3), (4, 5)]
    assert UNIGRAM.byte_characters("nurse ☂\n☂") == 2


def test_words_hold_their_pieces_and_punctuation_stands_alone() -> None:
    text = "can't wait, 37.5\u00a0hours"
    tokens = UNIGRAM.encode(text)
    words: dict[int, str] = {}
    for (start, end), word in zip(tokens.ranges(), tokens.words, strict=True):
        words[word] = words.get(word, "") + text[start:end]
    assert list(words.values()) == ["can't", "wait", ",", "37.5", "hours"]


def test_in_thai_a_word_is_a_piece() -> None:
    text = "ไทยดีมาก"
    tokens = UNIGRAM.encode(text)
    assert any(end - start > 2 for start, end in tokens.ranges())
    assert tokens.words == tuple(range(len(tokens)))


class TestRefusedModels:
    def test_what_is_no_model_is_said_to_be_none(self) -> None:
        with pytest.raises(ModelRefused, match="mine 3: not a SentencePiece model"):
            Tokenizer(b"GIF89a", "mine", "3")

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"normalization_rule_name": "nmt_nfkc"}, "changes the text"),
            ({"remove_extra_whitespaces": True}, "changes the text"),
            ({"byte_fallback": False}, "without byte fallback"),
        ],
    )
    def test_models_that_change_the_text_are_refused(self, changes: dict[str, object], reason: str) -> None:
        with pytest.raises(ModelRefused, match=reason):
            Tokenizer(trained(**changes), "mine", "1")

    @pytest.mark.parametrize(
        "changes", [{"add_dummy_prefix": True}, {"treat_whitespace_as_suffix": True}, {"split_by_whitespace": False}]
    )
    def test_models_that_see_blanks_otherwise_are_taken(self, changes: dict[str, object]) -> None:
        tokenizer = Tokenizer(trained(**changes), "mine", "1")
        for text in [*LEARNT[:3], "x", " x", "\n\nx  y ", "", "漢 \u2581", f"{MARK}x"]:
            check(tokenizer, text)


def trained(**changes: Any) -> bytes:
    written = io.BytesIO()
    options: dict[str, Any] = {
        "vocab_size": 420, "hard_vocab_limit": False, "byte_fallback": True, "normalization_rule_name": "identity",
        "remove_extra_whitespaces": False, "add_dummy_prefix": False, "minloglevel": 2,
    }  # fmt: skip
    lines = [line for text in LEARNT for line in text.split("\n") if line]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=written, **{**options, **changes}
    )
    return written.getvalue()
