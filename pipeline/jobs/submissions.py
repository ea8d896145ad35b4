"""What an owner does with jobs: hand one in, cancel, retry, delete."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from pipeline.annotator.inputs import format_of
from pipeline.annotator.plugin import BadInput
from pipeline.errors import InvalidInput
from pipeline.jobs import states
from pipeline.jobs.services import JobServices
from pipeline.jobs.transitions import move
from pipeline.ports import ObjectMissing, StoreUnavailable
from pipeline.schema import timestamp
from pipeline.schema.job import PENDING, RUNNING, UPLOADING, Job, job_id

MAX_NAME = 255
LAST_UPLOAD_SECONDS = 3600  # an upload that begins just before its form is over may take


class Refused(InvalidInput):
    """A submission that is not taken."""

    def shown(self) -> str:
        """In words, without quotes."""
        return str(self.given)


def open_job(
    services: JobServices,
    user: str,
    asked_at: datetime,
    key: str,
    *,
    file_name: str,
    size: int,
    most: int,
    annotator: str,
    options: Mapping[str, str],
    own: Mapping[str, str] = MappingProxyType({}),
    trace_id: str = "",
    sees_all: bool = False,
) -> Job:
    """A job that waits for its upload. The same `key`, chosen by the page at `asked_at`, makes the same job.

    `size` in bytes as the browser tells it, 0 where it cannot; `most` is what the plan takes. `own`: option → format of
    a file of the user's own, which is to be put where `Job.options` then says. Raises `Refused`.
    """
    name = shown_name(file_name)
    try:
        format_of(name)
    except BadInput as error:
        raise Refused("file", name[:80], ".txt, .csv, .jsonl, or one of these and .gz") from error
    if size > most:
        raise Refused("size", f"{size:,} bytes", f"{most:,} bytes on this plan")
    now = timestamp(services.now())
    job = Job(
        user=user,
        id=job_id(asked_at, _digits(f"{user}\0{key}")),
        state=UPLOADING,
        since=now,
        version=1,
        created_at=now,
        annotator=annotator,
        file_name=name,
        format=_ending(name),
        options=options,
        trace_id=trace_id,
        sees_all=sees_all,
    )
    if own:
        job = replace(job, options={**options, **{name: job.key(0, f"{name}.{kind}") for name, kind in own.items()}})
    if services.table.put_new(job):
        return job
    return services.table.get(user, job.id) or job


def form(services: JobServices, job: Job, most: int, seconds: int, back_to: str = "") -> tuple[str, Mapping[str, str]]:
    """A form that the file of a job is sent by, as `ObjectStore.form`. Raises `NotAllowed` once it has come."""
    until = timestamp(services.now() + timedelta(seconds=seconds + LAST_UPLOAD_SECONDS))

    def change(old: Job) -> Job:
        if old.state != UPLOADING:
            raise states.NotAllowed("its file has come already")
        return replace(old, form_until=max(old.form_until, until))

    move(services.table, job.user, job.id, change)
    found = services.files.form(job.input_key, most, seconds, back_to)
    if found is None:
        raise StoreUnavailable("no browser reaches the jobs bucket")
    return found


def confirm(services: JobServices, user: str, job: str) -> Job:
    """The upload is there: the job may be worked on. A repeat changes nothing. Raises `NotAllowed`."""
    found = services.table.get(user, job)
    if found is None:
        raise states.NotAllowed("there is no such job")
    if found.state == UPLOADING:
        try:
            head = services.files.head(found.input_key)
        except ObjectMissing as error:
            raise states.NotAllowed("the file has not arrived") from error
        found = move(services.table, user, job, lambda old: _confirmed(old, services.now(), head.size, head.etag))
    if found.state == PENDING and not found.queued_at:
        found = services.request(found)
    return found


def _confirmed(job: Job, now: datetime, size: int, etag: str) -> Job:
    return states.confirm(job, now, size, etag) if job.state == UPLOADING else job


def cancel(services: JobServices, user: str, job: str, reason: str = "") -> Job:
    return move(services.table, user, job, lambda old: states.cancel(old, services.now(), reason))


def retry(services: JobServices, user: str, job: str, detail: str = "") -> Job:
    return services.request(move(services.table, user, job, lambda old: states.retry(old, services.now(), detail)))


def delete(services: JobServices, user: str, job: str) -> None:
    """The job, its input and its results; a running one is cancelled first. Silent when it is gone already."""

    def change(old: Job) -> Job:
        if old.state == RUNNING:
            old = states.cancel(old, services.now())
        return old if old.state == "DELETING" else states.delete(old, services.now())

    if services.table.get(user, job) is not None:
        erase(services, move(services.table, user, job, change))


def erase(services: JobServices, job: Job) -> None:
    """Ends a job that is DELETING. The row goes last, so that a crash before leaves it to the sweep; and so does a
    form that is still good, by which the file could be sent again."""
    for listed in list(services.files.list(job.prefix)):
        services.files.delete(listed.key)
    if job.form_until <= timestamp(services.now()):
        services.table.remove(job)


def shown_name(name: str) -> str:
    """A file name fit to be shown: its last part, without control characters, at most `MAX_NAME` characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(letter for letter in last if letter.isprintable()).strip()
    if len(printable) > MAX_NAME:
        ending = _ending(printable)
        printable = f"{printable[: MAX_NAME - len(ending) - 2]}….{ending}"
    return printable


def _ending(name: str) -> str:
    parts = name.lower().rsplit(".", 2)
    return ".".join(parts[-2:]) if parts[-1] == "gz" and len(parts) > 2 else parts[-1]


def _digits(text: str) -> str:
    """Ten characters that stand for `text`."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
    return "".join("0123456789abcdefghjkmnpqrstvwxyz"[number >> 5 * at & 31] for at in range(10))
