"""What each user's jobs take up, read from the table for the users of one page."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db.models import Exists, OuterRef, Subquery

from labeler.accounts.models import User
from labeler.jobs import listing
from labeler.jobs.models import PlanChange
from pipeline.ports import JobTable
from pipeline.schema.job import COMPLETED, Job

PAGE = 25
MOST_READ = 2000  # jobs of one user
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Total:
    user: User
    plan: str
    usage: listing.Usage
    more: bool  # there are more jobs than were read
    kept_until: datetime | None  # when the last of the results goes to the archive; none goes on the premium plan


def page(table: JobTable, after: int = 0) -> tuple[list[Total], int]:
    """Users who have ever come to the jobs, by age of their accounts; and after which the next page begins, 0 at the
    end."""
    changes = PlanChange.objects.filter(user=OuterRef("pk"))
    users = User.objects.filter(Exists(changes), pk__gt=after).order_by("pk")
    with_plan = users.annotate(plan=Subquery(changes.order_by("-n").values("plan")[:1]))
    rows = list(with_plan[: PAGE + 1])
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda user: total(table, user, user.plan), rows[:PAGE]))
    return found, rows[PAGE - 1].pk if len(rows) > PAGE else 0


def total(table: JobTable, user: User, plan: str) -> Total:
    jobs = list(islice(listing.everything(table, user.labeler_id), MOST_READ + 1))
    shown = jobs[:MOST_READ]
    return Total(user, plan, listing.usage(shown), len(jobs) > MOST_READ, max(_kept(shown), default=None))


def _kept(jobs: Iterable[Job]) -> Iterable[datetime]:
    return (datetime.fromisoformat(one.keep_until) for one in jobs if one.state == COMPLETED and one.keep_until)
