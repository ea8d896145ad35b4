"""What a crawl has asked for and what it is done with, line by line: one that was killed goes on where it was.

A page is done once its links are written here and its posts are sent. Whatever was asked for and is not done when the
process dies is asked for again.
"""

from pathlib import Path
from typing import IO, Any

import orjson

Ask = dict[str, Any]  # what a request carries: url, level, via and the like

FILE = "crawl.jsonl"


class Journal:
    """Kept in `folder`; nothing is kept without one. `pending`: what an earlier run asked for and did not finish."""

    def __init__(self, folder: str | None) -> None:
        self.asked: set[str] = set()
        self.pending: dict[str, Ask] = {}
        self.posts = 0  # read from pages that are done
        self.ended = self.resumed = False
        self._file: IO[bytes] | None = None
        if folder:
            path = Path(folder) / FILE
            path.parent.mkdir(parents=True, exist_ok=True)
            self._read(path)
            self._file = path.open("ab", buffering=0)
            if self.resumed:
                self._file.write(b"\n")  # the last line may have been cut off by the end of the process

    def ask(self, key: str, ask: Ask) -> None:
        if self._file:
            self.pending[key] = ask
            self._write({"ask": key, **ask})

    def finish(self, key: str, posts: int) -> None:
        """The page is done with."""
        if self._file and key:
            self.pending.pop(key, None)
            self._write({"done": key, "posts": posts})

    def close(self, whole: bool) -> None:
        """`whole`: the crawl came to its end by itself; it is over once nothing is pending."""
        if self._file:
            if whole and not self.pending:
                self._write({"end": True})
            self._file.close()
            self._file = None

    def _read(self, path: Path) -> None:
        for line in path.read_bytes().split(b"\n") if path.exists() else ():
            self.resumed = True
            try:
                value = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if "ask" in value:
                key = value.pop("ask")
                self.asked.add(key)
                self.pending[key] = value
            elif "done" in value:
                self.pending.pop(value["done"], None)
                self.posts += value["posts"]
            self.ended |= "end" in value

    def _write(self, value: dict[str, Any]) -> None:
        if self._file:
            self._file.write(orjson.dumps(value) + b"\n")
