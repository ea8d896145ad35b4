"""The forward proxy by itself, over real sockets."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pipeline.web.addresses import Guard
from scraper.proxy import MAX_HEAD, ForwardProxy
from tests.scraper.site import Answer, Site


def through(guard: Guard, use: Callable[[ForwardProxy, int], Awaitable[Any]], lookup: Any = None) -> Any:
    async def main() -> Any:
        proxy = ForwardProxy(guard, lookup)
        port = int((await proxy.start()).rsplit(":", 1)[1])
        try:
            return await asyncio.wait_for(use(proxy, port), 10)
        finally:
            await proxy.stop()

    return asyncio.run(main())


def ask(request: str) -> Callable[[ForwardProxy, int], Awaitable[bytes]]:
    async def use(proxy: ForwardProxy, port: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request.encode())
        answer = await reader.read()
        writer.close()
        return answer

    return use


LOOPBACK = Guard(allow_loopback=True)


def test_a_request_reaches_the_site_in_its_own_form(site: Site) -> None:
    site.pages["/a?b=1"] = Answer("hello")
    head = f"GET {site.url}/a?b=1 HTTP/1.1\r\nHost: x\r\nProxy-Connection: keep-alive\r\nX-Kept: 1\r\n\r\n"

    answer = through(LOOPBACK, ask(head))

    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"hello")
    headers = site.asked[-1].headers
    assert headers["x-kept"] == "1"
    assert headers["connection"] == "close"
    assert "proxy-connection" not in headers


def test_a_tunnel_carries_bytes_both_ways(site: Site) -> None:
    site.pages["/"] = Answer("hello", headers={"Connection": "close"})

    async def use(proxy: ForwardProxy, port: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"CONNECT 127.0.0.1:{site.port} HTTP/1.1\r\n\r\n".encode())
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        return answer

    assert through(LOOPBACK, use).endswith(b"hello")


@pytest.mark.parametrize(
    "target", ["CONNECT 127.0.0.1:{port}", "GET http://127.0.0.1:{port}/", "GET http://localhost:{port}/"]
)
def test_an_inside_address_is_refused(target: str, site: Site) -> None:
    answer = through(Guard(), ask(f"{target.format(port=site.port)} HTTP/1.1\r\nHost: x\r\n\r\n"))

    assert answer.startswith(b"HTTP/1.1 403")
    assert not site.asked


def test_of_several_addresses_only_those_allowed_are_tried(site: Site) -> None:
    site.pages["/"] = Answer("hello")

    async def lookup(host: str, port: int) -> Any:
        return [(2, 1, 6, "", (address, port)) for address in ("10.0.0.1", "127.0.0.1", "169.254.169.254")]

    answer = through(LOOPBACK, ask(f"GET http://example.org:{site.port}/ HTTP/1.1\r\nHost: x\r\n\r\n"), lookup)

    assert answer.endswith(b"hello")


@pytest.mark.parametrize(
    "request_",
    [
        "GET file:///etc/passwd HTTP/1.1\r\n\r\n",
        "GET ftp://example.org/ HTTP/1.1\r\n\r\n",
        "nonsense\r\n\r\n",
        "GET http://example.org:99999/ HTTP/1.1\r\n\r\n",
        "GET http://127.0.0.1/" + "x" * MAX_HEAD + " HTTP/1.1\r\n\r\n",
    ],
    ids=["file", "ftp", "nonsense", "port", "long"],
)
def test_requests_that_are_none_end_the_connection(request_: str) -> None:
    async def use(proxy: ForwardProxy, port: int) -> bytes:
        try:
            return await ask(request_)(proxy, port)
        except ConnectionError:
            return b""

    answer = through(LOOPBACK, use)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")


def test_one_connection_brings_in_no_more_than_the_limit(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scraper.proxy.MAX_BYTES", 100_000)
    site.pages["/"] = Answer(b"x" * 10_000_000)

    answer = through(LOOPBACK, ask(f"GET {site.url}/ HTTP/1.1\r\nHost: x\r\n\r\n"))

    assert len(answer) < 200_000
