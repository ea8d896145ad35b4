"""One record out of a WARC, by key and offset: each is a gzip member of its own (WARC 1.1, ISO 28500 annex D)."""

import zlib
from dataclasses import dataclass

from pipeline.ports import ObjectStore
from pipeline.schema import Raw

PIECE = 256 * 1024
MOST = 8 << 20  # bytes of a page that is shown, unpacked


class Unreadable(ValueError):
    """What lies there is no page."""


@dataclass(frozen=True, slots=True)
class Archived:
    url: str
    fetched_at: str
    content_type: str
    body: bytes


def fetch(store: ObjectStore, raw: Raw) -> Archived:
    """Raises `Unreadable`, and what the store raises."""
    unpacking, at, out = zlib.decompressobj(31), raw.offset, bytearray()
    while not unpacking.eof:
        piece = store.get_range(raw.key, at, PIECE)
        if not piece:
            break
        at += len(piece)
        try:
            out += unpacking.decompress(piece, MOST - len(out))
        except zlib.error as error:
            raise Unreadable(f"{raw.key} at {raw.offset}: {error}") from error
        if len(out) >= MOST:
            raise Unreadable(f"{raw.key} at {raw.offset}: given more than {MOST} bytes")
    return read(bytes(out))


def read(record: bytes) -> Archived:
    """The page in a `response` or `conversion` record. Raises `Unreadable`."""
    head, _, rest = record.partition(b"\r\n\r\n")
    fields = _fields(head)
    if not head.startswith(b"WARC/") or fields.get("warc-type") not in ("response", "conversion"):
        raise Unreadable(f"given {record[:40]!r}, allowed: a WARC record of a page")
    block = rest[: int(fields["content-length"])] if fields.get("content-length", "").isdigit() else rest
    http, kind = {}, fields.get("content-type", "")
    if block.startswith(b"HTTP/"):
        head, _, block = block.partition(b"\r\n\r\n")
        http = _fields(head)
        kind = http.get("content-type", "")
    return Archived(fields.get("warc-target-uri", ""), fields.get("warc-date", ""), kind, block)


def _fields(head: bytes) -> dict[str, str]:
    lines = head.decode("utf-8", "replace").split("\r\n")[1:]
    return {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
