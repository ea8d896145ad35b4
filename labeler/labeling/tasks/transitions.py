"""All that writes the state of a task or an assignment, the facts it follows from, and leases.

What requests do hundreds of times a day is SQL written out; all else changes facts, and `refit` derives the rest.
"""

import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from labeler.accounts.models import User
from labeler.labeling.models import Annotation, Assignment, Post, Project, Task
from labeler.labeling.tasks import ordering, states
from labeler.labeling.tasks.queue import CLAIM
from labeler.labeling.tasks.states import Facts, Slot
from labeler.sql import Columns, Instances, Statement, insert

LEASE = timedelta(minutes=10)
CHUNK = 400  # parameters of one query: SQLite has a limit

_NO_LEASE = {"token": None, "leased_at": None, "leased_until": None}
_ANSWERED = Assignment.State.ANSWERED
_FACTS = ("closed", "deleted", "withheld", "post__current")

_ASSIGNMENT = Columns(Assignment, "a")
_ASSIGNMENTS = Instances(
    f"""SELECT {_ASSIGNMENT.sql}, EXISTS (SELECT 1 FROM labeling_annotation AS o
        WHERE o.task_id = a.task_id AND o.labeler_id = %s)
    FROM labeling_assignment AS a WHERE a.task_id = %s ORDER BY a.id""",  # noqa: S608
    _ASSIGNMENT,
)
_FILL = Statement(
    """UPDATE labeling_assignment SET state = 'answered', labeler_id = %s, token = NULL, leased_at = NULL,
    leased_until = NULL WHERE id = %s AND COALESCE(token, '') = %s"""
)
_STATE = Statement("UPDATE labeling_task SET state = %s WHERE id = %s")
_SET = Statement("UPDATE labeling_assignment SET annotator_set = %s WHERE task_id = %s AND state <> 'answered'")
_CLAIM = f"""UPDATE labeling_assignment SET labeler_id = %s, token = %s, leased_at = %s, leased_until = %s
    WHERE {CLAIM} RETURNING id"""  # noqa: S608
# One statement chooses and takes; an assignment that another claim has locked is passed over.
_claims = {lock: Statement(_CLAIM.format(lock=lock)) for lock in ("", "FOR UPDATE SKIP LOCKED")}


def ask(project: Project, posts: Sequence[Post]) -> None:
    """Makes the tasks of new posts with their assignments."""
    settings = project.settings
    made: list[tuple[Task, dict[int, str]]] = []
    for post in posts:
        rank = ordering.rank(settings.order, post)
        slots = [Slot(number) for number in range(1, ordering.redundancy(settings, post.post_id) + 1)]
        withheld = bool(post.ended) and not settings.label_ended
        state, of_slots = states.derive(Facts(current=post.current, withheld=withheld), slots)
        made.append((Task(project=project, post=post, state=state, rank=rank, withheld=withheld), of_slots))
    insert([task for task, _ in made])
    insert(
        [
            Assignment(task=task, project=project, number=number, rank=task.rank, state=state)
            for task, of_slots in made
            for number, state in of_slots.items()
        ]
    )


def move(event: str, tasks: Collection[int]) -> list[int]:
    """Changes the facts of tasks (primary keys) as `states.MOVES` says; returns those that it changed."""
    before, after = states.MOVES[event]
    changed: list[int] = []
    for keys in _chunks(tasks):
        changed += Task.objects.filter(pk__in=keys, **before).values_list("pk", flat=True)
    for keys in _chunks(changed):
        Task.objects.filter(pk__in=keys).update(**after)
        if after.get("deleted"):  # who is at one loses the lease; an answer that comes is kept
            _free(Assignment.objects.filter(task__in=keys))
    refit(changed)
    return changed


def refit(tasks: Collection[int], wanted: Mapping[int, int] | None = None) -> None:
    """Brings the states of tasks (primary keys) and of their assignments up to the facts and to the answers that count.

    `wanted`: by task, how many answers it wants; where it does not say, there are as many assignments as there were.
    """
    for keys in _chunks(tasks):
        with transaction.atomic():
            _refit(keys, wanted or {})


def _refit(keys: list[int], wanted: Mapping[int, int]) -> None:
    now = timezone.now()
    rows = Task.objects.filter(pk__in=keys).select_for_update(of=("self",)).select_related("post").order_by("pk")
    tasks = list(rows.only("project", "post", "rank", "state", *_FACTS))
    theirs: dict[int, list[Assignment]] = defaultdict(list)
    for row in Assignment.objects.filter(task__in=keys).order_by("number"):
        theirs[row.task_id].append(row)
    counting: dict[int, list[int]] = defaultdict(list)
    answers = Annotation.objects.filter(task__in=keys, current=True, second_opinion=False).order_by("pk")
    for task_id, labeler in answers.exclude(kind=Annotation.Kind.WITHDRAWN).values_list("task", "labeler_id"):
        counting[task_id].append(labeler)
    changes = _Changes()
    for task in tasks:
        facts, assignments = _facts(task), theirs[task.pk]
        slots = [_slot(row, now) for row in assignments]
        slots = states.seat(slots, counting[task.pk], wanted.get(task.pk))
        state, of_slots = states.derive(facts, slots)
        done_with = states.annotator_set(slot.labeler for slot in slots if slot.answered and slot.labeler)
        if state != task.state:
            changes.tasks[state].append(task.pk)
        changes.compare(task, assignments, slots, of_slots, done_with)
    changes.write()


class _Changes:
    """Rows to write, those that change alike together."""

    def __init__(self) -> None:
        self.tasks: dict[str, list[int]] = defaultdict(list)
        self._assignments: dict[tuple[tuple[str, Any], ...], list[int]] = defaultdict(list)
        self._new: list[Assignment] = []
        self._dropped: list[int] = []

    def compare(
        self, task: Task, rows: Sequence[Assignment], slots: Sequence[Slot], of_slots: Mapping[int, str], done_with: int
    ) -> None:
        """What is to be done so that the rows of a task become these slots."""
        there = {row.number: row for row in rows}
        for slot in slots:
            state, row = of_slots[slot.number], there.pop(slot.number, None)
            known = 0 if slot.answered else done_with
            if row is None:
                named = {"number": slot.number, "rank": task.rank, "state": state, "annotator_set": known}
                named |= {"labeler_id": slot.labeler}
                self._new.append(Assignment(task=task, project_id=task.project_id, **named))
                continue
            new: dict[str, Any] = {"state": state} if row.state != state else {}
            if row.labeler_id != slot.labeler:
                new["labeler"] = slot.labeler
            if slot.answered != (row.state == _ANSWERED) and not (slot.held and not slot.answered):
                new |= _NO_LEASE
            if not slot.answered and row.annotator_set != known:
                new["annotator_set"] = known
            if new:
                self._assignments[tuple(new.items())].append(row.pk)
        self._dropped += [row.pk for row in there.values()]

    def write(self) -> None:
        for state, keys in self.tasks.items():
            Task.objects.filter(pk__in=keys).update(state=state)
        for new, pks in self._assignments.items():
            for keys in _chunks(pks):
                Assignment.objects.filter(pk__in=keys).update(**dict(new))
        insert(self._new)
        for keys in _chunks(self._dropped):
            Assignment.objects.filter(_idle(), pk__in=keys).delete()


def standing(task: Task, labeler: User) -> tuple[list[Assignment], bool]:
    """The assignments of a locked task, and whether the labeler has answered it before."""
    found = _ASSIGNMENTS.rows(labeler.pk, task.pk)
    return [assignment for assignment, _ in found], not found or bool(found[0][1])


def answer(task: Task, state: str, facts: Facts, rows: Sequence[Assignment], labeler: User) -> Assignment | None:
    """Fills the assignment that is leased to the labeler, or one that nobody holds, with their answer; None when
    others have all. The task is locked and in `state`; `rows` are its assignments."""
    now = timezone.now()
    own = next((row for row in rows if row.labeler_id == labeler.pk), None)
    filled = None
    if own is None or own.state != _ANSWERED:
        wanting = [row for row in rows if row.state == Assignment.State.OPEN and not row.question]
        idle = (row for row in wanting if row.leased_until is None or row.leased_until < now)
        filled = own or next(idle, None)
    # Between the reading and here another labeler may have claimed it: then no row changes.
    if filled is None or not _FILL.change(labeler.pk, filled.pk, filled.token or ""):
        return None
    others = [row for row in rows if row is not filled]
    answered = [row.labeler_id for row in others if row.state == _ANSWERED and row.labeler_id is not None]
    wanting = [row for row in wanting if row is not filled]
    after = states.task_state(facts, answered=True, held=False, wanting=bool(wanting))
    if after != state:
        _STATE.change(after, task.pk)
    if len(answered) < len(others):
        _SET.change(states.annotator_set([*answered, labeler.pk]), task.pk)
    return filled


def grant(labeler: User) -> dict[str, object]:
    """The columns of an assignment that make it held by `labeler` from now."""
    now = timezone.now()
    return {"labeler_id": labeler.pk, "token": secrets.token_hex(12), "leased_at": now, "leased_until": now + LEASE}


def claim(labeler: User, values: Sequence[object]) -> int | None:
    """Leases the free assignment that comes first; returns its primary key. `values`: those of `queue.CLAIM`."""
    lock = "FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    claimed = _claims[lock].row(*grant(labeler).values(), *values)
    return int(claimed[0]) if claimed else None


def lease(assignments: "QuerySet[Assignment]", labeler: User) -> None:
    """Leases one that is the labeler's, or is to be."""
    assignments.update(**grant(labeler))


def question(task: Task, labeler: User) -> int | None:
    """Leases a decided task to a labeler who has nothing to do with it: an assignment that is free, or one beyond what
    the task wants, which stays theirs. None when somebody else is being asked it at this moment."""
    rows = Assignment.objects.filter(task=task)
    free = rows.filter(_idle(), state=Assignment.State.OPEN, labeler=None, kept_for=None).order_by("number").first()
    try:
        with transaction.atomic():
            if free:
                taken = rows.filter(pk=free.pk, labeler=None).update(**grant(labeler))
                return free.pk if taken else None
            number = (rows.aggregate(most=Max("number"))["most"] or 0) + 1
            known = rows.filter(state=_ANSWERED).values_list("labeler_id", flat=True)
            return Assignment.objects.create(
                task=task,
                project_id=task.project_id,
                number=number,
                rank=task.rank,
                question=True,
                annotator_set=states.annotator_set(known),
                kept_for=labeler,
                **grant(labeler),
            ).pk
    except IntegrityError:
        return None


def extend(held: "QuerySet[Assignment]", until: datetime) -> int:
    """Has leases end then; returns how many there were."""
    return held.update(leased_until=until)


def release(held: "QuerySet[Assignment]") -> None:
    """Ends leases. One that was sent back stays its labeler's."""
    stale = list(held.filter(task__state=Task.State.STALE).values_list("task", flat=True))
    _free(held)
    refit(stale)  # where nobody answered, it was only held


def _free(assignments: "QuerySet[Assignment]") -> None:
    keys = list(assignments.exclude(labeler=None).values_list("pk", flat=True))
    for part in _chunks(keys):
        rows = Assignment.objects.filter(pk__in=part)
        rows.exclude(state=_ANSWERED).update(labeler=None, **_NO_LEASE)
        rows.filter(state=_ANSWERED).update(**_NO_LEASE)


def assign(tasks: Collection[int], labeler: User | None) -> list[int]:
    """Keeps one free assignment of each task for a labeler who has nothing to do with it yet; returns those tasks."""
    rows = Assignment.objects.filter(task__in=tasks)
    free = rows.filter(_idle(), state=Assignment.State.OPEN, kept_for=None, labeler=None)
    theirs = set(rows.filter(Q(labeler=labeler) | Q(kept_for=labeler)).values_list("task", flat=True))
    first: dict[int, int] = {}
    for task, pk in free.order_by("number").values_list("task", "pk"):
        if task not in theirs:
            first.setdefault(task, pk)
    Assignment.objects.filter(pk__in=first.values()).update(kept_for=labeler)
    return sorted(first)


def unassign(tasks: Collection[int], labeler: User | None = None) -> list[int]:
    """From one labeler, or from everybody; returns the tasks that were kept for them."""
    kept = Assignment.objects.filter(task__in=tasks, kept_for__isnull=False, question=False).exclude(state=_ANSWERED)
    if labeler:
        kept = kept.filter(kept_for=labeler)
    found = dict(kept.values_list("pk", "task"))
    Assignment.objects.filter(pk__in=found).update(kept_for=None)
    return sorted(set(found.values()))


def decide(task: int, stands: bool) -> None:
    """Notes whether a reviewer's decision on a task stands."""
    Task.objects.filter(pk=task).exclude(decided=stands).update(decided=stands)


def _facts(task: Task) -> Facts:
    return Facts(task.post.current, task.closed, task.deleted, task.withheld)


def _slot(row: Assignment, now: datetime) -> Slot:
    held = row.leased_until is not None and row.leased_until > now
    return Slot(row.number, row.labeler_id, row.state == _ANSWERED, held, row.question)


def _idle() -> Q:
    return Q(token__isnull=True) | Q(leased_until__lt=timezone.now())


def _chunks(keys: Iterable[int]) -> Iterable[list[int]]:
    ordered = sorted(keys)
    return [ordered[at : at + CHUNK] for at in range(0, len(ordered), CHUNK)]
