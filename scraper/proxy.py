"""The forward proxy that all of the browser's traffic goes through: resolves, checks, and connects to what it checked.

Stopping requests inside the browser is not enough: a redirect to an inside address gets through there. Here every
connection of the browser, for whatever reason it is made, is one that the guard has allowed.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from pipeline.web.addresses import Guard

logger = logging.getLogger(__name__)

MAX_HEAD = 65_536  # bytes of a request's head
MAX_BYTES = 20_000_000  # that one connection may bring in
CONNECT_SECONDS = 20
IDLE_SECONDS = 60
REFUSED_HEADER = "Labelmill-Refused"  # on our own answer in the place of a host that was not let through

Lookup = Callable[[str, int], Awaitable[Sequence[Any]]]
_HOP_BY_HOP = {"connection", "proxy-connection", "proxy-authorization", "keep-alive", "te", "trailer", "upgrade"}


class ForwardProxy:
    """Listens on loopback on a free port. `refused` holds the hosts that were asked for and not connected to."""

    def __init__(self, guard: Guard, lookup: Lookup | None = None) -> None:
        self.guard = guard
        self.lookup = lookup or _lookup
        self.refused: set[str] = set()
        self.bytes_in = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        """Its address, as `http://127.0.0.1:PORT`."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=MAX_HEAD)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        if self._server:
            self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, ValueError) as error:
            logger.debug("browser connection ended: %r", error)
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), IDLE_SECONDS)
        method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
        tunnel = method == "CONNECT"
        parts = urlsplit(f"//{target}" if tunnel else target)
        if not tunnel and parts.scheme != "http":
            return await _answer(writer, "400 Bad Request")
        host, port = parts.hostname or "", parts.port or (443 if tunnel else 80)
        upstream = await self._connect(host, port)
        if upstream is None:
            return await _answer(writer, "403 Forbidden", f"{REFUSED_HEADER}: 1\r\n")
        there, back = upstream[1], upstream[0]
        try:
            if tunnel:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                there.write(_origin_form(head, parts.path or "/", parts.query))
            upload = asyncio.create_task(_pipe(reader, there))
            try:
                await self._download(back, writer)
            finally:
                upload.cancel()
                await asyncio.gather(upload, return_exceptions=True)
        finally:
            there.close()
        return None

    async def _connect(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """A connection to the first allowed address that answers; None when none is allowed."""
        found = {str(info[4][0]) for info in await asyncio.wait_for(self.lookup(host, port), CONNECT_SECONDS)}
        allowed = [address for address in sorted(found) if self.guard.allows(address)]
        if not allowed:
            self.refused.add(host)
            logger.warning("the browser was not let to %s: %s", host, ", ".join(sorted(found)))
            return None
        last: OSError = OSError(f"no address of {host} answered")
        for address in allowed:
            try:
                return await asyncio.wait_for(asyncio.open_connection(address, port), CONNECT_SECONDS)
            except OSError as error:
                last = error
        raise last

    async def _download(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = MAX_BYTES
        while left > 0 and (chunk := await asyncio.wait_for(reader.read(65_536), IDLE_SECONDS)):
            left -= len(chunk)
            self.bytes_in += len(chunk)
            writer.write(chunk)
            await writer.drain()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()


async def _lookup(host: str, port: int) -> Sequence[Any]:
    return await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)


async def _answer(writer: asyncio.StreamWriter, status: str, header: str = "") -> None:
    writer.write(f"HTTP/1.1 {status}\r\n{header}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
    await writer.drain()


def _origin_form(head: bytes, path: str, query: str) -> bytes:
    """The request as the site itself expects it, one to a connection."""
    line, *headers = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, _, version = line.split(" ", 2)
    kept = [header for header in headers if header.split(":")[0].strip().lower() not in _HOP_BY_HOP]
    target = f"{path}?{query}" if query else path
    return "\r\n".join([f"{method} {target} {version}", *kept, "Connection: close", "", ""]).encode("latin-1")
