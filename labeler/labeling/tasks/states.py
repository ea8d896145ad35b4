"""The states of a task and of its assignments: the facts there are, how they move, and what follows from them. Pure.

A task has four facts, none of which is inferred from another or from its answers; its assignments know whose answers
count and who is at work. Both states are columns too, so that lists find them by an index: `transitions` writes them.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from operator import xor

from labeler.labeling.models import Assignment, Task


@dataclass(frozen=True, slots=True)
class Facts:
    """`current`: no newer text of the posting has come. `closed`: an admin wants no more answers. `deleted`: taken out
    of use by an admin. `withheld`: the posting has ended, and the project hands out no such posts."""

    current: bool = True
    closed: bool = False
    deleted: bool = False
    withheld: bool = False


# Event → the facts it may come upon, the facts after it.
MOVES: Mapping[str, tuple[Mapping[str, bool], Mapping[str, bool]]] = {
    "close": ({"closed": False, "deleted": False}, {"closed": True}),
    "reopen": ({"closed": True, "deleted": False}, {"closed": False}),
    "delete": ({"deleted": False}, {"deleted": True}),
    "restore": ({"deleted": True}, {"deleted": False}),
    "withhold": ({"withheld": False}, {"withheld": True}),
    "hand-out": ({"withheld": True}, {"withheld": False}),
    "supersede": ({"current": True}, {"current": False}),
    "return": ({"current": False}, {"current": True}),
}


@dataclass(frozen=True, slots=True)
class Slot:
    """What the state of an assignment follows from. `labeler`: who answered it, holds it, or held it last (primary
    key); `held`: their lease runs; `question`: asked beyond what the task wants, to see how its labeler does."""

    number: int
    labeler: int | None = None
    answered: bool = False
    held: bool = False
    question: bool = False


def move(facts: Facts, event: str) -> Facts:
    """The facts after an event; the same where it may not come, so that a repeat changes nothing."""
    before, after = MOVES[event]
    return replace(facts, **after) if all(getattr(facts, name) == given for name, given in before.items()) else facts


def task_state(facts: Facts, answered: bool, held: bool, wanting: bool) -> str:
    """`answered`, `held`, `wanting`: whether one of its assignments is answered, held, or open and not a question."""
    if facts.deleted:
        return Task.State.DELETED
    if not facts.current:
        return Task.State.STALE if answered or held else Task.State.CLOSED
    if wanting:
        return Task.State.OPEN
    if answered or not (facts.closed or facts.withheld):
        return Task.State.DONE
    return Task.State.CLOSED if facts.closed else Task.State.ENDED


def assignment_state(facts: Facts, slot: Slot) -> str:
    if slot.answered:
        return Assignment.State.ANSWERED
    if facts.deleted:
        return Assignment.State.DELETED
    # Questions are about decisions, which no newer text and no closing takes back.
    asks = slot.question or (facts.current and not facts.closed and not facts.withheld)
    return Assignment.State.OPEN if asks else Assignment.State.CLOSED


def derive(facts: Facts, slots: Iterable[Slot]) -> tuple[str, dict[int, str]]:
    """The state of a task, and of each of its assignments by number."""
    found = list(slots)
    states = {slot.number: assignment_state(facts, slot) for slot in found}
    wanting = any(states[slot.number] == Assignment.State.OPEN and not slot.question for slot in found)
    answered, held = any(slot.answered for slot in found), any(slot.held for slot in found)
    return task_state(facts, answered, held, wanting), states


def seat(slots: Sequence[Slot], answered: Collection[int], wanted: int | None = None) -> list[Slot]:
    """The assignments of a task, in order of number, made to fit whose answers count (primary keys of labelers).

    With `wanted` there are as many as that; what is answered or held stays, so that no work is lost.
    """
    left = dict.fromkeys(answered)
    found: list[Slot] = []
    for slot in slots:
        if slot.labeler in left:
            found.append(replace(slot, answered=True))
            del left[slot.labeler]
        elif slot.answered:
            found.append(replace(slot, answered=False, labeler=slot.labeler if slot.held else None))
        else:
            found.append(slot)
    for labeler in left:
        free = next((at for at, slot in enumerate(found) if slot.labeler is None and not slot.question), None)
        if free is None:
            found.append(Slot(_next(found), labeler, answered=True))
        else:
            found[free] = replace(found[free], labeler=labeler, answered=True)
    return found if wanted is None else _sized(found, wanted)


def _sized(slots: list[Slot], wanted: int) -> list[Slot]:
    plain = [slot for slot in slots if slot.answered or not slot.question]
    found = list(slots)
    for _ in range(wanted - len(plain)):
        found.append(Slot(_next(found)))
    spare = [slot.number for slot in plain if not slot.answered and not slot.held]
    dropped = set(spare[len(spare) - max(0, min(len(plain) - wanted, len(spare))) :])
    return [slot for slot in found if slot.number not in dropped]


def _next(slots: Sequence[Slot]) -> int:
    return max((slot.number for slot in slots), default=0) + 1


def annotator_set(labelers: Iterable[int]) -> int:
    """The number of a set of labelers (primary keys), the same in any order; 0 for nobody.

    Each assignment that is not answered has that of the labelers who are done with its task. Whoever works alone on
    posts that want several answers leaves an open one behind at every post: by their set these are passed over all at
    once, however many there are.
    """
    return reduce(xor, map(_number, labelers), 0)


@lru_cache(maxsize=4096)
def _number(labeler: int) -> int:
    return int.from_bytes(hashlib.sha256(str(labeler).encode()).digest()[:8], "big") >> 1  # a signed 64-bit column
