"""Runs one coroutine in the reactor that Scrapy and Playwright share, until it ends; signals ask it to stop."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from scrapy.utils.reactor import install_reactor

T = TypeVar("T")

REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"


def run(main: Callable[[asyncio.Event], Coroutine[Any, Any, T]]) -> T:
    """The result of `main(stop)`; SIGTERM or SIGINT set `stop`, a second one ends the process at once."""
    install_reactor(REACTOR)
    from twisted.internet import reactor as installed

    reactor: Any = installed  # its interfaces are no types
    done: list[asyncio.Task[T]] = []

    async def whole() -> T:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()

        def stopping() -> None:
            stop.set()
            for one in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(one)

        for one in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(one, stopping)
        return await main(stop)

    def begin() -> None:
        task = asyncio.get_event_loop().create_task(whole())
        done.append(task)
        task.add_done_callback(lambda _: reactor.stop())

    reactor.callWhenRunning(begin)
    reactor.run(installSignalHandlers=False)
    return done[0].result()
