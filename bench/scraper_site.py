"""The site that bench.scraper crawls: lists of 1,000 postings each, told by ETag whether a page is known."""

import asyncio
import json
import threading
import time
from collections import Counter
from functools import lru_cache

A_LIST = 1000  # postings that one page of the list names
WORDS = (
    "We are looking for a careful person who repairs clocks and watches in our workshop by the harbour. You talk with"
    " customers, write down what they tell you, order parts, and keep the books of the workshop in good order. "
)
FILLER = "".join(
    f'<div class="c{n % 7}"><a href="/help/{n}">Help {n}</a><span>Some text around it</span></div>\n'
    for n in range(150)
)


@lru_cache(2500)
def page(number: int) -> bytes:
    """A posting with what real pages have around it: some 20 KB."""
    description = f"<p>Posting {number}.</p><p>{WORDS * 3}</p><ul>" + f"<li>{WORDS}</li>" * 4 + "</ul>"
    value = {
        "@context": "https://schema.org",
        "@type": "JobPosting",
        "title": f"Clockmaker {number}",
        "description": description,
        "identifier": {"@type": "PropertyValue", "name": "Harbour Clocks", "value": f"HC-{number:06}"},
        "hiringOrganization": {"@type": "Organization", "name": "Harbour Clocks"},
        "jobLocation": {"@type": "Place", "address": {"@type": "PostalAddress", "addressLocality": "Kiel"}},
        "datePosted": "2026-03-01",
    }
    data = json.dumps(value).replace("<", "\\u003c")
    script = f'<script type="application/ld+json">{data}</script>'
    return (
        f"<!doctype html><html><head><title>Job {number}</title>{script}</head>"
        f"<body><nav>{FILLER}</nav><main><h1>Clockmaker {number}</h1>{description}</main></body></html>"
    ).encode()


class Site:
    """`asked`: how often each path was asked for; `times`: when, on the monotonic clock."""

    def __init__(self, postings: int) -> None:
        self.postings = postings
        self.asked: Counter[str] = Counter()
        self.times: list[float] = []
        self.answered = 0  # postings
        started = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self._serve(started)), daemon=True)
        self.thread.start()
        started.wait()
        self.url = f"http://127.0.0.1:{self.port}/"

    def forget(self) -> None:
        self.asked.clear()
        self.times.clear()
        self.answered = 0

    async def _serve(self, started: threading.Event) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await server.serve_forever()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ", 2)[1].decode()
                body = self._body(path)
                self.asked[path] += 1
                self.times.append(time.monotonic())
                self.answered += path.startswith("/jobs/")
                if body is None:
                    writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                elif b'if-none-match: "1"' in head.lower():
                    writer.write(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n')
                else:
                    writer.write(
                        b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Type: text/html; charset=utf-8\r\n'
                        b"Content-Length: %d\r\n\r\n" % len(body) + body
                    )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _body(self, path: str) -> bytes | None:
        if path.startswith("/jobs/"):
            return page(int(path[6:]))
        if path == "/" or path.startswith("/?page="):
            at = int(path[7:] or 0)
            numbers = range(at * A_LIST, min((at + 1) * A_LIST, self.postings))
            links = "".join(f'<li><a href="/jobs/{number}">Job {number}</a></li>' for number in numbers)
            more = f'<li><a rel="next" href="/?page={at + 1}">Next</a></li>' if numbers.stop < self.postings else ""
            return f"<!doctype html><html><body><ul>{links}{more}</ul></body></html>".encode()
        return None
