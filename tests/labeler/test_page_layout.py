"""The post as HTML: every character is there, once, in order; lines are blocks."""

import html
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.labeling import starter
from labeler.labeling.pages import page
from pipeline.text import normalise
from pipeline.tokens import Tokenizer


class _Text(HTMLParser):
    """The text content of a fragment, and that of its tokens."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.all: list[str] = []
        self.tokens: list[str] = []
        self._in_token = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "span" and (dict(attributes).get("class") or "").split()[:1] == ["t"]:
            self.tokens.append("")
            self._in_token = True

    def handle_endtag(self, tag: str) -> None:
        self._in_token = False

    def handle_data(self, data: str) -> None:
        self.all.append(data)
        if self._in_token:
            self.tokens[-1] += data


def read(fragment: str) -> tuple[str, list[str]]:
    parser = _Text()
    parser.feed(fragment)
    parser.close()
    return "".join(parser.all), parser.tokens


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer((starter.MODELS / "default.model").read_bytes(), "default", "1")


# What HTML parsers replace; `normalise` leaves them alone.
texts = st.text(st.characters(exclude_categories=["Cs"])).map(normalise)


@given(text=texts)
def test_both_pages_hold_the_text_and_its_tokens(text: str, tokenizer: Tokenizer) -> None:
    tokens = tokenizer.encode(text)
    ranges = tokens.ranges()
    parts = page.blocks(text, ranges)
    expected = [text[start:end] for start, end in ranges]
    assert read(page.grid_html(parts)) == (text, expected)
    assert read(page.form_html(parts, tokens.words, [""] * len(ranges))) == (text, expected)


def test_a_token_that_holds_a_line_feed_stays_whole() -> None:
    parts = page.blocks("a\nb\nc", [(0, 3), (4, 5)])
    assert [[piece for _, piece in one.pieces] for one in parts] == [["a\nb"], ["c"]]
    assert read(page.grid_html(parts)) == ("a\nb\nc", ["a\nb", "c"])


@pytest.mark.parametrize("text", ["", "\n", " ", "\n\n a", "a\n"])
def test_edges_of_a_text_are_kept(text: str) -> None:
    assert read(page.grid_html(page.blocks(text, [])))[0] == text


KINDS = """\
Senior lockkeeper, canal works

About the work

You keep the lock, day and night, and write down what passes through it.
Duties:
- open the gates
• close the gates
1. read the gauges
a) grease the chains

WHAT WE OFFER
A house by the water, a boat, and a pension that is better than most.

Apply now."""


def test_lines_are_told_apart() -> None:
    kinds = [(one.kind, "".join(piece for _, piece in one.pieces)) for one in page.blocks(KINDS, [])]
    assert [line for kind, line in kinds if kind == "heading"] == ["About the work", "Duties:", "WHAT WE OFFER"]
    assert [line[0] for kind, line in kinds if kind == "item"] == ["-", "•", "1", "a"]
    assert [kind for kind, line in kinds if not line] == ["blank"] * 4


def test_what_a_post_says_is_escaped() -> None:
    text = "<script>alert('x')</script> & \"so on\""
    parts = page.blocks(text, [(0, 8), (8, len(text))])
    for fragment in (page.grid_html(parts), page.form_html(parts, [0, 1], ["", ""])):
        assert "<script" not in fragment
        assert html.unescape(re.sub("<[^>]*>", "", fragment)) == text


def test_words_are_one_check_box_each() -> None:
    parts = page.blocks("unbreak able", [(0, 2), (2, 7), (8, 12)])
    made = page.form_html(parts, [0, 0, 1], ["on a3", "on a3", ""])
    assert re.findall(r'value="(\d)"', made) == ["0", "2"]
    assert made.count('class="t on a3"') == 2


def test_word_starts_and_ranges() -> None:
    words = [0, 0, 1, 2, 2, 2]
    assert page.word_starts(words) == "101100"
    assert [page.word_range(words, token) for token in (1, 2, 4)] == [(0, 2), (2, 3), (3, 6)]


def test_words_are_counted_without_punctuation() -> None:
    text = "Two words, no more. 漢"
    ranges = [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]
    assert page.word_count(text, ranges, range(len(ranges))) == 5


@pytest.mark.parametrize(
    ("span", "expected"), [((0, 2), (0, 1)), ((0, 5), (0, 2)), ((1, 5), None), ((3, 4), None), ((3, 2), None)]
)
def test_offsets_become_tokens_where_they_fall_on_edges(
    span: tuple[int, int], expected: tuple[int, int] | None
) -> None:
    assert page.tokens_of([(0, 2), (3, 5)], *span) == expected


def test_every_real_post_keeps_its_text(data: Path, tokenizer: Tokenizer) -> None:
    import json

    lines = (data / "corpus" / "job_descriptions_sample.jsonl").read_text().split("\n")
    posts = [normalise(json.loads(line)["text"]) for line in lines if line]
    assert posts
    for text in posts:
        assert read(page.grid_html(page.blocks(text, tokenizer.encode(text).ranges())))[0] == text


def test_a_cell_is_a_unit_and_line_ends_of_all_kinds_end_a_line(tokenizer: Tokenizer) -> None:
    text = "C++ and R&D\u2028second\u2029third"
    tokens = tokenizer.encode(text, "en")
    html = page.grid(text, tokens.ranges(), tokens.words).html
    assert html.count('role="row"') == 3
    assert 'role="gridcell" aria-label="C++">C</span><span class="t" aria-hidden="true">+</span>' in html
    assert 'aria-label="R&amp;D"' in html
    assert read(html)[0] == text
