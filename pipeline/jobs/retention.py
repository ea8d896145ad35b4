"""Archives results of the free plan, and brings them back for the premium one.

Each function may be run again from the start after a crash, and by messages that come twice or out of order. Races with
a change of plan are settled by reading the plan again after each step: whichever of the two writes comes second sees
the other.
"""

from dataclasses import replace

from pipeline.jobs.finalization import finalize, plan_retirement
from pipeline.jobs.services import JobServices
from pipeline.jobs.transitions import move
from pipeline.ports import STANDARD, ObjectMissing, RestoreRefused
from pipeline.schema import timestamp
from pipeline.schema.job import ARCHIVED, ARCHIVING, COMPLETED, FREE, PREMIUM, THAWING, Job

from . import states

TIERS = ("Expedited", "Standard")  # minutes, else hours
RESTORED_DAYS = 3  # how long S3 keeps the temporary copy that is then made permanent


def retire(services: JobServices, user: str, job_id: str) -> Job | None:
    """Archives a result whose time is over. The log stays where it is, to be read."""
    job = services.table.get(user, job_id)
    if job is not None and job.state == COMPLETED:
        try:
            job = move(
                services.table, user, job_id, lambda old: states.retire(old, services.now(), services.plan(user))
            )
        except states.NotAllowed:
            return job  # upgraded, deleted, or not yet: a later message or the sweep comes back
    if job is None or job.state != ARCHIVING:
        return job
    if services.files.head(job.bundle_key).storage_class == STANDARD:
        if services.plan(user) == PREMIUM:
            return move(services.table, user, job_id, lambda old: states.keep(old, services.now(), PREMIUM))
        services.files.change_class(job.bundle_key, services.archive_class)
    job = move(services.table, user, job_id, lambda old: states.archive(old, services.now()))
    # An upgrade that looked for archived jobs before this one was: it would be forgotten.
    return thaw(services, job) if services.plan(user) == PREMIUM else job


def change_plan(services: JobServices, user: str) -> int:
    """Follows a change of plan through all jobs of a user; how many it touched."""
    plan, before, touched = services.plan(user), "", 0
    while page := services.table.of_user(user, before):
        before = page[-1].id
        for job in page:
            if plan == PREMIUM and job.state in (ARCHIVED, THAWING):
                thaw(services, job)
                touched += 1
            elif plan == FREE and job.state == COMPLETED and not job.keep_until:
                _keep_for_now(services, job)
                touched += 1
    return touched


def _keep_for_now(services: JobServices, job: Job) -> None:
    """After a downgrade the time of a result begins anew."""
    now = services.now()
    until = timestamp(now.fromtimestamp(now.timestamp() + services.retention_seconds, now.tzinfo))
    plan_retirement(services, move(services.table, job.user, job.id, lambda old: replace(old, keep_until=until)))


def thaw(services: JobServices, job: Job) -> Job:
    """Asks for an archived result, or asks again."""
    user = job.user
    try:
        if job.state == ARCHIVED:
            job = move(services.table, user, job.id, lambda old: states.thaw(old, services.now(), services.plan(user)))
        return _ask(services, job)
    except states.NotAllowed:
        return services.table.get(user, job.id) or job  # downgraded or deleted meanwhile


def _ask(services: JobServices, job: Job) -> Job:
    head = services.files.head(job.bundle_key)
    if head.storage_class == STANDARD or head.restored:
        return _bring_back(services, job)
    tier = next((tier for tier in TIERS if _asked(services, job, tier)), "")
    if not tier:
        return move(services.table, job.user, job.id, lambda old: states.refuse(old, services.now()))
    # The first request stands; a repeat may be answered differently.
    return move(services.table, job.user, job.id, lambda old: replace(old, thaw_tier=old.thaw_tier or tier))


def _asked(services: JobServices, job: Job, tier: str) -> bool:
    try:
        services.files.restore(job.bundle_key, tier, RESTORED_DAYS)
    except RestoreRefused:
        return False
    return True


def thawed(services: JobServices, key: str) -> Job | None:
    """S3 says that the temporary copy of an object is there."""
    parts = key.split("/")
    if len(parts) != 5 or parts[0] != "jobs" or parts[4] != "bundle.zip":
        return None
    job = services.table.get(parts[1], parts[2])
    if job is None or job.state not in (ARCHIVED, THAWING) or job.bundle_key != key:
        return job
    try:
        return thaw(services, job)
    except ObjectMissing:
        return job  # being deleted


def _bring_back(services: JobServices, job: Job) -> Job:
    """A restored copy is temporary: it is copied to stay."""
    if services.files.head(job.bundle_key).storage_class != STANDARD:
        services.files.change_class(job.bundle_key, STANDARD)
    return finalize(services, move(services.table, job.user, job.id, lambda old: states.restore(old, services.now())))
