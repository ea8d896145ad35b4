"""The server of the sample site and of folders of pages."""

import http.client
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from demo.site import Site
from demo.site.folder import FolderError

ROOT = Path(__file__).resolve().parents[2]
CHANGED = "/lindtal-maschinenbau/jobs/industriemechaniker"


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


def fetch(site: Site, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes, Mapping[str, str]]:
    connection = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=10)
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())
    finally:
        connection.close()


def test_it_serves_pages_with_their_types(site: Site) -> None:
    for path, kind in {"/": "text/html", "/static/site.css": "text/css", "/robots.txt": "text/plain"}.items():
        status, body, headers = fetch(site, path)
        assert status == 200
        assert headers["Content-Type"].startswith(kind)
        assert len(body) == int(headers["Content-Length"]) > 0


def test_it_listens_on_loopback_only(site: Site) -> None:
    at = urlsplit(site.url)
    assert at.hostname == "127.0.0.1"
    # A server bound to every address would answer here too.
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", at.port or 0), timeout=10)


def test_addresses_in_the_pages_are_those_it_is_served_at(site: Site) -> None:
    assert f'"url": "{site.url}{CHANGED}"'.encode() in fetch(site, CHANGED)[1]


def test_what_is_not_there_is_404_and_a_missing_slash_is_added(site: Site) -> None:
    assert fetch(site, "/nobody/jobs/here")[0] == 404
    status, _, headers = fetch(site, "/wenlow-valley-hospitals")
    assert (status, headers["Location"]) == (301, "/wenlow-valley-hospitals/")


def test_an_unchanged_page_costs_a_304(site: Site) -> None:
    tag = fetch(site, "/")[2]["ETag"]
    status, body, _ = fetch(site, "/", headers={"If-None-Match": tag})
    assert (status, body) == (304, b"")


def test_head_has_headers_and_no_body(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(site.url).port or 0), timeout=10) as line:
        line.sendall(b"HEAD / HTTP/1.0\r\n\r\n")
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    head, body = answer.split(b"\r\n\r\n", 1)
    assert b"Content-Length: " in head
    assert body == b""


def test_revision_2_is_shown_at_the_same_address(site: Site) -> None:
    before, same = fetch(site, CHANGED), fetch(site, "/")
    site.show(2)
    after = fetch(site, CHANGED)
    assert after[1] != before[1]
    assert after[2]["ETag"] != before[2]["ETag"]
    assert fetch(site, "/")[1] == same[1]


def test_a_folder_is_served_with_its_own_index_or_a_made_one(tmp_path: Path) -> None:
    (tmp_path / "a b&c.html").write_text("<p>one")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "index.html").write_text("<p>two")
    with Site(folder=tmp_path) as site:
        assert b'href="/a%20b%26c.html"' in fetch(site, "/")[1]
        assert fetch(site, "/a%20b%26c.html")[1] == b"<p>one"
        assert fetch(site, "/deep/")[1] == b"<p>two"
        (tmp_path / "index.html").write_text("mine")
        assert fetch(site, "/")[1] == b"mine"


def test_nothing_outside_of_the_folder_is_served(tmp_path: Path) -> None:
    (tmp_path / "secret.html").write_text("secret")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "page.html").write_text("page")
    (inside / "link.html").symlink_to(tmp_path / "secret.html")
    with Site(folder=inside) as site:
        for path in (
            "/../secret.html",
            "/%2e%2e/secret.html",
            "//etc/passwd",
            "/link.html",
            f"/{tmp_path}/secret.html",
        ):
            status, body, _ = fetch(site, path)
            assert (status, b"secret" in body) == (404, False), path


def test_a_folder_without_pages_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match=r"allowed: a folder with \.html files"):
        Site(folder=tmp_path)
    with pytest.raises(FolderError, match="allowed: a folder that exists"):
        Site(folder=tmp_path / "none")


def test_the_command_prints_its_address_first_and_ends_at_a_signal() -> None:
    command = [sys.executable, "-m", "demo.site", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "stopped after 0 requests" in said


def test_the_command_says_what_is_wrong_with_a_folder(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "demo.site", "--folder", str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "allowed: a folder with .html files" in done.stderr
