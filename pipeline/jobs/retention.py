"""Archives results of the free plan, and brings them back for the premium one.

Each function may be run again from the start after a crash, and by messages that come twice or out of order. Races with
a change of plan are settled by reading the plan again after each step: whichever of the two writes comes second sees
the other.
"""

from dataclasses import replace

from pipeline.ports import ObjectMissing
from pipeline.schema import timestamp

from . import states
from .closing import close, plan_retirement
from .job import ARCHIVED, ARCHIVING, COMPLETED, FREE, PREMIUM, THAWING, Job
from .moves import move
from .office import Office
from .ports import STANDARD, RestoreRefused

TIERS = ("Expedited", "Standard")  # minutes, else hours
RESTORED_DAYS = 3  # how long S3 keeps the temporary copy that is then made permanent


def retire(office: Office, user: str, job_id: str) -> Job | None:
    """Archives a result whose time is over. The log stays where it is, to be read."""
    job = office.table.get(user, job_id)
    if job is not None and job.state == COMPLETED:
        try:
            job = move(office.table, user, job_id, lambda old: states.retire(old, office.now(), office.plan(user)))
        except states.NotAllowed:
            return job  # upgraded, deleted, or not yet: a later message or the sweep comes back
    if job is None or job.state != ARCHIVING:
        return job
    if office.files.head(job.bundle_key).storage_class == STANDARD:
        if office.plan(user) == PREMIUM:
            return move(office.table, user, job_id, lambda old: states.keep(old, office.now(), PREMIUM))
        office.files.change_class(job.bundle_key, office.archive_class)
    job = move(office.table, user, job_id, lambda old: states.archive(old, office.now()))
    # An upgrade that looked for archived jobs before this one was: it would be forgotten.
    return thaw(office, job) if office.plan(user) == PREMIUM else job


def change_plan(office: Office, user: str) -> int:
    """Follows a change of plan through all jobs of a user; how many it touched."""
    plan, before, touched = office.plan(user), "", 0
    while page := office.table.of_user(user, before):
        before = page[-1].id
        for job in page:
            if plan == PREMIUM and job.state in (ARCHIVED, THAWING):
                thaw(office, job)
                touched += 1
            elif plan == FREE and job.state == COMPLETED and not job.keep_until:
                _keep_for_now(office, job)
                touched += 1
    return touched


def _keep_for_now(office: Office, job: Job) -> None:
    """After a downgrade the time of a result begins anew."""
    now = office.now()
    until = timestamp(now.fromtimestamp(now.timestamp() + office.retention_seconds, now.tzinfo))
    plan_retirement(office, move(office.table, job.user, job.id, lambda old: replace(old, keep_until=until)))


def thaw(office: Office, job: Job) -> Job:
    """Asks for an archived result, or asks again."""
    user = job.user
    try:
        if job.state == ARCHIVED:
            job = move(office.table, user, job.id, lambda old: states.thaw(old, office.now(), office.plan(user)))
        return _ask(office, job)
    except states.NotAllowed:
        return office.table.get(user, job.id) or job  # downgraded or deleted meanwhile


def _ask(office: Office, job: Job) -> Job:
    head = office.files.head(job.bundle_key)
    if head.storage_class == STANDARD or head.restored:
        return _bring_back(office, job)
    tier = next((tier for tier in TIERS if _asked(office, job, tier)), "")
    if not tier:
        return move(office.table, job.user, job.id, lambda old: states.refuse(old, office.now()))
    # The first request stands; a repeat may be answered differently.
    return move(office.table, job.user, job.id, lambda old: replace(old, thaw_tier=old.thaw_tier or tier))


def _asked(office: Office, job: Job, tier: str) -> bool:
    try:
        office.files.restore(job.bundle_key, tier, RESTORED_DAYS)
    except RestoreRefused:
        return False
    return True


def thawed(office: Office, key: str) -> Job | None:
    """S3 says that the temporary copy of an object is there."""
    parts = key.split("/")
    if len(parts) != 5 or parts[0] != "jobs" or parts[4] != "bundle.zip":
        return None
    job = office.table.get(parts[1], parts[2])
    if job is None or job.state not in (ARCHIVED, THAWING) or job.bundle_key != key:
        return job
    try:
        return thaw(office, job)
    except ObjectMissing:
        return job  # being deleted


def _bring_back(office: Office, job: Job) -> Job:
    """A restored copy is temporary: it is copied to stay."""
    if office.files.head(job.bundle_key).storage_class != STANDARD:
        office.files.change_class(job.bundle_key, STANDARD)
    return close(office, move(office.table, job.user, job.id, lambda old: states.restore(old, office.now())))
