"""Texts that break tokenizers, as posts: shown character for character, and labelled at exactly their offsets."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from html import unescape
from pathlib import Path

import pytest

from tests.e2e.backstage import Backstage
from tests.e2e.desk import Desk

pytestmark = pytest.mark.slow
MOST_CHARS = 1000

# Alt-clicks every token, and returns their texts.
_LABEL_ALL = """() => [...document.querySelectorAll("[role=grid] .t")].map((token) => {
  token.dispatchEvent(new MouseEvent("click", { bubbles: true, altKey: true }));
  return token.textContent;
})"""


def strings(file: Path) -> list[str]:
    """The texts of a file."""
    text = file.read_text(errors="replace")
    if file.name == "blns.json":
        return [str(one) for one in json.loads(text)]
    if file.name == "GraphemeBreakTest.txt":
        lines = (re.findall(r"\b[0-9A-F]{4,6}\b", line.split("#")[0]) for line in text.splitlines())
        return ["".join(chr(int(code, 16)) for code in codes) for codes in lines if codes]
    if file.name == "emoji-test.txt":
        lines = (line.split(";")[0].split() for line in text.splitlines() if ";" in line and line[0] != "#")
        return ["".join(chr(int(code, 16)) for code in codes) for codes in lines]
    if file.suffix == ".test":
        return [text]
    if file.suffix == ".html":
        return [line for line in unescape(re.sub("<[^>]+>", "\n", text)).split("\n") if line.strip()]
    return text.split("\n")


def posts(some: list[str]) -> Iterator[str]:
    """Joins short texts to posts that are long enough to be worth a page."""
    held: list[str] = []
    for one in some:
        if held and sum(map(len, held)) + len(one) > MOST_CHARS:
            yield "\n".join(held)
            held = []
        held.append(one)
    if held:
        yield "\n".join(held)


def difference(some: Sequence[object], others: Sequence[object]) -> object:
    """Where two long sequences part, and how: a test's report of all of them would take minutes."""
    for at, (one, other) in enumerate(zip(some, others, strict=False)):
        if one != other:
            return at, one, other
    return None if len(some) == len(others) else (len(some), len(others))


FILES = ("blns.json", "blns.txt", "GraphemeBreakTest.txt", "emoji-test.txt", "html5lib_entities.test.json", "udhr")


@pytest.mark.parametrize("name", FILES)
def test_each_text_is_shown_and_labelled_exactly(
    data: Path, desk: Callable[..., Desk], backstage: Backstage, name: str
) -> None:
    given = data / "text-stress" / name
    files = sorted(given.glob("*.html")) if given.is_dir() else [given]
    texts = [post for file in files for post in posts(strings(file)) if post.strip()]
    page = desk(*({"text": text, "title": f"Text {number}"} for number, text in enumerate(texts)))
    page.press("1")
    shown, labelled = [], []
    for number in range(len(texts)):
        page.title(f"Text {number}")
        shown.append(page.text())
        labelled.append(page.page.evaluate(_LABEL_ALL))
        page.press("Enter")
    answers = backstage.answers(page.slug, len(texts))
    for number, answer in enumerate(sorted(answers, key=lambda one: int(one["title"].split()[1]))):
        assert difference(shown[number], answer["text"]) is None
        assert difference([words for _, words in answer["spans"]], labelled[number]) is None
        each = [[token, token + 1] for token in range(len(labelled[number]))]
        assert difference(answer["ranges"], each) is None
