"""Trains SentencePiece models whose tokens are ranges of the text: byte fallback, no normalisation, blanks kept."""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass

import sentencepiece

from pipeline.atoms import atoms
from pipeline.pieces import MARK
from pipeline.text import normalise
from pipeline.tokens import ModelRefused, Tokenizer, uncovered

TYPES = ("unigram", "bpe")
# No piece is learnt across it. A private character, which the texts do not hold.
_EDGE = "\U0010fffd"
# SentencePiece skips longer lines in silence; longer ones are cut, at a blank where they have one.
MAX_LINE_BYTES = 16_000
_PART = re.compile(rf".{{1,{MAX_LINE_BYTES // 4}}}(?=\s|$)|.{{{MAX_LINE_BYTES // 4}}}", re.DOTALL)


@dataclass(frozen=True)
class Report:
    """How a tokenizer does on texts."""

    texts: int
    characters: int
    tokens: int
    words: int
    byte_characters: int  # non-blank characters spelled out in bytes: the model has no piece for them

    @property
    def coverage(self) -> float:
        """Share of the non-blank characters that are within pieces of the model."""
        return 1 - self.byte_characters / self.characters if self.characters else 1.0


def train(texts: Iterable[str], model_type: str = "unigram", vocabulary: int = 8_000, threads: int = 1) -> bytes:
    """The model file. `vocabulary` is the most pieces it may have: a small text supports fewer.

    The same texts in the same order give the same file with one thread. Raises `ModelRefused` when the texts are too
    few to learn from.
    """
    if model_type not in TYPES:
        raise ModelRefused(f"model type: given {model_type!r}, allowed: {', '.join(TYPES)}")
    written = io.BytesIO()
    lines = [line for text in texts for line in _lines(normalise(text).replace(_EDGE, " "))]
    if not lines:
        raise ModelRefused("texts: given none that hold more than blanks")
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=map(_parted, lines),
            model_writer=written,
            model_type=model_type,
            vocab_size=vocabulary,
            hard_vocab_limit=False,  # a small text supports fewer pieces
            byte_fallback=True,
            character_coverage=0.9999,
            required_chars=MARK,  # texts of single words would leave the space to bytes
            normalization_rule_name="identity",
            remove_extra_whitespaces=False,
            add_dummy_prefix=False,
            pretokenization_delimiter=_EDGE,
            max_sentence_length=2 * MAX_LINE_BYTES,  # with the edges
            input_sentence_size=2_000_000,
            num_threads=threads,
            minloglevel=2,
        )
    except (RuntimeError, OSError) as error:
        raise ModelRefused(f"{len(lines)} lines, vocabulary {vocabulary}: SentencePiece says: {error}") from error
    return written.getvalue()


def _parted(line: str) -> str:
    """The line with edges between atoms that touch, and on both sides of blanks that are no spaces."""
    made, at = [], 0
    for start, end, _ in atoms(line):
        gap = line[at:start]
        made += [gap if gap and not gap.strip(" ") else f"{_EDGE}{gap}{_EDGE}" if gap else _EDGE, line[start:end]]
        at = end
    return "".join([*made, line[at:]])


def _lines(text: str) -> list[str]:
    """Lines as the trainer takes them; its own mark and blank lines left out."""
    found: list[str] = []
    for line in text.replace(MARK, " ").split("\n"):
        if not line.strip():
            continue
        if len(line) <= MAX_LINE_BYTES // 4:
            found.append(line)
        else:
            found += [part for part in _PART.findall(line) if part.strip()]
    return found


def measure(tokenizer: Tokenizer, texts: Iterable[str]) -> Report:
    count = characters = tokens = words = spelled = 0
    for text in texts:
        found = tokenizer.encode(text)
        missed = uncovered(text, found.ranges())
        if missed:
            raise ModelRefused(f"{tokenizer.id.name}: character {missed[0]} of a text is in no token")
        count += 1
        characters += sum(not one.isspace() for one in text)
        tokens += len(found)
        words += found.words[-1] + 1 if found.words else 0
        spelled += tokenizer.byte_characters(text)
    return Report(count, characters, tokens, words, spelled)
