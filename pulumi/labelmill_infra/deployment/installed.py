"""Copies what a requirements file names out of this environment, so that a package is built with no network."""

import re
import shutil
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

_NAME = re.compile(r"([\w.-]+)\s*(?:\[([^\]]*)\])?")
_EXTRA = re.compile(r"extra\s*==\s*['\"]([\w.-]+)")

_PIN = re.compile(r"==\s*([\w.!+]+)\s*$")  # `==2.*` is none


class NotInstalled(RuntimeError):
    """What a requirements file names is not here, or in another version."""


def copy_installed(requirements: Path, target: Path) -> None:
    """Copies every distribution named, and what each needs, into `target` as into a site-packages folder.

    Raises `NotInstalled`.
    """
    copied = set()
    for found in _needed(list(_lines(requirements))):
        if found.name in copied:
            continue
        copied.add(found.name)
        for file in found.files or []:
            if ".." not in file.parts and "__pycache__" not in file.parts:
                (target / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(found.locate_file(file)), target / file)


def _lines(requirements: Path) -> Iterator[str]:
    """The requirements of a file and of those it includes."""
    for line in requirements.read_text().splitlines():
        requirement = line.split("#")[0].strip()
        if requirement.startswith("-r"):
            yield from _lines(requirements.parent / requirement.removeprefix("-r").strip())
        elif requirement:
            yield requirement


def _needed(waiting: list[str]) -> Iterator[Distribution]:
    seen = set()
    while waiting:
        requirement = waiting.pop()
        named = _NAME.match(requirement)
        if named is None:
            raise NotInstalled(f"{requirement!r} names nothing")
        name, extras = named[1], frozenset((named[2] or "").replace(" ", "").split(","))
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            found = distribution(name)
        except PackageNotFoundError:
            if ";" in requirement:  # its marker says: on other machines
                continue
            raise NotInstalled(f"{requirement} is not installed here: run `make setup`") from None
        pinned = _PIN.search(requirement.split(";")[0])
        if pinned and pinned[1] != found.version:
            raise NotInstalled(f"{requirement} is wanted, {found.version} is installed here: run `make setup`")
        for one in found.requires or []:
            extra = _EXTRA.search(one)
            if extra is None or extra[1] in extras:
                waiting.append(one)
        yield found
