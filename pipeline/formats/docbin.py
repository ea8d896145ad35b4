"""spaCy's DocBin, version 0.1, without spaCy: zlib over one msgpack map (spaCy 3.8, `spacy/tokens/_serialize.py`).

All marks are in `doc.spans` (group `sc`, or their layer), those of them that do not overlap also in `doc.ents`.
"""

import struct
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from tempfile import TemporaryFile
from typing import Any, BinaryIO

import msgpack

from pipeline.formats.spacy_strings import NAMES, hash64

from .objects import Parts
from .offsets import CODE_POINTS, Ruler, text_of
from .options import Reading, Writing
from .ranges import Ranges
from .record import CHANGED, LOST, Mark, Note, Record, Row, RowRefused, shown
from .units import Words, ranges

ORTH, ENT_IOB, ENT_TYPE = 65, 77, 78
_MISSING, _INSIDE, _OUTSIDE, _BEGIN = 0, 1, 2, 3
_GROUP = "sc"  # the group that spaCy's own components use
_SPAN = struct.Struct(">QQQllll")  # id, knowledge base id, label, start, end, start_char, end_char
_SYMBOLS = {name: at for at, name in enumerate(NAMES)}
MOST_BYTES = 1 << 30  # of one file, unpacked: it cannot be read piece by piece


@lru_cache(maxsize=1 << 16)
def _number(text: str) -> int:
    """The number by which spaCy knows a string."""
    return _SYMBOLS[text] if text in _SYMBOLS else hash64(text.encode(), 1)


def write(records: Iterable[Record], out: BinaryIO, how: Writing) -> int:
    """Tokens are the units, with blanks as spaCy has them, so that `doc.text` is the text. `user_data` holds the rest.

    Marks off the edges of tokens are widened to them, and said so.
    """
    strings = {""}
    lengths = array("i")
    count = 0
    with TemporaryFile() as tokens, TemporaryFile() as spaces, TemporaryFile() as groups, TemporaryFile() as user:
        for count, record in enumerate(records, 1):
            units = Ranges.of(unit for unit in ranges(record, how.unit) if unit[0] < unit[1])
            doc = Words.of(record.text, units)
            spans = _placed(record, units, doc, count, how)
            entities = _entities(spans, len(doc.words))
            strings.update(doc.words, (mark.label for *_, mark in spans))
            rows = array("Q")
            for word, (iob, label) in zip(doc.words, entities, strict=True):
                rows.extend((_number(word), iob, _number(label)))
            tokens.write(rows.tobytes())
            spaces.write(doc.spaces)
            lengths.append(len(doc.words))
            groups.write(msgpack.packb(_packed(spans)))
            user.write(msgpack.packb(msgpack.packb(_user_data(record))))
        packer = zlib.compressobj()
        out.write(packer.compress(b"\x8a"))  # a map of ten
        for name, value in (("version", "0.1"), ("attrs", [ORTH, ENT_IOB, ENT_TYPE])):
            out.write(packer.compress(msgpack.packb(name) + msgpack.packb(value)))
        for name, spool in (("tokens", tokens), ("spaces", spaces)):
            out.write(packer.compress(msgpack.packb(name) + b"\xc6" + struct.pack(">I", spool.tell())))
            _copy(spool, out, packer)
        out.write(packer.compress(msgpack.packb("lengths") + msgpack.packb(lengths.tobytes())))
        out.write(packer.compress(msgpack.packb("strings") + msgpack.packb(sorted(strings))))
        for name, item in (("cats", {}), ("flags", {"has_unknown_spaces": False})):
            out.write(packer.compress(msgpack.packb(name) + b"\xdd" + struct.pack(">I", count)))
            for _ in range(count):
                out.write(packer.compress(msgpack.packb(item)))
        for name, spool in (("span_groups", groups), ("user_data", user)):
            out.write(packer.compress(msgpack.packb(name) + b"\xdd" + struct.pack(">I", count)))
            _copy(spool, out, packer)
        out.write(packer.flush())
    return count


def _copy(spool: BinaryIO, out: BinaryIO, packer: Any) -> None:
    spool.seek(0)
    while chunk := spool.read(1 << 20):
        out.write(packer.compress(chunk))


_Placed = tuple[int, int, Mark]  # first word, last word + 1


def _placed(record: Record, units: Ranges, doc: Words, row: int, how: Writing) -> list[_Placed]:
    placed = []
    for mark in record.marks:
        given = shown([mark.start, mark.end, mark.label])
        first, last = units.touched(mark.start, mark.end)
        if first == last:
            how.note(Note(row, "span", given, "a range that holds more than blanks", LOST))
            continue
        start, end = units[first][0], units[last - 1][1]
        if (start, end) != (mark.start, mark.end):
            how.note(Note(row, "span", given, f"edges of tokens, here [{start}, {end})", CHANGED))
        placed.append((doc.places[first], doc.places[last - 1] + 1, Mark(start, end, mark.label, mark.layer)))
    return placed


def _entities(spans: Sequence[_Placed], size: int) -> list[tuple[int, str]]:
    """(IOB number, label) for each word: the longest marks first, and no two on one word."""
    found = [(_OUTSIDE, "")] * size
    for first, last, mark in sorted(spans, key=lambda one: (one[0] - one[1], one)):
        if all(state == _OUTSIDE for state, _ in found[first:last]):
            found[first:last] = [(_BEGIN, mark.label), *[(_INSIDE, mark.label)] * (last - first - 1)]
    return found


def _packed(spans: Sequence[_Placed]) -> bytes:
    by_layer: dict[str, list[bytes]] = {}
    for first, last, mark in spans:
        packed = _SPAN.pack(0, 0, _number(mark.label), first, last, mark.start, mark.end)
        by_layer.setdefault(mark.layer or _GROUP, []).append(packed)
    groups = {msgpack.packb({"name": name, "attrs": {}, "spans": held}): [name] for name, held in by_layer.items()}
    return bytes(msgpack.packb(groups)) if groups else b""


def _user_data(record: Record) -> dict[str, Any]:
    own = {"id": record.id, "by": record.by, "labelled": record.labelled}
    return {**record.meta, **{name: held for name, held in own.items() if held not in ("", True)}}


def read(file: BinaryIO, how: Reading) -> Iterator[Row]:
    """A row a Doc: its entities and all its span groups; its tokens that are not blanks are the file's own."""
    try:
        held = _unpacked(file)
        strings = {_number(text): text for text in _part(held, "strings", list)}
        lengths = array("i")
        lengths.frombytes(_part(held, "lengths", bytes))
        tokens = array("Q")
        tokens.frombytes(_part(held, "tokens", bytes))
        attributes, spaces = _part(held, "attrs", list), _part(held, "spaces", bytes)
        groups = _part(held, "span_groups", list) if held.get("span_groups") else [b""] * len(lengths)
        user = _part(held, "user_data", list) if held.get("user_data") else [None] * len(lengths)
        orth = attributes.index(ORTH)
        # A file may hold nothing about entities.
        kinds = [attributes.index(one) for one in (ENT_IOB, ENT_TYPE) if one in attributes]
        if min(lengths, default=0) < 0 or not len(tokens) == sum(lengths) * len(attributes) == len(spaces) * len(
            attributes
        ):
            raise RowRefused("lengths", sum(lengths), f"{len(spaces)} tokens in all, as there are spaces")
    except RowRefused as error:
        yield Row(1, None, (error.note(1),))
        return
    except (AttributeError, TypeError, ValueError) as error:
        yield Row(1, None, (RowRefused("file", repr(error), "a DocBin with ORTH").note(1),))
        return
    at = 0
    for number, size in enumerate(lengths, 1):
        width = len(attributes)
        rows = [tokens[(at + one) * width : (at + one + 1) * width] for one in range(size)]
        try:
            words = [strings[row[orth]] for row in rows]
            given = "".join(word + " " * space for word, space in zip(words, spaces[at : at + size], strict=True))
            parts = Parts(number, _meta(user, number - 1), Ruler(text_of(given, "text"), CODE_POINTS))
            edges = _edges(words, spaces[at : at + size])
            known = len(kinds) == 2
            entities = [(row[kinds[0]], strings[row[kinds[1]]]) if known else (_MISSING, "") for row in rows]
            record = _record(parts, words, edges, entities, _spans(groups[number - 1], strings))
        except RowRefused as error:
            yield Row(number, None, (error.note(number),))
        except (KeyError, IndexError, ValueError, TypeError, struct.error) as error:
            refused = RowRefused("doc", repr(error), "numbers of strings that the file holds")
            yield Row(number, None, (refused.note(number),))
        else:
            yield Row(number, record, tuple(parts.notes))
        at += size


def _unpacked(file: BinaryIO) -> dict[str, Any]:
    unpacker = zlib.decompressobj()
    held = bytearray()
    try:
        while chunk := file.read(1 << 20):
            held += unpacker.decompress(chunk, MOST_BYTES - len(held) + 1)
            if len(held) > MOST_BYTES:
                raise RowRefused("file", f"more than {MOST_BYTES} bytes unpacked", "several smaller DocBins")
        value = msgpack.unpackb(held, strict_map_key=False)
    except (zlib.error, ValueError) as error:
        raise RowRefused("file", str(error), "a DocBin: zlib over msgpack") from error
    if not unpacker.eof or not isinstance(value, dict):
        raise RowRefused("file", "bytes that break off", "a whole DocBin")
    return value


def _part(held: dict[str, Any], name: str, kind: type[Any]) -> Any:
    if not isinstance(held.get(name), kind):
        raise RowRefused(name, held.get(name), f"{kind.__name__}, as a DocBin has it")
    return held[name]


def _meta(user: Sequence[bytes | None], at: int) -> dict[str, Any]:
    # Keys of extension attributes are lists: tuples, so that they can be keys.
    packed = user[at] if at < len(user) else None
    held = msgpack.unpackb(packed, strict_map_key=False, use_list=False) if packed else {}
    return {name: _listed(value) for name, value in held.items() if isinstance(name, str)}


def _listed(value: Any) -> Any:
    """With lists for tuples, as JSON has them."""
    if isinstance(value, dict):
        return {name: _listed(held) for name, held in value.items()}
    return [_listed(held) for held in value] if isinstance(value, list | tuple) else value


def _edges(words: Sequence[str], spaces: bytes) -> Ranges:
    found, at = [], 0
    for word, space in zip(words, spaces, strict=True):
        found.append((at, at + len(word)))
        at += len(word) + space
    return Ranges.of(found)


def _spans(packed: bytes, strings: dict[int, str]) -> Iterator[tuple[int, int, str, str]]:
    """(first token, last token + 1, label, layer) of every span of every group."""
    groups = msgpack.unpackb(packed) if packed else {}
    for group, names in groups.items() if isinstance(groups, dict) else ():
        for span in msgpack.unpackb(group)["spans"]:
            _, _, label, first, last, _, _ = _SPAN.unpack(span)
            for name in names:
                yield first, last, strings[label], "" if name == _GROUP else name


def _record(
    parts: Parts,
    words: Sequence[str],
    edges: Ranges,
    entities: Sequence[tuple[int, str]],
    spans: Iterable[tuple[int, int, str, str]],
) -> Record:
    meta = parts.rest
    known = {name: meta.pop(name) for name in ("by", "labelled") if name in meta}
    seen = set()
    for at, (first, last, label, layer) in enumerate(spans, 1):
        seen.add((first, last, label))
        if not 0 <= first < last <= len(edges):
            parts.lost(f"span {at}", [first, last, label], f"a range of the {len(edges)} tokens")
            continue
        parts.span(f"span {at}", edges[first][0], edges[last - 1][1], label, layer=layer)
    first, before = 0, ""
    for at, (state, label) in enumerate([*entities, (_OUTSIDE, "")]):
        if before and state != _INSIDE:
            if (first, at, before) not in seen:
                parts.span(f"entity at token {first + 1}", edges[first][0], edges[at - 1][1], before)
            before = ""
        if state == _BEGIN:
            first, before = at, label
    own = [{"start": start, "end": end} for (start, end), word in zip(edges, words, strict=True) if not word.isspace()]
    name = meta.pop("id", "")
    unknown = sum(state == _MISSING for state, _ in entities)
    if unknown and not seen:
        # Per token, as spaCy means it: what nobody looked at is no answer that nothing is there.
        answered = bool(parts.marks)
        known.setdefault("labelled", answered)
        taken = "outside of entities" if answered else "a text without an answer"
        allowed = f"entities of every token; taken as {taken}"
        parts.notes.append(Note(parts.row, "entities", f"nothing of {unknown} tokens", allowed, CHANGED))
    return parts.record(str(name), source_tokens=parts.ranges("tokens", own), **known)
