"""How far a comparison has come, and what it has found: in a file, so that one that was broken off goes on."""

import json
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Section:
    """A part of a comparison. `after`: the last post dealt with, where it is not `done`."""

    done: bool = False
    after: str = ""
    lines: list[str] = field(default_factory=list)


class ComparisonProgress:
    def __init__(self, path: Path, resume: bool) -> None:
        """Without `resume` the file is begun anew."""
        self._path = path
        self._sections: dict[str, Section] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        if resume and path.exists():
            self._read()
        else:
            path.write_text("")

    def section(self, name: str) -> Section:
        return self._sections.get(name, Section())

    def note(self, name: str, lines: list[str], after: str = "", done: bool = False) -> None:
        """What was found since the last note."""
        with self._path.open("a") as file:
            file.write(json.dumps({"section": name, "lines": lines, "after": after, "done": done}) + "\n")

    def close(self) -> None:
        """The comparison is complete."""
        self._path.unlink(missing_ok=True)

    def _read(self) -> None:
        whole = []
        for line in self._path.read_text().splitlines(keepends=True):
            try:
                given = json.loads(line)
            except ValueError:  # broken off while it was written: what it says is found again
                break
            whole.append(line)
            section = self._sections.setdefault(given["section"], Section())
            section.lines += given["lines"]
            section.after, section.done = given["after"], given["done"]
        self._path.write_text("".join(whole))
