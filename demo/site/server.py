"""Serves the sample site, or a folder of pages, on loopback."""

import hashlib
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from demo.site import content, pages
from demo.site.build import TYPES, Page, build
from demo.site.folder import Folder

Find = Callable[[str], Page | None]


class Site:
    """A server in a thread of its own, on a free port of 127.0.0.1 unless `port` names one.

    `with Site() as site: fetch(site.url)`. Without `folder` it serves the sample site as it looks at `revision`;
    `show(2)` changes what it looks like from then on.
    """

    def __init__(self, port: int = 0, revision: int = 1, folder: Path | None = None) -> None:
        self._folder = Folder(folder) if folder else None
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _Handler, bind_and_activate=True)
        self._server.daemon_threads = False  # so that closing waits for the answers under way
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.served = 0
        self.show(revision)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="sample site")

    def show(self, revision: int) -> None:
        """Serves the sample site as it looks at `revision`; a folder looks the same at all times."""
        find = self._folder.find if self._folder else build(content.load(revision), self.url).get
        self._server.RequestHandlerClass = type("Handler", (_Handler,), {"find": staticmethod(find), "site": self})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """GET and HEAD of pages, with ETags. One request a connection, so that closing never waits for an idle one."""

    find: Find
    site: Site
    timeout = 5

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.site.served += 1
        page = self.find(path)
        if page is None and not path.endswith("/") and self.find(path + "/"):
            self.send_response(HTTPStatus.MOVED_PERMANENTLY)
            self.send_header("Location", path + "/")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif page is None:
            self._answer(HTTPStatus.NOT_FOUND, Page(pages.missing().encode(), TYPES[".html"]))
        else:
            self._answer(HTTPStatus.OK, page)

    do_HEAD = do_GET  # noqa: N815 (the name http.server looks for)

    def _answer(self, status: HTTPStatus, page: Page) -> None:
        tag = f'"{hashlib.sha256(page.body).hexdigest()[:16]}"'
        if status == HTTPStatus.OK and self.headers.get("If-None-Match") == tag:
            self.send_response(HTTPStatus.NOT_MODIFIED)
            self.send_header("ETag", tag)
            self.end_headers()
            return
        self.send_response(status)
        self.send_header("Content-Type", page.type)
        self.send_header("Content-Length", str(len(page.body)))
        self.send_header("ETag", tag)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(page.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name there)
        """Silent: whoever crawls reports what it fetched."""
