"""The project's own sources as a graph: its modules, what each names of the others, and the cycles among packages.

Read without importing anything, so that any checkout can be measured.
"""

import ast
import subprocess
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = ("tests/", "bench/")


@dataclass(frozen=True)
class Module:
    """`name`: dotted, as it is imported; `is_package`: an `__init__.py`."""

    name: str
    path: Path
    is_package: bool

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @property
    def base(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def folder(self) -> str:
        """The package it lies in; of a package its own name."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    def imports(self) -> Iterator[str]:
        """Dotted names of all that it imports, wherever in it; relative imports made absolute."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if node.level:
                    parts = self.folder.split(".")
                    base = ".".join([*parts[: len(parts) - node.level + 1], *([base] if base else [])])
                yield from (f"{base}.{alias.name}" for alias in node.names)


def modules(root: Path = ROOT) -> dict[str, Module]:
    """Name → module, of all Python files but tests, benches and migrations."""
    command = ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard", "*.py"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    there = (file for file in sorted(set(listed)) if (root / file).is_file())  # one that is moved may be listed yet
    return read(root, (file for file in there if not file.startswith(LEFT_OUT) and "/migrations/" not in file))


def read(root: Path, files: Iterable[str]) -> dict[str, Module]:
    """Name → module; `files` are relative to the root."""
    found = {}
    for file in files:
        parts = Path(file).with_suffix("").parts
        # `pulumi/` itself is no package: it lies on the path, and what is in it is imported by its bare name.
        if parts[0] == "pulumi" and parts[-1] != "__main__":
            parts = parts[1:]
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        found[name] = Module(name, root / file, is_package)
    return found


def owner(dotted: str, known: Iterable[str]) -> str | None:
    """The module that a dotted name lies in: the name itself or what is before its last dots."""
    parts = dotted.split(".")
    names = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((name for name in names if name in known), None)


@dataclass(frozen=True, order=True)
class Use:
    """One module that names another: `how` is `import`, or the string by which Django finds it."""

    user: str
    used: str
    how: str = "import"


def imported(found: dict[str, Module]) -> Iterator[Use]:
    for module in found.values():
        for used in {owner(name, found) for name in module.imports()}:
            if used and used != module.name:
                yield Use(module.name, used)


Arrows = dict[tuple[str, str], list[Use]]


def arrows(uses: Iterable[Use]) -> dict[str, Arrows]:
    """Package → arrows between its direct children, each with the uses that make it.

    A use of `a.b.c` by `a.d.e` is an arrow from `d` to `b` within `a`. What a package's own `__init__` imports from
    inside it, or a module from the `__init__` above it, is none.
    """
    found: dict[str, Arrows] = defaultdict(lambda: defaultdict(list))
    for use in uses:
        user, used = use.user.split("."), use.used.split(".")
        shared = 0
        while shared < min(len(user), len(used)) and user[shared] == used[shared]:
            shared += 1
        if shared < min(len(user), len(used)):
            found[".".join(user[:shared])][user[shared], used[shared]].append(use)
    return found


def cycles(found: dict[str, Module], uses: Iterable[Use]) -> list[tuple[str, ...]]:
    """Cycles of siblings that a folder is part of, as dotted names, short ones first.

    Of each arrow the shortest cycle; none that shares an arrow with a shorter one, which must be cut anyway.
    """
    cut: set[tuple[str, ...]] = set()
    for package, inside in arrows(uses).items():
        onward: dict[str, set[str]] = defaultdict(set)
        for start, end in inside:
            onward[start].add(end)
        for start, end in inside:
            way = _way(onward, end, start)
            if way:
                names = [f"{package}.{name}".strip(".") for name in way]
                at = names.index(min(names))
                cut.add((*names[at:], *names[:at]))
    folders = {name for name, module in found.items() if module.is_package}
    kept: list[tuple[str, ...]] = []
    taken: set[tuple[str, str]] = set()
    for cycle in sorted((one for one in cut if folders & set(one)), key=lambda one: (len(one), one)):
        between = {*zip(cycle, (*cycle[1:], cycle[0]), strict=True)}
        if not between & taken:
            kept.append(cycle)
            taken |= between
    return kept


def _way(onward: dict[str, set[str]], start: str, end: str) -> list[str] | None:
    """The shortest way from start to end, both in it; None when there is none."""
    before: dict[str, str | None] = {start: None}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        if here == end:
            way = []
            step: str | None = here
            while step is not None:
                way.append(step)
                step = before[step]
            return way[::-1]
        for there in sorted(onward[here]):
            if there not in before:
                before[there] = here
                waiting.append(there)
    return None


def shown(cycle: tuple[str, ...], uses: Iterable[Use]) -> str:
    """A cycle for people: its names, and for each arrow one use that makes it."""
    uses = sorted(uses)
    lines = [" → ".join([*cycle, cycle[0]])]
    for start, end in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
        inside = [one for one in uses if _within(one.user, start) and _within(one.used, end)]
        lines += [f"    {one.user} names {one.used} ({one.how})" for one in inside[:3]]
        lines += [f"    and {len(inside) - 3} more"] if len(inside) > 3 else []
    return "\n".join(lines)


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def small_with_one_user(found: dict[str, Module], uses: Iterable[Use], most: int = 60) -> dict[str, str]:
    """Modules of at most `most` lines that exactly one other imports, a neighbour in the same folder: it → that one.

    That the folder's own `__init__` passes a module on makes it no more useful, and is not counted.
    """
    users: dict[str, set[str]] = defaultdict(set)
    for use in uses:
        if use.how == "import" and not _within(use.used, use.user):
            users[use.used].add(use.user)
    small = {}
    for name, module in found.items():
        if not module.is_package and module.lines <= most and len(users[name]) == 1:
            (user,) = users[name]
            if found[user].folder == module.folder:
                small[name] = user
    return small
