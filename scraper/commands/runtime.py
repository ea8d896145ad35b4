"""What the commands share: the adapters, the logs, and the reactor that Scrapy and Playwright run in."""

import asyncio
import json
import logging
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from scrapy.utils.reactor import install_reactor

from pipeline import config
from pipeline.adapters.aws import DynamoSeen, S3Store, SqsQueue, SystemClock, clients
from scraper.crawler import Adapters
from scraper.outbox import Sink

REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"

T = TypeVar("T")


@dataclass(frozen=True)
class StackNames:
    posts_bucket: str
    seen_table: str
    ingest_queue_url: str


def open_sink(env: Mapping[str, str]) -> Sink:
    """In AWS, or the local AWS. Raises `ConfigError` when the stack's outputs are not all there."""
    names = config.load(StackNames, env)
    aws = clients(env)
    seen = DynamoSeen(aws.dynamodb, names.seen_table, SystemClock())
    return Sink(S3Store(aws.s3, names.posts_bucket), seen, SqsQueue(aws.sqs, names.ingest_queue_url))


def make_adapters(sink: Sink | None, env: Mapping[str, str]) -> Adapters:
    """Of buckets to import from, any that whoever runs this may read."""
    return Adapters(sink, lambda name: S3Store(clients(env).s3, name), env)


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up_logs() -> None:
    terminal = sys.stderr.isatty()
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s") if terminal else JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # Each page that was left out, and why: on a terminal the summary is enough.
    logging.getLogger("scraper").setLevel(logging.WARNING if terminal else logging.INFO)
    # Scrapy warns of what we count ourselves: pages that are too large.
    for name in ("scrapy.core.downloader", "scrapy.downloadermiddlewares", "scrapy-playwright"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def run_in_reactor(main: Callable[[asyncio.Event], Coroutine[Any, Any, T]]) -> T:
    """The result of `main(stop)`; SIGTERM or SIGINT set `stop`, a second one ends the process at once."""
    install_reactor(REACTOR)
    from twisted.internet import reactor as installed

    reactor: Any = installed  # its interfaces are no types
    done: list[asyncio.Task[T]] = []

    async def whole() -> T:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()

        def stopping() -> None:
            stop.set()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping)
        return await main(stop)

    def begin() -> None:
        task = asyncio.get_event_loop().create_task(whole())
        done.append(task)
        task.add_done_callback(lambda _: reactor.stop())

    reactor.callWhenRunning(begin)
    reactor.run(installSignalHandlers=False)
    return done[0].result()
