"""What jobs need of the world beside `pipeline.ports`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from .job import Doubt, Job, Owner

STANDARD = "STANDARD"


class JobTable(Protocol):
    """The table `jobs`. Every call may raise `StoreUnavailable`."""

    def get(self, user: str, job: str) -> Job | None:
        """The newest state, consistently."""

    def put_new(self, job: Job) -> bool:
        """False when there is a job of this id."""

    def replace(self, old: Job, new: Job) -> bool:
        """Writes `new` with the next version if the stored version is still that of `old`."""

    def remove(self, job: Job) -> bool:
        """False when the job has moved on."""

    def of_user(self, user: str, before: str = "", limit: int = 50) -> list[Job]:
        """Newest first, from below the id `before`, consistently."""

    def in_state(self, state: str, since: str, until: str, newest_first: bool = False) -> Iterator[Job]:
        """Those that came into it between these times, oldest first unless told otherwise; read as they are asked
        for; may lag behind by seconds."""

    def owner(self, user: str) -> Owner | None: ...

    def put_owner(self, owner: Owner) -> bool:
        """False when a newer copy is there."""

    def remove_owner(self, user: str) -> None: ...

    def put_doubt(self, doubt: Doubt) -> None:
        """Silent when it is there already."""

    def doubts(self, limit: int) -> list[Doubt]:
        """Oldest first."""

    def remove_doubt(self, doubt: Doubt) -> None: ...


@dataclass(frozen=True, slots=True)
class Head:
    size: int
    etag: str
    storage_class: str
    restored: bool  # an archived object of which a temporary copy can be read
    restoring: bool


class InputChanged(Exception):
    """The object is no longer the one that was confirmed."""


class RestoreRefused(Exception):
    """S3 will not restore, at this tier or at all."""


class JobFiles(Protocol):
    """The jobs bucket. Every call may raise `StoreUnavailable` and, by key, `ObjectMissing`."""

    def head(self, key: str) -> Head: ...

    def download(self, key: str, path: Path, etag: str = "") -> None:
        """Raises `InputChanged` when `etag` is given and is not the object's."""

    def upload(self, path: Path, key: str, content_type: str) -> None: ...

    def change_class(self, key: str, storage_class: str) -> None:
        """Copies the object onto itself in another storage class."""

    def restore(self, key: str, tier: str, days: int) -> None:
        """Asks for a temporary copy; silent when one is on its way. Raises `RestoreRefused`."""

    def list(self, prefix: str) -> Iterator[str]: ...

    def delete(self, key: str) -> None: ...

    def post_form(self, key: str, most: int, seconds: int, back_to: str = "") -> tuple[str, Mapping[str, str]]:
        """Address and hidden fields of a form that uploads at most `most` bytes to `key`, and nothing else. S3 then
        sends the browser to the page `back_to`, or answers 201 where there is none."""

    def link(self, key: str, file_name: str, seconds: int) -> str:
        """An address that downloads the object under `file_name`."""


class MailRefused(Exception):
    """The mail was certainly not sent."""


class Mailer(Protocol):
    def send(self, to: str, subject: str, text: str, html: str) -> None:
        """Raises `MailRefused`; any other exception leaves the outcome unknown."""


class Schedules(Protocol):
    def once(self, name: str, at: datetime, body: str) -> None:
        """Sends `body` to the queue of retirements at that time; silent when `name` is scheduled already. May raise
        `StoreUnavailable`."""
