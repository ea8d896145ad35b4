"""What arrives of a resource's inputs, as plain Python values."""

from typing import Any

# The key by which the wire marks a value as special, and the mark of a secret.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105


def plain(value: Any) -> Any:
    """Whole numbers as int (all numbers arrive as floats), and secrets unwrapped, at any depth."""
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return plain(value.get("value"))
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
