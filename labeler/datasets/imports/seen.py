"""Which rows of a file have been before, at constant memory: in a temporary database on disk."""

import sqlite3
from types import TracebackType


class Seen:
    def __init__(self) -> None:
        self._rows = sqlite3.connect("")
        self._rows.execute("create table seen (post_id, by, revision, row, primary key (post_id, by)) without rowid")

    def __enter__(self) -> "Seen":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rows.close()

    def earlier(self, post_id: str, by: str, revision: str, row: int) -> int | None:
        """The earlier row of this post that this one repeats or contradicts: by the same person, or another text."""
        found = self._rows.execute("select by, revision, row from seen where post_id = ?", (post_id,)).fetchall()
        for other_by, other_revision, other_row in found:
            if other_by == by or other_revision != revision:
                return int(other_row)
        self._rows.execute("insert into seen values (?, ?, ?, ?)", (post_id, by, revision, row))
        return None
