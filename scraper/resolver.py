"""Name resolution for everything that Scrapy connects to: only addresses that the guard allows come out of it.

Twisted's HTTP client connects to exactly the addresses it is given here, names and literals alike, at every new
connection. So the address that is checked is the address that is used, whatever the name says at the next look-up.
"""

from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet._resolver import GAIResolver
from twisted.internet.interfaces import IAddress, IHostnameResolver, IHostResolution, IResolutionReceiver
from zope.interface import implementer

from scraper.addresses import Guard

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
