"""What a million posts cost: the requests of the pipeline counted by its ports, times the published prices."""

import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.pipeline_posts import AT, BATCH, Bench, Sink, corpus, posts
from pipeline import archive, batch, service
from pipeline.adapters.messaging import pack, size
from pipeline.ingest import send_new
from pipeline.ports import Message
from pipeline.projects import Projects
from tests.fakes.memory import MemorySeen

Figures = dict[str, Any]
DOCS = Path(__file__).resolve().parent.parent / "docs" / "cost.md"

MILLION = 1_000_000
CHUNK = 64 * 1024  # SQS and SNS bill each started 64 KiB of a request

# us-east-1, on demand, in dollars: aws.amazon.com/{sqs,sns,s3,dynamodb,lambda,cloudwatch}/pricing, read in 2026.
PRICES = {
    "SQS requests": 0.40 / MILLION,
    "SNS publishes": 0.50 / MILLION,  # deliveries to SQS are free
    "S3 PUT": 0.005 / 1_000,
    "S3 GET": 0.0004 / 1_000,
    "DynamoDB writes": 0.625 / MILLION,
    "DynamoDB reads": 0.125 / MILLION,
    "Lambda requests": 0.20 / MILLION,
    "Lambda GB-seconds": 0.0000133334,  # arm64
    "CloudWatch Logs GB": 0.50,
}
STORAGE = 0.023  # S3 Standard, a GB and month
ARCHIVE_BATCH = 500  # posts an invocation of archive, as its event source mapping is set
RAW_PORTION = 250  # pages a WARC object: the scraper stores one when it holds 8 MB of them
ROUND_TRIP = 0.02  # seconds that a request of a function waits; two a batch: settings, publish


Bill = Callable[[str, tuple[Any, ...]], dict[str, float]]  # method and arguments → units of what


class Counted:
    """A port that counts what AWS would bill for each call."""

    def __init__(
        self, port: Any, bill: Callable[[str, tuple[Any, ...]], dict[str, float]], total: Counter[str]
    ) -> None:
        self._port, self._bill, self._total = port, bill, total

    def __getattr__(self, method: str) -> Any:
        call = getattr(self._port, method)

        def counted(*args: Any, **named: Any) -> Any:
            for what, units in self._bill(method, args).items():
                self._total[what] += units  # type: ignore[assignment]
            return call(*args, **named)

        return counted


def store_bill(method: str, args: tuple[Any, ...]) -> dict[str, float]:
    if method in ("put", "put_new"):
        return {"S3 PUT": 1}
    return {"S3 PUT" if method == "list" else "S3 GET": 1}


def seen_bill(method: str, args: tuple[Any, ...]) -> dict[str, float]:
    """An item is below 1 KB; a read is eventually consistent, which is half a unit."""
    return {"DynamoDB reads": 0.5} if method == "read" else {"DynamoDB writes": 1}


def sender_bill(what: str) -> Bill:
    def bill(method: str, args: tuple[Any, ...]) -> dict[str, float]:
        if method != "send":
            return {}
        messages: Sequence[Message] = args[0]
        return {what: sum(chunks(sum(size(messages[at]) for at in batch)) for batch in pack(messages)[0])}

    return bill


def chunks(length: float) -> int:
    return max(1, math.ceil(length / CHUNK))


def received(sizes: Sequence[int]) -> float:
    """SQS requests of reading messages ten at a time and deleting them so."""
    found = 0.0
    for at in range(0, len(sizes), 10):
        found += chunks(sum(sizes[at : at + 10])) + 1
    return found


@dataclass(frozen=True)
class Line:
    what: str
    units: float  # of a million posts
    dollars: float


def priced(total: Counter[str], posts: int) -> list[Line]:
    return [
        Line(what, units * MILLION / posts, units * MILLION / posts * PRICES[what]) for what, units in total.items()
    ]


def table(lines: Sequence[Line]) -> Iterator[str]:
    yield "| what | units | $ |"
    yield "|---|---:|---:|"
    for line in lines:
        yield f"| {line.what} | {line.units:,.{0 if line.units >= 10 else 1}f} | {line.dollars:.2f} |"
    yield f"| **together** | | **{sum(line.dollars for line in lines):.2f}** |"


def stored_gigabytes(lines: Sequence[bytes]) -> float:
    """Of a million posts, as the archive packs them."""
    return len(archive.compress(lines)) / len(lines) * MILLION / 1e9


def billed(again: bool) -> tuple[list[Line], list[bytes]]:
    """What a million new posts cost, or with `again` a million sightings of posts that were sent; and archived rows."""
    rows = posts(corpus()[:1_000])
    total: Counter[str] = Counter()
    bench, ingest, topic = Bench(), Sink(), Sink()
    store = Counted(bench.posts, store_bill, total)
    seen = Counted(MemorySeen(bench.clock), seen_bill, total)
    send_new(rows, seen, Counted(ingest, sender_bill("SQS requests"), total), store)
    if again:
        total.clear()
        send_new((replace(row, fetched_at=AT.replace("2026", "2027")) for row in rows), seen, ingest, store)
        return priced(total, len(rows)), []
    projects = Projects(Counted(bench.labels, store_bill, total), store)
    counted = Counted(topic, sender_bill("SNS publishes"), total)
    started = time.perf_counter()
    for at in range(0, len(rows), BATCH):
        arrived = [batch.Arrived(str(at), one.body) for one in ingest.taken[at : at + BATCH]]
        service.prepare_posts(arrived, projects, store, counted, bench.clock)
    busy = time.perf_counter() - started
    total["SQS requests"] += received([size(one) for one in ingest.taken])  # type: ignore[assignment]
    # The archive function and the labeler's drain read a copy each.
    total["SQS requests"] += 2 * received([size(one) for one in topic.taken])  # type: ignore[assignment]
    batches, archives = len(rows) / BATCH, len(rows) / ARCHIVE_BATCH
    total["S3 PUT"] += archives + len(rows) / RAW_PORTION  # type: ignore[assignment]
    total["Lambda requests"] += batches + archives  # type: ignore[assignment]
    waits = 2 * ROUND_TRIP * batches
    total["Lambda GB-seconds"] += (busy + waits) * 1.0 + (busy / 2 + archives) * 0.5  # type: ignore[assignment]
    total["CloudWatch Logs GB"] += (batches * 1_600 + archives * 25_000) / 1e9  # type: ignore[assignment]
    return priced(total, len(rows)), [one.body.encode() for one in topic.taken]


def costs(write: bool) -> Figures:
    new, rows = billed(again=False)
    again, _ = billed(again=True)
    gigabytes = stored_gigabytes(rows)
    found: Figures = {
        "a million new posts $": round(sum(line.dollars for line in new), 2),
        "a million re-sightings $": round(sum(line.dollars for line in again), 2),
        "archive GB": round(gigabytes, 1),
        "archive $ a month": round(gigabytes * STORAGE, 2),
    }
    if write:
        write_docs(new, again, gigabytes, rows)
    else:
        print("\n".join(["", "a million new posts:", *table(new)]), file=sys.stderr)
    return found


BEGIN, END = "<!-- written by bench/pipeline.py -->", "<!-- end of what bench/pipeline.py wrote -->"


def write_docs(new: Sequence[Line], again: Sequence[Line], gigabytes: float, rows: Sequence[bytes]) -> None:
    """Replaces what stands between the marks of docs/cost.md, or adds it."""
    size = sum(map(len, rows)) / len(rows) / 1024
    paragraphs = [
        BEGIN,
        "## Per million posts",
        "`python bench/pipeline.py cost --write` runs real job posts through the pipeline, counts what each port asks "
        f"of AWS, and takes the prices of us-east-1. A prepared post is {size:.0f} KB on average; SQS and SNS bill "
        "each started 64 KiB of a request. 250 raw pages go into a WARC. A function is taken to wait 20 ms for "
        "each request it makes. SNS charges nothing for deliveries to SQS. What a stack costs at rest is further down.",
        "### A million new posts",
        "\n".join(table(new)),
        "### A million sightings of posts that were sent before",
        "\n".join(table(again)),
        f"The archive keeps a million posts in {gigabytes:.1f} GB, ${gigabytes * STORAGE:.2f} a month. Raw pages come "
        f"on top: of 8 KB each when packed, another 8 GB, ${8 * STORAGE:.2f} a month.",
        END,
    ]
    text = "\n\n".join(paragraphs)
    old = DOCS.read_text() if DOCS.exists() else "# What it costs\n\n"
    if BEGIN in old:
        head, _, rest = old.partition(BEGIN)
        text = head + text + rest.partition(END)[2]
    else:
        text = old.rstrip("\n") + "\n\n" + text + "\n"
    DOCS.write_text(text)
