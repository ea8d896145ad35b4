"""Marks on the tokens of another tokenizer: `tokenizer.json` or any SentencePiece model. By offsets."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from pipeline.tokens import trimmed, word_ordinals

from .ranges import Ranges
from .record import CHANGED, LOST, Note, Record, shown

Offsets = Callable[[str], Iterable[tuple[int, int]]]


class TokenizerRefused(ValueError):
    """A file that is no tokenizer; says what was given and what is allowed."""


def load(path: Path) -> Offsets:
    """The offsets of a tokenizer's tokens, in code points of any text. Raises `TokenizerRefused`, `OSError`."""
    body = path.read_bytes()
    return _of_json(body, path.name) if body.lstrip()[:1] == b"{" else _of_model(body, path.name)


def _of_json(body: bytes, name: str) -> Offsets:
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_str(body.decode())
    except Exception as error:  # the library raises this very class
        raise TokenizerRefused(f"{name}: given JSON that is no tokenizer ({error}), allowed: tokenizer.json") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return lambda text: tokenizer.encode(text, add_special_tokens=False).offsets


def _of_model(body: bytes, name: str) -> Offsets:
    import sentencepiece

    model = sentencepiece.SentencePieceProcessor()
    try:
        model.LoadFromSerializedProto(body)
    except RuntimeError as error:
        raise TokenizerRefused(f"{name}: given neither, allowed: tokenizer.json or a SentencePiece model") from error
    return lambda text: model.encode(text, return_type="offset_mapping")["offsets"]


def disjoint(text: str, offsets: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The tokens without blanks at their ends, in order; those that share characters (bytes of one) become one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(trimmed(text, offsets)):
        if found and start < found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def aligned(records: Iterable[Record], offsets: Offsets, tell: Callable[[Note], object]) -> Iterator[Record]:
    """The records on other tokens; marks that do not fall on their edges are told, and kept by their offsets."""
    for row, record in enumerate(records, 1):
        found = disjoint(record.text, offsets(record.text))
        pieces = Ranges.of(found)
        for mark in record.marks:
            first, last = pieces.touched(mark.start, mark.end)
            given = shown([mark.start, mark.end, mark.label])
            if first == last:
                tell(Note(row, "span", given, "text that the tokenizer has tokens for", LOST))
            elif (pieces[first][0], pieces[last - 1][1]) != (mark.start, mark.end):
                edges = f"edges of tokens, here [{pieces[first][0]}, {pieces[last - 1][1]})"
                tell(Note(row, "span", given, edges, CHANGED))
        yield replace(record, pieces=pieces, words=tuple(word_ordinals(record.text, found)), source_tokens=None)
