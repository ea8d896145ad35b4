"""Scrapy's connections under the guard: its name resolution, and its download handler.

Twisted's HTTP client connects to exactly the addresses it is given here, names and literals alike, at every new
connection. So the address that is checked is the address that is used, whatever the name says at the next look-up.
"""

from collections.abc import Callable, Sequence
from typing import Any

from playwright.async_api import Error as BrowserError
from scrapy import Request
from scrapy.exceptions import CannotResolveHostError
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler
from twisted.internet._resolver import GAIResolver
from twisted.internet.interfaces import IAddress, IHostnameResolver, IHostResolution, IResolutionReceiver
from zope.interface import implementer

from pipeline.web.addresses import Guard, InsideAddress
from scraper.proxy import REFUSED_HEADER

GetAddrInfo = Callable[..., Sequence[Any]]


@implementer(IHostnameResolver)
class GuardedResolver:
    """`refused`: the host names of which no address was allowed."""

    def __init__(self, inner: Any, guard: Guard) -> None:
        self.inner = inner
        self.guard = guard
        self.refused: set[str] = set()

    def resolveHostName(  # noqa: N802, the interface's name
        self,
        resolutionReceiver: IResolutionReceiver,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> Any:
        receiver = _Filter(resolutionReceiver, self, hostName)
        return self.inner.resolveHostName(receiver, hostName, portNumber, addressTypes, transportSemantics)


@implementer(IResolutionReceiver)
class _Filter:
    def __init__(self, receiver: Any, resolver: GuardedResolver, host: str) -> None:
        self.receiver = receiver
        self.resolver = resolver
        self.host = host
        self.seen = self.passed = 0

    def resolutionBegan(self, resolution: IHostResolution) -> None:  # noqa: N802
        self.receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        self.seen += 1
        if self.resolver.guard.allows(address.host):
            self.passed += 1
            self.receiver.addressResolved(address)

    def resolutionComplete(self) -> None:  # type: ignore[misc]  # noqa: N802
        if self.seen and not self.passed:
            self.resolver.refused.add(self.host.lower())
        self.receiver.resolutionComplete()


def install(guard: Guard, getaddrinfo: GetAddrInfo | None = None) -> GuardedResolver:
    """Makes the reactor resolve by `getaddrinfo` (the system's by default) under this guard, from now on."""
    from twisted.internet import reactor

    inner = GAIResolver(reactor, getaddrinfo=getaddrinfo) if getaddrinfo else GAIResolver(reactor)
    resolver = GuardedResolver(inner, guard)
    reactor.installNameResolver(resolver)  # type: ignore[attr-defined]
    return resolver


class GuardedHandler(ScrapyPlaywrightDownloadHandler):
    """Tells an address that was refused from a name that does not exist, and refuses literal ones at once.

    The refusing itself is done where connections are made: by the resolver, and by the browser's proxy.
    """

    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        self.context = crawler.spider.context

    async def download_request(self, request: Request) -> Response:
        self.context.guard.check_url(request.url)
        host = (urlparse_cached(request).hostname or "").lower()
        refused = self.context.browser.proxy.refused
        before = set(refused)
        try:
            response = await super().download_request(request)
        except CannotResolveHostError as error:
            if host in self.context.resolver.refused:
                raise InsideAddress(f"{host} is not at a public address") from error
            raise
        except BrowserError as error:
            if led := (refused - before) | (refused & {host}):
                raise InsideAddress(f"the browser was led to {', '.join(sorted(led))}") from error
            raise
        if REFUSED_HEADER in response.headers:
            raise InsideAddress(f"the browser was led to {urlparse_cached(response).hostname}")
        return response
