"""Which assignments of a project are free for a labeler, in the order in which they come: in SQL, since every `next`
asks it."""

from collections.abc import Collection

from django.utils import timezone

from labeler.accounts.models import User
from labeler.labeling.models import Project
from labeler.sql import Statement

MOST_EXCLUDED = 4
_LOOKED_AT = 20  # assignments of a set, to tell whether the labeler is in it

# One is free when nobody holds it, and the labeler neither holds another of its task nor has answered that before.
_IDLE = """p.project_id = %s AND p.state = 'open' AND (p.leased_until IS NULL OR p.leased_until < %s)
    AND (p.kept_for_id IS NULL OR p.kept_for_id = %s)"""
_ANSWERED = """EXISTS (SELECT 1 FROM labeling_annotation AS a
    WHERE a.task_id = {row}.task_id AND a.labeler_id = %s AND a.current AND a.kind <> 'withdrawn')"""
_FREE = f"""{_IDLE} AND NOT {_ANSWERED.format(row="p")}
    AND NOT EXISTS (SELECT 1 FROM labeling_assignment AS o
        WHERE o.task_id = p.task_id AND o.labeler_id = %s AND o.id <> p.id)
    AND p.annotator_set = %s"""  # noqa: S608

# The sets there are, each found from the one before by a step in the index, with the rank of its first idle assignment.
# Where the labeler is in a set, they have answered all tasks of its assignments: a look at the first few tells.
_SETS = f"""WITH RECURSIVE sets(number) AS (
    SELECT (SELECT p.annotator_set FROM labeling_assignment AS p WHERE p.project_id = %s AND p.state = 'open'
        ORDER BY p.annotator_set LIMIT 1)
    UNION ALL
    SELECT (SELECT p.annotator_set FROM labeling_assignment AS p WHERE p.project_id = %s AND p.state = 'open'
        AND p.annotator_set > sets.number ORDER BY p.annotator_set LIMIT 1) FROM sets WHERE sets.number IS NOT NULL)
    SELECT number, (SELECT p.rank FROM labeling_assignment AS p WHERE {_IDLE} AND p.annotator_set = sets.number
        ORDER BY p.rank, p.id LIMIT 1) FROM sets
    WHERE number = 0 OR EXISTS (SELECT 1 FROM (SELECT p.task_id FROM labeling_assignment AS p WHERE p.project_id = %s
        AND p.state = 'open' AND p.annotator_set = sets.number ORDER BY p.rank, p.id LIMIT {_LOOKED_AT}) AS looked
        WHERE NOT {_ANSWERED.format(row="looked")})"""  # noqa: S608
_sets = Statement(_SETS)
_count = Statement(f"SELECT COUNT(*) FROM (SELECT 1 FROM labeling_assignment AS p WHERE {_FREE} LIMIT %s) AS found")  # noqa: S608

# Which one a claim takes, with its values; `lock` is for what the database locks rows with.
CLAIM = f"""id = (SELECT p.id FROM labeling_assignment AS p WHERE {_FREE} AND p.task_id NOT IN (%s, %s, %s, %s)
    ORDER BY p.rank, p.id LIMIT 1 {{lock}})"""  # noqa: S608


def waiting(project: Project, labeler: User, most: int) -> int:
    """How many assignments of a project this labeler could take now, counted up to `most`."""
    found = 0
    for free in _free(project, labeler):
        found += _count.row(*free, most - found)[0]  # type: ignore[index]
        if found >= most:
            break
    return found


def claims(project: Project, labeler: User, exclude: Collection[int]) -> list[tuple[object, ...]]:
    """Values for `CLAIM`, one for each annotator set of which some may be free, the one with the first to take first.

    `exclude`: tasks (primary keys) not wanted, at most `MOST_EXCLUDED`.
    """
    unwanted = [*exclude, *[0] * MOST_EXCLUDED][:MOST_EXCLUDED]
    return [(*free, *unwanted) for free in _free(project, labeler)]


def _free(project: Project, labeler: User) -> list[tuple[object, ...]]:
    """Values for `_FREE`."""
    key, now, own = project.pk, timezone.now(), labeler.pk
    found = _sets.rows(key, key, key, now, own, key, own)
    ordered = sorted(found, key=lambda one: one[1] or 0)
    return [(key, now, own, own, own, number) for number, rank in ordered if rank is not None]
