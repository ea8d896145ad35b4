"""Crews: who has answered a task so far, as one number on its open places, 0 for nobody.

A labeler who works alone on posts that want several answers leaves an open place behind at every post. By their crews
such places are passed over all at once, however many there are.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import lru_cache, reduce
from operator import xor

from labeler.labeling.models import Assignment

_MOST = 400  # parameters of one query: SQLite has a limit


def crew(labelers: Iterable[int]) -> int:
    """The number of a set of labelers (primary keys), the same in any order."""
    return reduce(xor, map(_number, labelers), 0)


@lru_cache(maxsize=4096)
def _number(labeler: int) -> int:
    return int.from_bytes(hashlib.sha256(str(labeler).encode()).digest()[:8], "big") >> 1  # a signed 64-bit column


def fit(tasks: Collection[int]) -> None:
    """Brings the places of tasks (primary keys) up to who has answered them."""
    ordered = list(tasks)
    for at in range(0, len(ordered), _MOST):
        _fit(ordered[at : at + _MOST])


def _fit(tasks: list[int]) -> None:
    places = Assignment.objects.filter(task__in=tasks)
    unanswered = places.exclude(state=Assignment.State.ANSWERED)
    was = set(unanswered.values_list("task", "crew"))
    answered: dict[int, list[int]] = defaultdict(list)
    if was:
        for task, labeler in places.filter(state=Assignment.State.ANSWERED).values_list("task", "labeler"):
            answered[task].append(labeler)
    changed: dict[int, set[int]] = defaultdict(set)
    for task, number in was:
        if number != (now := crew(answered[task])):
            changed[now].add(task)
    for number, same in changed.items():
        unanswered.filter(task__in=same).update(crew=number)
