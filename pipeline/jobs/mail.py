"""The mails about jobs: written here, claimed before they are sent, so that one event never makes two."""

from collections.abc import Mapping
from dataclasses import replace
from html import escape
from typing import Any

from pipeline.jobs.services import JobServices, publish
from pipeline.jobs.transitions import move
from pipeline.ports import Mailer, MailRefused
from pipeline.schema import Json, SchemaError
from pipeline.schema.job import COMPLETED, DELETING, ENDED, FAILED, Doubt, Job, JobMessage

from .states import NotAllowed

MAIL = "mail/1"  # schema of a mail that others have written: to, subject, text, html
CLAIMED, SENT, UNKNOWN, REFUSED = "claimed", "sent", "unknown", "refused"


class Claimed(Exception):
    """Somebody has claimed this mail before."""


def notify(services: JobServices, mailer: Mailer, site: str, message: JobMessage) -> str:
    """What became of the mail: sent, unknown, or empty where none is due. Raises `MailRefused`, to be tried again.

    A mail found claimed was cut short between claim and answer: it may have been sent, so it is not sent again, and is
    shown to admins as `unknown`.
    """
    job, owner = services.table.get(message.user, message.job), services.table.owner(message.user)
    if job is None or job.state == DELETING or owner is None or not owner.email:
        return ""
    outcome = job.mails.get(message.event, "")
    if outcome in (SENT, UNKNOWN):
        return outcome
    if outcome == CLAIMED:
        return _doubt(services, job, message.event)
    subject, lines = compose(job, message.event)
    try:
        move(services.table, job.user, job.id, lambda old: _claim(old, message.event))
    except (Claimed, NotAllowed):
        return ""
    link = f"{site}/jobs/{job.id}/"
    try:
        mailer.send(owner.email, subject, _text(lines, link), _html(lines, link))
    except MailRefused:
        _mark(services, job, message.event, REFUSED)  # as the job's page says, until a repeat gets through
        raise
    except Exception:
        return _doubt(services, job, message.event)
    return _mark(services, job, message.event, SENT)


def settle(services: JobServices, doubt: Doubt, again: bool) -> str:
    """An admin's decision about a mail in doubt: it was sent, or it is to be sent again. What became of the mail: sent,
    asked, or empty where the job is gone. Raises `NotAllowed` where it was settled otherwise meanwhile."""
    job = services.table.get(doubt.user, doubt.job)
    if job is None:
        services.table.remove_doubt(doubt)
        return ""
    try:
        # JobMessage while the doubt still stands: a crash in between leaves it to be decided again.
        move(services.table, job.user, job.id, lambda old: _settled(old, doubt.event, again))
    except NotAllowed:
        services.table.remove_doubt(doubt)
        raise
    if again and not publish(services.ended, JobMessage(ENDED, job.user, job.id, doubt.event), job.trace_id):
        _mark(services, job, doubt.event, UNKNOWN)
        raise NotAllowed("the topic of ended jobs did not take it; try again")
    services.table.remove_doubt(doubt)
    return "asked" if again else SENT


def _settled(job: Job, event: str, again: bool) -> Job:
    outcome = job.mails.get(event, "")
    if outcome != UNKNOWN and (outcome or not again):
        raise NotAllowed(f"the mail {event} is {outcome or 'not sent'}")
    mails = {name: value for name, value in job.mails.items() if name != event}
    return replace(job, mails=mails if again else {**mails, event: SENT})


def pass_on(mailer: Mailer, value: Json) -> None:
    """Sends a mail as it came. It may be sent twice: one about an account is needed more than it harms. Raises
    `SchemaError`, and what `Mailer.send` raises."""
    fields = [value.get(name) for name in ("to", "subject", "text", "html")]
    texts = [one for one in fields if isinstance(one, str)]
    if len(texts) < len(fields) or not texts[0]:
        raise SchemaError(f"given {value!r:.80}, allowed: to, subject, text and html as text")
    mailer.send(*texts)


def compose(job: Job, event: str) -> tuple[str, list[str]]:
    """Subject and paragraphs."""
    name = job.file_name
    if event.startswith("failed"):
        return f"{name} could not be annotated", [job.reason or "The reason is in the log.", "Nothing else was lost."]
    lines = [f"{counted(job.summary)}."]
    if job.state == COMPLETED and job.keep_until:
        until = job.keep_until[:16].replace("T", " ")
        lines.append(f"On the free plan the result can be downloaded until {until} UTC; then it moves to the archive.")
    if event.startswith("restored"):
        return f"{name} is back from the archive", lines
    return f"{name} is annotated", lines


def counted(summary: Mapping[str, Any]) -> str:
    """1 row, 2 spans."""
    counts = ((int(summary.get(f"{noun}s", 0)), noun) for noun in ("row", "span"))
    return ", ".join(f"{count:,} {noun}{'' if count == 1 else 's'}" for count, noun in counts)


def _claim(job: Job, event: str) -> Job:
    if job.mails.get(event, REFUSED) != REFUSED or (event.startswith("failed") and job.state != FAILED):
        raise Claimed(event)
    return replace(job, mails={**job.mails, event: CLAIMED})


def _doubt(services: JobServices, job: Job, event: str) -> str:
    """The list that admins see first: cut short in between, the repeat finds the mail claimed and comes here again."""
    services.table.put_doubt(Doubt(job.user, job.id, event))
    return _mark(services, job, event, UNKNOWN)


def _mark(services: JobServices, job: Job, event: str, outcome: str) -> str:
    def change(old: Job) -> Job:
        mails = {name: value for name, value in old.mails.items() if name != event}
        return replace(old, mails={**mails, event: outcome} if outcome else mails)

    move(services.table, job.user, job.id, change)
    return outcome


def _text(lines: list[str], link: str) -> str:
    return "\n\n".join([*lines, f"Open it in Labelmill: {link}"]) + "\n"


def _html(lines: list[str], link: str) -> str:
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in lines)
    last = f'<p><a href="{escape(link)}">Open it in Labelmill</a></p>'
    return f'<!doctype html><html lang="en"><body>{paragraphs}{last}</body></html>'
