"""A file of rules of the submitter's own: read whole before the job is opened, so that its faults are told at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.files.uploadedfile import UploadedFile

from pipeline.annotator import rules
from pipeline.jobs.submissions import Refused

MOST_BYTES = 4_000_000  # it comes through the application, whose answers and questions on AWS hold 6 MB
FORMATS = ("txt", "csv", "jsonl")  # not packed: what it unpacks to would be read while the page waits


@contextmanager
def checked(file: UploadedFile) -> Iterator[tuple[str, Path]]:
    """Its format, and where it lies meanwhile. Raises `Refused`, and `BadInput` naming the line that is wrong."""
    kind = (file.name or "").rsplit(".", 1)[-1].lower()
    if kind not in FORMATS:
        raise Refused("rules", (file.name or "")[-80:], ", ".join(f".{one}" for one in FORMATS))
    if (file.size or 0) > MOST_BYTES:
        raise Refused("rules", f"{file.size:,} bytes", f"{MOST_BYTES:,} bytes")
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"rules.{kind}"
        with path.open("wb") as target:
            for chunk in file.chunks():
                target.write(chunk)
        for _ in rules.read(path):
            pass
        yield kind, path
