"""JSON values as they can be stored: UTF-8, JSON columns and PostgreSQL take less than a parser of JSON lets through.

PostgreSQL takes no NUL in a text (its documentation, 8.14); half of a surrogate pair has no UTF-8 form; JSON knows no
NaN.
"""

import math
from typing import Any

DEPTH = 100  # of values in values; orjson stops at 254
HOLDS = "what JSON in UTF-8 holds: no NUL, no half of a character, no NaN, numbers within 64 bits"
_REPLACED = {0: None, **dict.fromkeys(range(0xD800, 0xE000), "\ufffd")}
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1


class TooDeep(ValueError):
    """Values within values beyond `DEPTH`."""


def storable(value: Any, depth: int = DEPTH) -> Any:
    """The value, with what cannot be stored left out or replaced. Raises `TooDeep`."""
    if not depth:
        raise TooDeep(f"values within values, {DEPTH} deep at most")
    if isinstance(value, str):
        return value.translate(_REPLACED)
    if isinstance(value, dict):
        return {str(name).translate(_REPLACED): storable(held, depth - 1) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [storable(held, depth - 1) for held in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool):
        return value
    return value if isinstance(value, int) and _LEAST <= value <= _MOST else str(value).translate(_REPLACED)
