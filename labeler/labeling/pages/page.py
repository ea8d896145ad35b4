"""How a post is laid out on the token page: running text in blocks, with no character added, dropped or moved.

Lines become blocks. What a line is (heading, list item, blank) is guessed and only changes how it is drawn: the text
content of the blocks, joined, is the stored text. Everything of a post is escaped.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import ne

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"}
_LETTER = re.compile(r"[^\W_]")
_ESCAPED = re.compile("[&<>\"']")
_ITEM = re.compile(r"[\s\u200b]*([-–—*•·▪◦‣●○■□➢➤✓✔»›]|\(?\d{1,2}[.)]|\(?[A-Za-z][.)])\s+\S")
_LINE_END = re.compile("([\n\u2028\u2029])")
_SENTENCE_END = (".", "!", "?", ",", ";", "。", "！", "？", "؟", "।")
HEADING_CHARS = 64
HEADING_WORDS = 9

Piece = tuple[int | None, str]  # the token's index, or None for what stands between tokens; its text


@dataclass(frozen=True, slots=True)
class Block:
    """One line of the text. `kind`: text, heading, item, blank. `tail` is its line end, or nothing."""

    kind: str
    pieces: tuple[Piece, ...]
    tail: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A text as scripts work on it. `starts`: see `word_starts`; `words`: how many it has."""

    html: str
    starts: str
    words: int


def grid(text: str, ranges: Sequence[tuple[int, int]], words: Sequence[int]) -> Grid:
    """`words`: for each token the ordinal of its word."""
    return Grid(grid_html(blocks(text, ranges), words), word_starts(words), word_count(text, ranges, words))


def blocks(text: str, ranges: Sequence[tuple[int, int]]) -> list[Block]:
    """The lines of `text` cut into the tokens `ranges` (code points, in order, disjoint) and the gaps between them.

    A line end inside a token ends no block: the token stays whole.
    """
    line: list[Piece] = []
    lines = [line]
    tails: list[str] = []
    at = 0
    for index, (start, end) in enumerate([*ranges, (len(text), len(text))]):
        if start > at:
            *ended, gap = _LINE_END.split(text[at:start])
            for before, tail in zip(ended[::2], ended[1::2], strict=True):
                if before:
                    line.append((None, before))
                tails.append(tail)
                line = []
                lines.append(line)
            if gap:
                line.append((None, gap))
        line.append((index, text[start:end]))
        at = end
    line.pop()  # what was put behind the last token to have an end
    tails.append("")
    if not line:  # the text ends with a line feed, or is empty
        lines.pop(), tails.pop()
    kinds = _kinds(["".join([piece for _, piece in line]) for line in lines])
    return [Block(kind, tuple(line), tail) for kind, line, tail in zip(kinds, lines, tails, strict=True)]


def _kinds(lines: Sequence[str]) -> Iterator[str]:
    before = ""
    for line, below in zip(lines, _next_filled(lines), strict=True):
        if not line or line.isspace():
            yield "blank"
        elif _ITEM.match(line):
            yield "item"
        elif _is_heading(line.strip(), not before.strip(), below):
            yield "heading"
        else:
            yield "text"
        before = line


def _next_filled(lines: Sequence[str]) -> list[str]:
    """For each line the next one below it that is not blank."""
    below, found = "", []
    for line in reversed(lines):
        found.append(below)
        below = line if line.strip() else below
    return found[::-1]


def _is_heading(line: str, stands_free: bool, below: str) -> bool:
    """Short, no sentence, and above something longer or a list."""
    if len(line) > HEADING_CHARS or len(line.split()) > HEADING_WORDS or line.endswith(_SENTENCE_END):
        return False
    if not below or not any(char.isalpha() for char in line):
        return False
    leads = bool(_ITEM.match(below)) or len(below) > 2 * len(line)
    return (stands_free or line.endswith((":", "："))) and (leads or line.isupper())


_CLASSES = {"text": "", "heading": ' class="h"', "item": ' class="i"'}


def grid_html(parts: Sequence[Block], words: Sequence[int] = ()) -> str:
    """The rows of the grid that scripts work on: a token is `<span class="t">`, a gap inside a line a plain span.

    A cell is a unit: its first token is named by all of it, and the others are for the eye. `words`: as in `grid`.
    """
    out = []
    for block in parts:
        if block.kind == "blank":
            out.append(f'<p role="none" class="b">{_blank(block)}</p>')
            continue
        # Most lines need no escaping: one look at all of it saves one at each token.
        pieces = block.pieces
        if _ESCAPED.search("".join([piece for _, piece in pieces])):
            pieces = tuple((index, _escape(piece)) for index, piece in pieces)
        row = [
            f"<span>{piece}</span>" if index is None else f'<span class="t" role="gridcell">{piece}</span>'
            for index, piece in pieces
        ]
        for first, last in _several(pieces, words):
            name = "".join([piece for _, piece in pieces[first:last]])
            row[first] = f'<span class="t" role="gridcell" aria-label="{name}">{pieces[first][1]}</span>'
            for at in range(first + 1, last):
                if pieces[at][0] is not None:
                    row[at] = f'<span class="t" aria-hidden="true">{pieces[at][1]}</span>'
        out.append(f'<p role="row" dir="auto"{_CLASSES[block.kind]}>{"".join(row)}{block.tail}</p>')
    return "".join(out)


def _several(pieces: Sequence[Piece], words: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The runs of pieces, half-open, that are one unit of several tokens."""
    first, last, unit = 0, 0, -1
    for at, (index, _) in enumerate(pieces):
        if index is None or not words:
            continue
        if words[index] == unit:
            last = at + 1
            continue
        if last - first > 1:
            yield first, last
        first, last, unit = at, at + 1, words[index]
    if last - first > 1:
        yield first, last


def _blank(block: Block) -> str:
    return "".join(_escape(piece) for _, piece in block.pieces) + block.tail


def _escape(piece: str) -> str:
    """As `html.escape`, in one pass."""
    return _ESCAPED.sub(lambda match: _ESCAPES[match[0]], piece)


def form_html(parts: Sequence[Block], words: Sequence[int], classes: Sequence[str]) -> str:
    """The same text for a browser without scripts: a check box a word, named `word`, valued by its first token.

    `classes`: for each token the classes that draw the spans it is in.
    """
    out, done = [], -1
    for block in parts:
        if block.kind == "blank":
            out.append(f'<p class="b">{_blank(block)}</p>')
            continue
        row, opened = [], False
        for index, piece in block.pieces:
            same_word = opened and index is not None and words[index] == done
            if opened and not same_word:
                row.append("</label>")
                opened = False
            if index is None:
                row.append(_escape(piece))
                continue
            if not same_word and words[index] != done:
                row.append(f'<label class="w"><input type="checkbox" name="word" value="{index}">')
                opened, done = True, words[index]
            row.append(f'<span class="t {classes[index]}">{_escape(piece)}</span>')
        if opened:
            row.append("</label>")
        out.append(f'<p dir="auto"{_CLASSES[block.kind]}>{"".join(row)}{block.tail}</p>')
    return "".join(out)


def word_starts(words: Sequence[int]) -> str:
    """For each token 1 when it begins a word, 0 when it goes on with one: all that a script needs of `words`."""
    return ("1" + "".join(map("01".__getitem__, map(ne, words[1:], words)))) if words else ""


def word_count(text: str, ranges: Sequence[tuple[int, int]], words: Sequence[int]) -> int:
    """Words with a letter or digit in them."""
    tokens = [text[start:end] for start, end in ranges]
    # Most tokens are letters and digits alone, which is told faster.
    return len({word for token, word in zip(tokens, words, strict=True) if token.isalnum() or _LETTER.search(token)})


def word_range(words: Sequence[int], token: int) -> tuple[int, int]:
    """The half-open token range of the word that holds `token`."""
    first = last = token
    while first and words[first - 1] == words[token]:
        first -= 1
    while last + 1 < len(words) and words[last + 1] == words[token]:
        last += 1
    return first, last + 1


def tokens_of(ranges: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int] | None:
    """The half-open token range that covers exactly the code points `[start, end)`; None off the token edges."""
    starts = {token_start: index for index, (token_start, _) in enumerate(ranges)}
    ends = {token_end: index for index, (_, token_end) in enumerate(ranges)}
    if start not in starts or end not in ends or ends[end] < starts[start]:
        return None
    return starts[start], ends[end] + 1
