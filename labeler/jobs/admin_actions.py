"""What admins do to jobs and mails of others, each told to the audit log."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from labeler.accounts.models import User
from labeler.audit import audit_log
from labeler.services import job_services
from pipeline.jobs import submissions
from pipeline.jobs.mail import settle as settle_mail
from pipeline.jobs.states import NotAllowed
from pipeline.schema.job import Doubt, Job

ACTIONS = {"retry": "asked for again", "cancel": "cancelled"}


@dataclass
class Done:
    word: str
    moved: int = 0
    refused: list[str] = field(default_factory=list)


def act(by: User, action: str, jobs: Sequence[Sequence[str]]) -> Done:
    """`jobs`: user and job of each. One that cannot be moved does not hinder the others."""
    done = Done(ACTIONS.get(action, "left as they were"))
    if action not in ACTIONS:
        done.refused.append(f"do: given {action!r:.40}, allowed: {', '.join(ACTIONS)}")
        return done
    services = job_services().jobs
    for user, job in jobs:
        found = services.table.get(user, job)
        if found is None:
            done.refused.append(f"{job}: there is no such job any more.")
            continue
        try:
            if action == "retry":
                moved = submissions.retry(services, user, job, f"by {by.get_username()}")
            else:
                moved = submissions.cancel(services, user, job, "Cancelled by an admin.")
        except NotAllowed as error:
            done.refused.append(f"{found.file_name}: that cannot be done now ({error}).")
            continue
        audit_log.record(by, subject(found), done.word, {"state": found.state}, {"state": moved.state})
        done.moved += 1
    return done


def settle(by: User, doubt: Doubt, action: str) -> tuple[bool, str]:
    """(whether it was refused, what to say)."""
    if action not in ("sent", "again"):
        return True, f"do: given {action!r:.40}, allowed: sent, again"
    try:
        outcome = settle_mail(job_services().jobs, doubt, again=action == "again")
    except NotAllowed as error:
        return True, f"Nothing was done: {error}."
    after = {"mail": "asked for again" if action == "again" else "sent"}
    audit_log.record(by, f"job {doubt.user}/{doubt.job}", f"mail {doubt.event}", {"mail": "unknown"}, after)
    return False, {"asked": "The mail will be sent again.", "sent": "The mail counts as sent."}.get(
        outcome, "The job is gone, and the question with it."
    )


def subject(job: Job) -> str:
    return f"job {job.user}/{job.id}"
