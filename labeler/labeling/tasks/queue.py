"""Which places of a project are free for a labeler, and the taking of one: in SQL, since every `next` asks it."""

from collections.abc import Collection, Mapping

from django.db import IntegrityError, connection
from django.utils import timezone

from labeler.accounts.models import User
from labeler.labeling.models import Project
from labeler.sql import Statement

MOST_EXCLUDED = 4
_TRIES = 3
_LOOKED_AT = 20  # places of a crew, to tell whether it is the labeler's own

# A place is free when nobody holds it, the labeler holds no other place of its task, and has not answered that before.
_IDLE = """p.project_id = %s AND p.state = 'open' AND (p.leased_until IS NULL OR p.leased_until < %s)
    AND (p.kept_for_id IS NULL OR p.kept_for_id = %s)"""
_ANSWERED = """EXISTS (SELECT 1 FROM labeling_annotation AS a
    WHERE a.task_id = {place}.task_id AND a.labeler_id = %s AND a.current AND a.kind <> 'withdrawn')"""
_FREE = f"""{_IDLE} AND NOT {_ANSWERED.format(place="p")}
    AND NOT EXISTS (SELECT 1 FROM labeling_assignment AS o
        WHERE o.task_id = p.task_id AND o.labeler_id = %s AND o.id <> p.id)"""  # noqa: S608

# The crews there are, each found from the one before by a step in the index, with the rank of its first idle place.
# Of a crew the labeler belongs to, all places are theirs: a look at the first few tells.
_CREWS = f"""WITH RECURSIVE crews(crew) AS (
    SELECT (SELECT p.crew FROM labeling_assignment AS p WHERE p.project_id = %s AND p.state = 'open'
        ORDER BY p.crew LIMIT 1)
    UNION ALL
    SELECT (SELECT p.crew FROM labeling_assignment AS p WHERE p.project_id = %s AND p.state = 'open'
        AND p.crew > crews.crew ORDER BY p.crew LIMIT 1) FROM crews WHERE crews.crew IS NOT NULL)
    SELECT crew, (SELECT p.rank FROM labeling_assignment AS p WHERE {_IDLE} AND p.crew = crews.crew
        ORDER BY p.rank, p.id LIMIT 1) FROM crews
    WHERE crew = 0 OR EXISTS (SELECT 1 FROM (SELECT p.task_id FROM labeling_assignment AS p WHERE p.project_id = %s
        AND p.state = 'open' AND p.crew = crews.crew ORDER BY p.rank, p.id LIMIT {_LOOKED_AT}) AS looked
        WHERE NOT {_ANSWERED.format(place="looked")})"""  # noqa: S608
_crews = Statement(_CREWS)


def waiting(project: Project, labeler: User, most: int) -> int:
    """How many places of a project this labeler could take now, counted up to `most`."""
    found = 0
    for crew in _open_to(project, labeler):
        found += _count.row(*_free_values(project, labeler), crew, most - found)[0]  # type: ignore[index]
        if found >= most:
            break
    return found


def claim(project: Project, labeler: User, exclude: Collection[int], held: Mapping[str, object]) -> int | None:
    """Takes the free place that comes first, and writes the columns of `held`; returns its primary key.

    `exclude`: tasks (primary keys) not wanted, at most `MOST_EXCLUDED`.
    """
    unwanted = [*exclude, *[0] * MOST_EXCLUDED][:MOST_EXCLUDED]
    values = [*held.values(), *_free_values(project, labeler)]
    for crew in _open_to(project, labeler):
        for _ in range(_TRIES):
            try:
                claimed = _take().row(*values, crew, *unwanted)
            except IntegrityError:  # the same labeler took another place of this task a moment ago
                continue
            if claimed:
                return int(claimed[0])
            break
    return None


def _open_to(project: Project, labeler: User) -> list[int]:
    """The crews whose places may be free for the labeler, the one with the first place to take first."""
    idle = (project.pk, timezone.now(), labeler.pk)
    found = _crews.rows(project.pk, project.pk, *idle, project.pk, labeler.pk)
    return [crew for crew, rank in sorted(found, key=lambda one: one[1] or 0) if rank is not None]


def _free_values(project: Project, labeler: User) -> tuple[object, ...]:
    return project.pk, timezone.now(), labeler.pk, labeler.pk, labeler.pk


_count = Statement(
    f"SELECT COUNT(*) FROM (SELECT 1 FROM labeling_assignment AS p WHERE {_FREE} AND p.crew = %s LIMIT %s) AS found"  # noqa: S608
)
_CLAIM = f"""UPDATE labeling_assignment SET labeler_id = %s, token = %s, leased_at = %s, leased_until = %s WHERE id = (
    SELECT p.id FROM labeling_assignment AS p WHERE {_FREE} AND p.crew = %s AND p.task_id NOT IN (%s, %s, %s, %s)
    ORDER BY p.rank, p.id LIMIT 1 {{lock}}) RETURNING id"""  # noqa: S608
_claims = {lock: Statement(_CLAIM.format(lock=lock)) for lock in ("", "FOR UPDATE SKIP LOCKED")}


def _take() -> Statement:
    """One statement chooses and takes; a place that another claim has locked is passed over."""
    return _claims["FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""]
