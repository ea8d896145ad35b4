"""Draws that fall the same at every run and on every machine."""

import hashlib

_BITS = 53  # as many as a float holds exactly


def draw(*key: str) -> float:
    """A number from 0 up to 1 for a key, spread evenly over keys; draws whose first part differs are independent."""
    return (int.from_bytes(hashlib.sha256("\0".join(key).encode()).digest()[:8], "big") >> 64 - _BITS) / (1 << _BITS)
