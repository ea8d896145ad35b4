"""A folder of saved pages as a site: its files at their paths, an index of them where it has none of its own."""

from html import escape
from pathlib import Path
from urllib.parse import quote

from demo.site.build import TYPES, Page

HTML = (".html", ".htm")


class FolderError(ValueError):
    """The folder cannot be served; says which, and why."""


class Folder:
    """The pages under `root`, read when they are asked for."""

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise FolderError(f"given {root}, allowed: a folder that exists")
        self.root = root.resolve()
        if not self.files():
            raise FolderError(f"given {root}, allowed: a folder with .html files in it")

    def files(self) -> list[Path]:
        """Its HTML files in the order of their names."""
        return sorted(file for file in self.root.rglob("*") if file.suffix in HTML and file.is_file())

    def find(self, path: str) -> Page | None:
        """The page at a decoded path. Nothing outside of the folder is ever found, through links neither."""
        file = (self.root / path.lstrip("/")).resolve()
        if file == self.root and not (self.root / "index.html").exists():
            return Page(self._index().encode(), TYPES[".html"])
        if file.is_dir():
            file = (file / "index.html").resolve()
        if not file.is_relative_to(self.root) or not file.is_file():
            return None
        return Page(file.read_bytes(), TYPES.get(file.suffix, "application/octet-stream"))

    def _index(self) -> str:
        names = [file.relative_to(self.root).as_posix() for file in self.files()]
        rows = "".join(f'<li><a href="/{quote(name)}">{escape(name)}</a></li>\n' for name in names)
        return f'<!doctype html>\n<meta charset="utf-8">\n<title>Pages</title>\n<ul>\n{rows}</ul>\n'
