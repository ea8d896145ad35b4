"""The annotator `rules`: a gazetteer and patterns, given as a file or the project's own list of skills.

A file of rules holds phrases and patterns, each with the label it stands for:

jsonl   {"label": "Tool", "phrase": "pallet jack"} or {"label": "Pay", "pattern": "\\\\d+ an hour"}, a rule a line;
        optional "score", 0 to 1
csv     columns phrase or pattern or both, and optionally label and score; a single column of any name holds phrases
txt     a phrase a line; lines that begin with # are remarks
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from pipeline.annotator.text_file import decoded, lines
from pipeline.schema import Suggestion

from .inputs import FORMATS, format_of
from .patterns import MAX_INSTRUCTIONS, MAX_PATTERNS, BadPattern, Patterns, compiled
from .phrases import Known, Phrases, key
from .plugin import BadInput, Limits, Log, Option

OWN_RULES = Path(__file__).with_name("skills.jsonl")
DEFAULT_LABEL = "Skill"
MAX_RULES = 500_000
MAX_LABEL_CHARS = 100
# Would end the cell or line of a word in results.conll.
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
Rule = tuple[str, str, Known]  # phrase or pattern, the text of it, its meaning
Match = tuple[int, int, Known]


class Rules:
    name = "rules"
    title = "Rules: a list of phrases and patterns"
    formats = FORMATS
    options = (
        Option("rules", "rules", "Phrases and patterns as txt, csv or jsonl; without one, our own list of skills"),
    )
    limits = Limits()

    def annotate(self, texts: Iterable[str], options: Mapping[str, Path], log: Log) -> Iterator[Sequence[Suggestion]]:
        rules = list(read(options.get("rules", OWN_RULES)))
        phrases = Phrases((text, known) for kind, text, known in rules if kind == "phrase")
        patterns = Patterns((text, known) for kind, text, known in rules if kind == "pattern")
        log(f"rules: {phrases.size:,} phrases ({phrases.repeated:,} given twice), {len(patterns):,} patterns")
        for text in texts:
            matches = [*phrases.find(text), *patterns.find(text)]
            yield [
                Suggestion(start, end, known.label, known.score, self.name) for start, end, known in disjoint(matches)
            ]


def disjoint(matches: Iterable[Match]) -> Iterator[Match]:
    """Of matches that share characters the leftmost, of two that start together the longer; of the same range the one
    given first."""
    free_from = 0
    for start, end, known in sorted(matches, key=lambda match: (match[0], -match[1])):
        if start >= free_from:
            yield start, end, known
            free_from = end


def read(path: Path) -> Iterator[Rule]:
    """Raises `BadInput` naming the row and field that is wrong."""
    reader = {"jsonl": _jsonl, "csv": _csv, "txt": _txt}[format_of(path.name)]
    number = patterns = instructions = 0
    for number, (where, fields) in enumerate(reader(path), start=1):
        if number > MAX_RULES:
            raise BadInput(f"rules, {where}: more than {MAX_RULES:,} rules")
        rule = _rule(f"rules, {where}", fields)
        if rule[0] == "pattern":
            patterns += 1
            if patterns > MAX_PATTERNS:
                raise BadInput(f"rules, {where}: more than {MAX_PATTERNS:,} patterns")
            instructions += _size(f"rules, {where}", number, rule[1])
            if instructions > MAX_INSTRUCTIONS:
                raise BadInput(
                    f"rules, {where}, pattern: the patterns up to this one are {instructions:,} instructions when "
                    f"compiled, allowed: {MAX_INSTRUCTIONS:,}; fewer patterns, or smaller repeats"
                )
        yield rule
    if number == 0:
        raise BadInput("rules: the file holds none")


def _rule(where: str, fields: Mapping[str, Any]) -> Rule:
    kinds = [kind for kind in ("phrase", "pattern") if fields.get(kind)]
    if len(kinds) != 1:
        both = "both phrase and pattern" if kinds else "neither phrase nor pattern"
        raise BadInput(f"{where}: given {both}, allowed: one of phrase and pattern")
    if not isinstance(fields[kinds[0]], str):
        raise BadInput(f"{where}, {kinds[0]}: given {fields[kinds[0]]!r:.40}, allowed: text")
    label = fields.get("label") or DEFAULT_LABEL
    if not isinstance(label, str) or not label.strip() or _BREAKS.search(label) or len(label) > MAX_LABEL_CHARS:
        allowed = f"text on one line, at most {MAX_LABEL_CHARS} characters"
        raise BadInput(f"{where}, label: given {label!r:.40}, allowed: {allowed}")
    given = fields.get("score")
    try:
        score = 1.0 if given in (None, "") else float(given)
    except (TypeError, ValueError):
        score = -1.0
    if not 0 <= score <= 1:
        raise BadInput(f"{where}, score: given {given!r:.40}, allowed: a number from 0 to 1")
    kind, text = kinds[0], str(fields[kinds[0]])
    if kind == "phrase" and not key(text):
        raise BadInput(f"{where}, phrase: given {text!r:.40}, allowed: text that is not blank")
    return kind, text, Known(label, score)


def _size(where: str, row: int, pattern: str) -> int:
    """Instructions of the compiled pattern."""
    try:
        made: int = compiled(pattern).programsize
    except BadPattern as error:
        raise BadInput(f"{where}, pattern: {error}; this is row {row}") from error
    return made


def _jsonl(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, line in lines(path):
        if line.strip():
            try:
                value = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise BadInput(f"rules, line {number}: no JSON ({error})") from error
            if not isinstance(value, dict):
                raise BadInput(f"rules, line {number}: given {str(value)[:40]!r}, allowed: an object")
            yield f"line {number}", value


def _csv(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    reader = csv.reader((decoded(number, line) + "\n" for number, line in lines(path)), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if len(header) == 1:
            header = ["phrase"]
        elif not {"phrase", "pattern"} & set(header):
            raise BadInput(f"rules: no column is called phrase or pattern. The file has {', '.join(header)[:200]}")
        for values in reader:
            if len(values) > len(header):
                raise BadInput(
                    f"rules, line {reader.line_num}: {len(values)} values for {len(header)} columns; quote values that "
                    f"hold commas or line ends"
                )
            if any(values):
                yield f"line {reader.line_num}", dict(zip(header, values, strict=False))
    except csv.Error as error:
        raise BadInput(f"rules, line {reader.line_num}: no CSV ({error})") from error


def _txt(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, line in lines(path):
        phrase = decoded(number, line).strip()
        if phrase and not phrase.startswith("#"):
            yield f"line {number}", {"phrase": phrase}
