"""Crawls in this process: one reactor in a thread for the whole run, memory in place of AWS, pages on loopback."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from pipeline import messages
from pipeline.schema import PostScraped
from scraper.commands import arguments
from scraper.commands.runtime import REACTOR
from scraper.crawl_settings import Limits
from scraper.crawler import Adapters, Order, run
from scraper.outbox import Sink
from scraper.report import Report
from tests.fakes.memory import MemoryClock, MemoryQueue, MemorySeen, MemoryStore
from tests.scraper.site import Site


class Reactor:
    """The process's reactor, running in a thread: Twisted allows one, once."""

    def __init__(self) -> None:
        from scrapy.utils.reactor import install_reactor

        started = threading.Event()

        def run() -> None:
            asyncio.set_event_loop(asyncio.new_event_loop())
            install_reactor(REACTOR)
            from twisted.internet import reactor as installed

            self.reactor = cast(Any, installed)  # its interfaces are no types
            self.loop = asyncio.get_event_loop()
            self.reactor.callWhenRunning(started.set)
            self.reactor.run(installSignalHandlers=False)
            self.loop.close()

        self.thread = threading.Thread(target=run)
        self.thread.start()
        assert started.wait(10)

    def call(self, coroutine: Any) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def close(self) -> None:
        self.reactor.callFromThread(self.reactor.stop)
        self.thread.join()


@dataclass
class World:
    """All that crawls of one test reach, and what they left there."""

    reactor: Reactor
    clock: MemoryClock = field(default_factory=lambda: MemoryClock(datetime(2026, 3, 1, tzinfo=UTC)))
    store: MemoryStore = field(default_factory=MemoryStore)
    env: dict[str, str] = field(default_factory=dict)
    getaddrinfo: Callable[..., Any] | None = None

    def __post_init__(self) -> None:
        self.queue = MemoryQueue(self.clock)
        self.taken: list[PostScraped] = []
        self.seen = MemorySeen(self.clock)

    def adapters(self) -> Adapters:
        sink = Sink(self.store, self.seen, self.queue)
        return Adapters(sink, lambda name: self.store, self.env, self.getaddrinfo)

    def crawl(self, address: str, limits: Limits | None = None, **options: Any) -> Report:
        config = arguments.config(address, options.pop("source", "clocks"), options.pop("fields", []))
        loopback = options.pop("allow_loopback", True)
        order = Order(config, "job-posts", limits or Limits(), loopback, **options)
        found: Report = self.reactor.call(run(order, self.adapters())).result(120)
        return found

    def sent(self) -> list[PostScraped]:
        """What lies in the queue, taken out of it."""
        found = []
        while batch := self.queue.receive(10):
            found += [PostScraped.from_json(messages.value(self.store, one.body)) for one in batch]
            self.queue.delete(one.receipt for one in batch)
        self.taken += found
        return found

    def queue_posts(self) -> list[PostScraped]:
        """All posts that were ever sent."""
        self.sent()
        return self.taken


@pytest.fixture(scope="session")
def reactor() -> Iterator[Reactor]:
    one = Reactor()
    yield one
    one.close()


@pytest.fixture
def world(reactor: Reactor) -> World:
    return World(reactor)


@pytest.fixture
def site() -> Iterator[Site]:
    one = Site()
    yield one
    one.close()
