"""CoNLL: a token a line with columns of tags, a blank line after each text.

CoNLL holds tokens and no text: read, its tokens stand with one blank between them; written, blanks are not kept.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from . import tags
from .dialect import PREFIX, LabelColumn, Survey, named
from .lines import lines
from .options import Reading, Writing
from .record import CHANGED, Note, Record, Row, RowRefused, shown
from .sentences import Sentences
from .units import ranges

_BREAKS = re.compile(r"[\t\n\r]")
_BLANKS = " \t"  # what parts columns; any other blank is part of a token
_GAP = re.compile(r"[ \t]+")
_WORD_NUMBER = re.compile(r"\d+\Z")
_NO_WORD = re.compile(r"\d+[-.]\d+\Z")  # CoNLL-U: several words written as one, or one that is not written
_UNIVERSAL = 10  # columns of CoNLL-U, the last one of `name=value`

Numbered = tuple[int, str | RowRefused]


@dataclass
class _Dialect:
    """How a file is written. Of lines that begin with `#`, those are tokens that have columns as all others do."""

    tabs: bool = False
    width: int = 0  # columns
    token: int = 0  # which of them is the token
    universal: tuple[str, ...] | None = None  # CoNLL-U: names in the last column
    comments: str = ""
    tagged: list[LabelColumn] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def parts(self, line: str) -> list[str]:
        line = line.rstrip(_BLANKS)
        return line.split("\t") if self.tabs else _GAP.split(line.lstrip(_BLANKS))

    def beside(self, sentence: list[list[str]]) -> tuple[list[str], list[list[str]]]:
        """The tokens, and the columns beside them. Raises `RowRefused`."""
        rows = [row for row in sentence if self.universal is None or not _NO_WORD.match(row[0])]
        columns = [list(column) for column in zip(*rows, strict=True)]
        if not columns:
            raise RowRefused("sentence", sentence[0], "a line with the number of a word")
        tokens = columns[self.token]
        if self.universal is not None:
            known = [dict(one.partition("=")[::2] for one in cell.split("|")) for cell in columns[-1]]
            return tokens, [[one.get(name, "O") for one in known] for name in self.universal]
        return tokens, columns[: self.token] + columns[self.token + 1 :]


def read(file: BinaryIO, how: Reading) -> Iterator[Row]:
    """A row a sentence, numbered by its first line.

    The file is looked at as a whole first: what parts its columns, which of them is the token, which hold tags, which
    lines are comments. A sentence whose lines differ in columns is refused alone; a file that can be read in two ways
    is refused with both.
    """
    begin = file.tell()
    try:
        dialect = _dialect(file, how)
    except RowRefused as error:
        yield Row(1, None, (error.note(1),))
        return
    file.seek(begin)
    sentences = Sentences(dialect.tagged, dialect.notes)
    for number, held in _sentences(file, dialect):
        try:
            if isinstance(held, RowRefused):
                raise held
            tokens, columns = dialect.beside(held)
        except RowRefused as error:
            yield Row(number, None, (error.note(number),))
            continue
        yield sentences.row(number, tokens, columns)


def _dialect(file: BinaryIO, how: Reading) -> _Dialect:
    found = _Dialect(comments=how.comments)
    begin = file.tell()
    found.tabs, found.width = _parting(file, how)
    file.seek(begin)
    numbered = True  # the first column counts words
    survey, after = Survey(), Survey()
    names: Counter[str] = Counter()
    first = 0
    for number, held in _sentences(file, found):
        if isinstance(held, RowRefused):
            continue
        first = first or number
        words = [row[0] for row in held if not _NO_WORD.match(row[0])]
        counts = all(map(_WORD_NUMBER.match, words)) and words[:1] in (["0"], ["1"])
        numbered = numbered and counts and [int(word) - int(words[0]) for word in words] == list(range(len(words)))
        columns = list(zip(*held, strict=True))
        survey.add(columns[1:])
        after.add(columns[2:])
        if found.width == _UNIVERSAL:
            names.update(one.partition("=")[0] for cell in columns[-1] for one in cell.split("|") if "=" in one)
    if how.columns:
        found.token, found.tagged = named(how.columns)
        if how.columns.count(",") + 1 != found.width:
            raise RowRefused("columns", how.columns, f"{found.width} of them, as the file has")
        return found
    if not numbered or found.width < 3:
        found.tagged, found.notes = survey.decide(first) if first else ([], [])
        return found
    found.token = 1
    if found.width == _UNIVERSAL:
        _read_names(file, begin, found, tuple(sorted(names)), first)
        return found
    found.tagged, found.notes = after.decide(first)
    found.notes = [_at(note) for note in found.notes]
    return found


def _at(note: Note) -> Note:
    """The note on a column, where the token is the second one."""
    place = int(note.field.split()[1].rstrip(","))
    return Note(note.row, f"column {place + 1}, in all rows", note.given, note.allowed, note.outcome)


def _read_names(file: BinaryIO, begin: int, found: _Dialect, names: tuple[str, ...], first: int) -> None:
    """CoNLL-U: which names of its last column have tags."""
    found.universal = names
    survey = Survey()
    file.seek(begin)
    for _, held in _sentences(file, found):
        if not isinstance(held, RowRefused):
            survey.add(found.beside(held)[1])
    if not names:
        return
    ways = [column for column in survey.decide(first)[0] if column.way == PREFIX] if survey.has_tags() else []
    found.universal = tuple(names[column.at] for column in ways)
    layers = found.universal if len(ways) > 1 else ("",) * len(ways)
    found.tagged = [LabelColumn(at, layer) for at, layer in enumerate(layers)]


def _parting(file: BinaryIO, how: Reading) -> tuple[bool, int]:
    """Whether tabs part the columns, and how many there are in most lines. Raises `RowRefused`: it can be both."""
    tabbed: Counter[int] = Counter()
    blank: Counter[int] = Counter()
    hashes: tuple[Counter[int], Counter[int]] = (Counter(), Counter())
    differs = ""
    for _, line in _text(file):
        if isinstance(line, RowRefused) or not line.strip(_BLANKS) or line.startswith("-DOCSTART-"):
            continue
        if _is_marked(line, how.comments):
            continue
        bare = line.rstrip(_BLANKS)
        by_tab, by_blank = bare.split("\t"), _GAP.split(bare.lstrip(_BLANKS))
        apart = line.startswith("#") and not how.comments
        (hashes[0] if apart else tabbed)[len(by_tab)] += 1
        (hashes[1] if apart else blank)[len(by_blank)] += 1
        if not apart and by_tab != by_blank and "\t" in bare:
            differs = differs or bare
    tabbed, blank = tabbed or hashes[0], blank or hashes[1]
    if not tabbed:
        return False, 0
    width, wide = tabbed.most_common(1)[0][0], blank.most_common(1)[0][0]
    if width < 2:
        return False, wide
    if differs and wide != width and len(blank) == len(tabbed) == 1 and not how.columns:
        readings = f"by tabs {differs.split(chr(9))}, by blanks {_GAP.split(differs.strip(_BLANKS))}"
        raise RowRefused("columns", differs, f"columns parted in one way. Here {readings}; --columns says how many")
    if how.columns and how.columns.count(",") + 1 == wide != width:
        return False, wide
    share = tabbed.total() - tabbed[1]
    return share * 2 > tabbed.total(), width if share * 2 > tabbed.total() else wide


def _is_marked(line: str, comments: str) -> bool:
    return bool(comments) and comments != "none" and line.startswith(comments)


def _text(file: BinaryIO) -> Iterator[Numbered]:
    """The lines; those of older Macs end with `\\r` alone."""
    number = 0
    for _, line in lines(file):
        for one in line.split("\r") if isinstance(line, str) else (line,):
            number += 1
            yield number, one


def _sentences(file: BinaryIO, dialect: _Dialect) -> Iterator[tuple[int, list[list[str]] | RowRefused]]:
    """(number of the first line, the split lines of a sentence)."""
    first = 0
    held: list[list[str]] = []
    fault: tuple[int, RowRefused] | None = None
    for number, line in _text(file):
        if isinstance(line, RowRefused):
            fault = fault or (number, line)
            first = first or number
        elif not line.strip(_BLANKS) or line.startswith("-DOCSTART-"):
            if first:
                yield fault or (first, held)
            first, held, fault = 0, [], None
        elif not _is_comment(line, dialect, bool(held)):
            first = first or number
            parts = dialect.parts(line)
            wanted = len(held[0]) if held else dialect.width
            if len(parts) != wanted:
                where = f"as in line {first}" if held else "as in most lines"
                fault = fault or (number, RowRefused(f"line {number}", line, f"{wanted} columns {where}"))
            held.append(parts)
    if first:
        yield fault or (first, held)


def _is_comment(line: str, dialect: _Dialect, within: bool) -> bool:
    if dialect.comments or not line.startswith("#"):
        return _is_marked(line, dialect.comments)
    parts = dialect.parts(line)
    if within or len(parts) != dialect.width:
        return not within
    # MultiCoNER's `# id … domain=en` has four columns, as its tokens do.
    return not (tags.is_tag(parts[-1]) or tags.is_suffixed(parts[-1]) or "=" not in line)


def write(records: Iterable[Record], out: BinaryIO, how: Writing) -> int:
    """Token and one tag column a layer, parted by tabs; returns the number of texts. Raises `tags.TooNarrow`."""
    count = 0
    for count, record in enumerate(records, 1):
        units = ranges(record, how.unit)
        tagged, notes = tags.tag(record.marks, units, how.columns, count)
        for note in notes:
            how.note(note)
        text = record.text
        tokens = [text[start:end] for start, end in units]
        if not all(tokens) or any(map(str.isspace, tokens)) or _BREAKS.search("".join(tokens)):
            tokens = [_filling(token, count, how) for token in tokens]
        rows = map("\t".join, zip(tokens, *tagged, strict=True))
        out.write(("\n".join(rows) + "\n\n").encode())
    return count


def _filling(token: str, row: int, how: Writing) -> str:
    """The token as it fits into a cell of a line."""
    clean = _BREAKS.sub(" ", token).strip() if _BREAKS.search(token) else token
    if not clean.strip():
        clean = "\ufffd"
    if clean != token:
        how.note(Note(row, "token", shown(token), f"a token that fills a cell, as {clean!r}", CHANGED))
    return clean
