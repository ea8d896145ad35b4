"""CSV files with a header: `csv:FILE`, `csv:FOLDER`, `csv:s3://BUCKET/PREFIX`, `.gz` too.

Columns by their usual names (external_id or id, title, description or text, url, …) or by `--field OURS=THEIRS`.
Ids: the id column; else the row's address; else the file's hash and the row's number.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import IO, Any

from pipeline.web.page import Page
from scraper import row_files
from scraper.postings import Reading, Skip, SourceConfig


class CommaSeparated:
    suffix = ".csv"

    def start(self, config: SourceConfig) -> list[str]:
        row_files.check(config)
        return []

    def read(self, page: Page, config: SourceConfig) -> Reading:
        return row_files.read_page(self, page, config)

    def rows(self, stream: IO[bytes]) -> Iterator[tuple[int, Mapping[str, Any] | Skip]]:
        csv.field_size_limit(row_files.LONGEST)
        text = io.TextIOWrapper(stream, "utf-8-sig", errors="replace", newline="")
        table = csv.DictReader(text)
        number = 0
        while True:
            try:
                row = next(table)
            except StopIteration:
                return
            except csv.Error as error:
                number += 1
                yield number, Skip("bad-row", str(error))
                continue
            number += 1
            # More cells than the header names end up under None; fewer, as None.
            if None in row or None in row.values():
                yield (
                    number,
                    Skip("bad-row", f"given another number of cells than the {len(table.fieldnames or ())} named"),
                )
            else:
                yield number, row


SOURCE = CommaSeparated()
