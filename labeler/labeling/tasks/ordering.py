"""The order of work: a number for each task, the lowest comes first. Pure."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from pipeline.schema import Suggestion

ORDERS = ("oldest", "newest", "random", "score")


def rank(order: str, post_id: str, fetched_at: datetime, suggestions: Sequence[Suggestion]) -> int:
    """`score`: posts whose suggestions are least certain first; those without any at the end."""
    time = round(fetched_at.timestamp() * 1_000_000)
    if order == "newest":
        return -time
    if order == "random":
        return int.from_bytes(hashlib.sha256(post_id.encode()).digest()[:7], "big")
    if order == "score":
        mean = sum(one.score for one in suggestions) / len(suggestions) if suggestions else 1.0
        return round(mean * 1_000_000_000)
    return time
