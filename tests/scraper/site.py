"""A small HTTP server on loopback whose pages a test writes as it goes."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    body: bytes | str = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    path: str
    headers: dict[str, str]


Page = Answer | str | bytes | Callable[[BaseHTTPRequestHandler], Any]


class Site:
    """`pages`: what is answered at a path: HTML, an `Answer`, or a function that writes the answer itself."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.pages: dict[str, Page] = {"/robots.txt": Answer(status=404)}
        self.asked: list[Asked] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.asked.append(Asked(self.path, {name.lower(): value for name, value in self.headers.items()}))
                site.answer(self)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer((host, 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        self.port = self.server.server_address[1]
        self.url = f"http://{host}:{self.port}"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        page = self.pages.get(handler.path, Answer("nothing here", 404))
        if callable(page):
            page(handler)
            return
        one = page if isinstance(page, Answer) else Answer(page)
        body = one.body.encode() if isinstance(one.body, str) else one.body
        status = one.status
        if one.headers.get("ETag", "") == handler.headers.get("If-None-Match"):
            status, body = 304, b""
        handler.send_response(status)
        for name, value in ({"Content-Type": "text/html; charset=utf-8"} | one.headers).items():
            handler.send_header(name, value)
        if status != 304:
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def paths(self) -> list[str]:
        return [one.path for one in self.asked if one.path != "/robots.txt"]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
