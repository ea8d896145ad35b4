"""What looks like labels in the parts of a row that its reader did not take: named and counted, never passed over."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from . import tags

_STARTS = re.compile(r"(^|_|[a-z])(start|begin)|^(from|b|s|start|begin)$", re.I)
_ENDS = re.compile(r"(^|_|[a-z])(end|stop)|^(to|e|until|length|len)$", re.I)
_NAMED = re.compile(r"(^|_)(spans?|entit(y|ies)|ents?|labels?|annotations?|regions?|ner|tags|cats)$", re.I)
_DEEPEST = 12
_MOST = 10_000  # values looked at in a row


def found(values: Mapping[str, Any]) -> tuple[Counter[str], Counter[str]]:
    """Two counts by path (`a.b`): of spans and tags; and of other values in fields named as labels are."""
    sure: Counter[str] = Counter()
    named: Counter[str] = Counter()
    left = _MOST
    todo: list[tuple[str, str, Any, int]] = [(str(name), str(name), held, 0) for name, held in values.items()]
    while todo and left:
        left -= 1
        path, name, value, depth = todo.pop()
        if not isinstance(value, list | tuple | Mapping) or not value:
            continue
        before = sure.total()
        if isinstance(value, Mapping):
            if _is_span(value):
                sure[path] += 1
            elif depth < _DEEPEST:
                todo += [(f"{path}.{key}", str(key), held, depth + 1) for key, held in value.items()]
        elif _is_triple(value):
            sure[path] += 1
        elif _are_tags(value):
            sure[path] += len(value)
        elif depth < _DEEPEST:
            todo += [(path, "", held, depth + 1) for held in value if isinstance(held, list | tuple | Mapping)]
        if sure.total() == before and isinstance(value, list | tuple) and _NAMED.search(name):
            named[path] += len(value)
    # What has spans inside is told by these.
    for path in [path for path in named if any(one == path or one.startswith(f"{path}.") for one in sure)]:
        del named[path]
    return sure, named


def _is_span(value: Mapping[Any, Any]) -> bool:
    """An object with a start and an end that are numbers, or lists of them, as columns have it."""
    numbers = [str(name) for name, held in value.items() if _is_number(held) or _are_numbers(held)]
    return any(map(_STARTS.search, numbers)) and any(map(_ENDS.search, numbers))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _are_numbers(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_number, value))


def _is_triple(value: list[Any] | tuple[Any, ...]) -> bool:
    numbers = [one for one in value if type(one) is int]
    texts = [one for one in value if isinstance(one, str)]
    return len(value) in (3, 4) and len(numbers) == 2 and bool(texts) and 0 <= numbers[0] < numbers[1]


def _are_tags(value: list[Any] | tuple[Any, ...]) -> bool:
    return all(isinstance(one, str) and tags.is_tag(one) for one in value) and any(one != "O" for one in value)


def descriptions(values: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """(path, what is there, whether it is surely labels) of each unread part."""
    sure, named = found(values)
    for path, count in sorted(sure.items()):
        yield path, f"{count} {'span or tag' if count == 1 else 'spans or tags'}", True
    for path, count in sorted(named.items()):
        yield path, f"{count} {'value' if count == 1 else 'values'}", False
