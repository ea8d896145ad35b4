"""A bucket as a folder: what is measured is our own time, not the local AWS's."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from pipeline.ports import Listed, ObjectExists, ObjectMissing, StoredObject
from tests.fakes.memory import MemoryStore


class FolderStore(MemoryStore):
    """A bucket as a folder: its objects are files, its listing a walk in the order of keys."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def get(self, key: str) -> StoredObject:
        try:
            body = (self.root / key).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise ObjectMissing(key) from None
        return StoredObject(body, _etag(body))

    def get_if_changed(self, key: str, etag: str) -> StoredObject | None:
        found = self.get(key)
        return None if found.etag == etag else found

    def get_range(self, key: str, start: int, length: int) -> bytes:
        return bytes(self.get(key).body[start : start + length])

    def put(self, key: str, body: bytes, content_type: str = "") -> None:
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def put_new(self, key: str, body: bytes, content_type: str = "") -> None:
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("xb") as file:
                file.write(body)
        except FileExistsError:
            raise ObjectExists(key) from None

    def list(self, prefix: str, start_after: str = "") -> Iterator[Listed]:
        top = self.root / prefix.rpartition("/")[0]
        for path in _walk(top):
            key = str(path.relative_to(self.root))
            if key.startswith(prefix) and key > start_after:
                yield Listed(key, path.stat().st_size, _etag(path.read_bytes()))

    def delete(self, key: str) -> None:
        (self.root / key).unlink(missing_ok=True)


def _walk(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    # Names alone: a hundred thousand paths would outweigh what is measured.
    with os.scandir(folder) as found:
        names = sorted(f"{one.name}/" if one.is_dir() else one.name for one in found)
    for name in names:
        if name.endswith("/"):
            yield from _walk(folder / name)
        else:
            yield folder / name


def _etag(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()
