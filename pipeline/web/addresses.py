"""Which network addresses may be connected to: public ones, and loopback where it is asked for. No I/O."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

SCHEMES = ("http", "https")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# IPv6 prefixes that carry an IPv4 address; what counts is the one that is carried.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")


class InsideAddress(Exception):
    """A connection to an address that is not public, or by another scheme, was refused. Trying again is no use."""


# Of IANA's registries of special addresses, what Python takes for public: whole blocks, of which some metadata services
# and relays answer single addresses.
_SPECIAL = [
    ipaddress.ip_network(one) for one in ("192.0.0.0/24", "192.88.99.0/24", "100:0:0:1::/64", "3fff::/20", "5f00::/16")
]


@dataclass(frozen=True, slots=True)
class Guard:
    """Decides on addresses as they are after resolution, the very ones that are then connected to."""

    allow_loopback: bool = False

    def allows(self, address: str) -> bool:
        """True for a public unicast address, given as `1.2.3.4`, `2001:db8::1` or `fe80::1%eth0`."""
        try:
            ip = ipaddress.ip_address(address.split("%")[0])
        except ValueError:
            return False
        ip = _carried(ip)
        if ip.is_loopback:
            return self.allow_loopback
        if any(ip in network for network in _SPECIAL) or (isinstance(ip, ipaddress.IPv6Address) and ip.is_site_local):
            return False
        return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_link_local)

    def check_url(self, url: str) -> None:
        """Raises `InsideAddress` for a scheme other than http and https, or a literal address that is not allowed."""
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES:
            raise InsideAddress(f"scheme of {url:.80}: given {parts.scheme!r}, allowed: {', '.join(SCHEMES)}")
        try:
            ipaddress.ip_address(parts.hostname or "")
        except ValueError:
            return  # a name: decided when it is resolved
        if not self.allows(parts.hostname or ""):
            raise InsideAddress(f"{parts.hostname} is not a public address")

    def are_both_loopback(self, one: str, other: str) -> bool:
        """True for two sites on this machine, where such are asked for."""
        return self.allow_loopback and all(map(names_loopback, (one, other)))


def names_loopback(url: str) -> bool:
    """True for an address that says itself that it is on this machine."""
    host = urlsplit(url).hostname or ""
    return host == "localhost" or (not Guard().allows(host) and Guard(allow_loopback=True).allows(host))


def _carried(ip: Address) -> Address:
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return ip.ipv4_mapped
        if ip.sixtofour:
            return ip.sixtofour
        if ip.teredo:
            return ip.teredo[1]
        if ip in _NAT64 or ip in _NAT64_LOCAL or int(ip) >> 32 == 0:
            return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if int(ip) > 1 else ip
    return ip
