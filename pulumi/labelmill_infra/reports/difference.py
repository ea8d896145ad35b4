"""What differs between what two stacks make."""

import base64
import contextlib
import json
from collections.abc import Iterator
from typing import Any

from labelmill_infra.recorded import RecordedStack, Resource

# Each stack names its own; and the tags say the same once more.
_ALWAYS = ("tags", "tagSpecifications")


def compare(one: RecordedStack, other: RecordedStack) -> list[str]:
    """A line for each resource that only one has, and for each input that differs; names of stacks don't count."""
    return sorted(_lines(one, other))


def _lines(one: RecordedStack, other: RecordedStack) -> Iterator[str]:
    ours, theirs = _by_name(one), _by_name(other)
    for key in ours.keys() - theirs.keys():
        yield f"{_said(key)}: only in {one.name}"
    for key in theirs.keys() - ours.keys():
        yield f"{_said(key)}: only in {other.name}"
    for key in ours.keys() & theirs.keys():
        before, after = _flat(ours[key], one.name), _flat(theirs[key], other.name)
        for part in sorted(before.keys() | after.keys()):
            if before.get(part) != after.get(part):
                yield f"{_said(key)}: {part}: {_short(before.get(part))} → {_short(after.get(part))}"
        if ours[key].protect != theirs[key].protect:
            yield f"{_said(key)}: protected: {ours[key].protect} → {theirs[key].protect}"


def _by_name(stack: RecordedStack) -> dict[tuple[str, str], Resource]:
    found = {}
    for one in stack.resources:
        if not one.is_component:
            found[one.kind, one.name.replace(f"-{stack.name}-", "-")] = one
    return found


def _flat(resource: Resource, stack: str) -> dict[str, Any]:
    """The inputs as path → value, into documents that are given as text."""
    found: dict[str, Any] = {}

    def walk(path: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, each in value.items():
                walk(f"{path}.{key}" if path else key, each)
        elif isinstance(value, list):
            # Variables and containers have names: one more shifts no other.
            for at, each in enumerate(value):
                walk(f"{path}[{each.get('name', at) if isinstance(each, dict) else at}]", each)
        elif isinstance(value, str) and (document := _read_document(path, value)) is not None:
            walk(path, document)
        else:
            plain = getattr(value, "path", value)  # of an archive, its file
            found[path] = plain.replace(f"-{stack}", "-…") if isinstance(plain, str) else plain

    walk("", {key: value for key, value in resource.inputs.items() if key not in _ALWAYS})
    return found


def _read_document(path: str, text: str) -> Any:
    """What a policy, a list of containers or the script of a machine holds; None of any other text."""
    if path == "userData":
        return base64.b64decode(text).decode().splitlines()
    if text.startswith(("{", "[")):
        with contextlib.suppress(ValueError):
            return json.loads(text)
    return None


def _said(key: tuple[str, str]) -> str:
    return f"{key[0].rsplit(':', 1)[1]} {key[1].removeprefix('labelmill-')}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"
