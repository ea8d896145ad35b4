"""Files that unpack to far more than they are, handed in by a stranger: read apart, within limits, and refused."""

import gzip
import io
import json
import resource
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgpack
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labeler.accounts.models import User
from labeler.datasets import worker_tasks
from labeler.datasets.imports import files, submission
from labeler.datasets.imports.files import Options
from labeler.datasets.models import Import
from labeler.labeling.models import Project
from pipeline.errors import InvalidInput
from pipeline.formats.options import Reading
from tests.labeler.conftest import cloud, person, project, quick_passwords

pytestmark = pytest.mark.slow

__all__ = ["cloud", "person", "project", "quick_passwords"]

OPTIONS = Options(Reading(), "import:x")
SMALL = replace(files.LIMITS, memory=200 << 20)


def parquet(texts: int, length: int) -> bytes:
    """Equal texts: a dictionary and runs keep it at some KB, whatever it unpacks to."""
    out = io.BytesIO()
    column = pa.DictionaryArray.from_arrays(pa.array([0] * texts, pa.int32()), pa.array(["a" * length]))
    pq.write_table(pa.table({"text": column}), out, compression="zstd", store_schema=False)
    return out.getvalue()


def docbin() -> bytes:
    head = {"version": "0.1", "attrs": [], "tokens": bytes(300 << 20), "lengths": b"", "spaces": b"", "cats": []}
    return zlib.compress(msgpack.packb(head), 9)


def json_lines() -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb") as packed:
        packed.write(b'{"text": "')
        for _ in range(600):
            packed.write(bytes(1 << 20))
    return out.getvalue()


def read(body: bytes, form: str) -> list[Any]:
    return list(files.rows(io.BytesIO(body), form, OPTIONS))


def grown(work: Callable[[], object]) -> int:
    """MB that this process grew by at its peak. Children count for themselves."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    work()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10


def test_cwe_409_a_parquet_of_some_kb_that_unpacks_to_gigabytes() -> None:
    body = parquet(600, 3 << 20)
    assert len(body) < 60_000

    def refused() -> None:
        with pytest.raises(
            InvalidInput, match=r"^file: given .*more than 1,024 MB of memory.*, allowed: a smaller file"
        ):
            read(body, "parquet")

    assert grown(refused) < 150


def test_cwe_409_a_docbin_that_unpacks_to_more_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    body = docbin()
    monkeypatch.setattr(files, "LIMITS", SMALL)
    assert len(body) < 1_000_000
    with pytest.raises(InvalidInput, match="of memory when it is read"):
        read(body, "docbin")


def test_cwe_409_a_line_that_never_ends_in_a_gzip() -> None:
    found: list[Any] = []
    assert grown(lambda: found.extend(read(json_lines(), "jsonl"))) < 100
    assert [one.record for one in found] == [None]


def test_cwe_400_a_row_that_takes_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LIMITS", replace(files.LIMITS, step_seconds=1))

    def endless(file: Any, how: Any) -> Any:
        while True:
            pass

    monkeypatch.setattr(files, "named", lambda form: type("Form", (), {"reader": lambda self: endless})())
    began = time.monotonic()
    with pytest.raises(InvalidInput, match="takes more than 60 s of a processor to read, after row 0"):
        read(b"", "jsonl")
    assert time.monotonic() - began < 60


def test_what_is_good_comes_through_with_the_rows_that_are_not() -> None:
    lines = [json.dumps({"text": f"Text {n}"}) for n in range(5000)]
    lines[7] = "{"
    found = read(gzip.compress("\n".join(lines).encode()), "jsonl")
    assert [one.number for one in found if one.record is None] == [8]
    assert len(found) == 5000
    assert [one.record.text for one in read(parquet(3, 5), "parquet")] == ["aaaaa"] * 3


def test_cwe_409_an_import_that_a_stranger_hands_in_fails_with_the_reason_and_the_next_is_taken(
    cloud: Any, project: Project, person: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LIMITS", SMALL)
    for name, body in (("bomb", parquet(400, 3 << 20)), ("good", parquet(3, 5))):
        key = submission.new_key(name)
        sha256 = submission.store(key, [body])
        submission.ask(project, name, "parquet", OPTIONS, key, sha256, "system", Import.State.WAITING)
    worker_tasks.imports(threading.Event())
    bomb, good = Import.objects.order_by("pk")
    assert (bomb.state, good.state, good.counts["posts"]) == (Import.State.FAILED, Import.State.DONE, 3)
    assert "of memory when it is read" in bomb.error
