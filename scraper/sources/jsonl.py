"""JSON Lines files: `jsonl:FILE`, `jsonl:FOLDER`, `jsonl:s3://BUCKET/PREFIX`, `.gz` too.

Columns by their usual names (external_id or id, title, description or text, url, …) or by `--field OURS=THEIRS`.
Ids: the id column; else the row's address; else the file's hash and the row's number.
"""

import codecs
from collections.abc import Iterator, Mapping
from typing import IO, Any

import orjson

from pipeline.web.page import Page
from scraper import row_files
from scraper.postings import Reading, Skip, SourceConfig


class JsonLines:
    suffix = ".jsonl"

    def start(self, config: SourceConfig) -> list[str]:
        row_files.check(config)
        return []

    def read(self, page: Page, config: SourceConfig) -> Reading:
        return row_files.read_page(self, page, config)

    def rows(self, stream: IO[bytes]) -> Iterator[tuple[int, Mapping[str, Any] | Skip]]:
        for number, line in row_files.lines(stream, row_files.LONGEST):
            if line is None:
                yield number, Skip("too-large", f"more than {row_files.LONGEST} bytes")
            elif row := line.removeprefix(codecs.BOM_UTF8).strip():
                yield number, _row(row)


def _row(line: bytes) -> Mapping[str, Any] | Skip:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return Skip("bad-row", str(error))
    return value if isinstance(value, dict) else Skip("bad-row", f"given {value!r:.40}, allowed: an object")


SOURCE = JsonLines()
