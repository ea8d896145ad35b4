"""Requests that no browser of ours makes, sent to the served labeler as they are."""

import json
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import free_address, serving
from tests.infra.browsing import Visitor

Visit = Callable[..., Visitor]


def raw(site: str, request: bytes) -> bytes:
    """All that is answered until the server ends the connection, or has said nothing for two seconds."""
    at = urlsplit(site)
    with socket.create_connection((str(at.hostname), at.port or 80), timeout=2) as connection:
        said = b""
        try:
            connection.sendall(request)
            while got := connection.recv(65536):
                said += got
        except OSError:
            pass
    return said


def host(site: str) -> str:
    return urlsplit(site).netloc


HIDDEN = b"GET /accounts/signup/ HTTP/1.1\r\nHost: {host}\r\n\r\n"
SMUGGLED = {
    "length and chunks": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 0\r\nContent-Length: 57\r\n\r\n",
    "negative length": b"Content-Length: -1\r\n\r\n",
    "signed length": b"Content-Length: +0\r\n\r\n",
    "length with a blank": b"Content-Length : 0\r\n\r\n",
    "folded header": b"X: y\r\n Content-Length: 0\r\n\r\n",
    "chunked by another name": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked twice": b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "bad chunk": b"Transfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("name", SMUGGLED)
def test_cwe_444_one_request_is_never_taken_for_two(site: str, name: str) -> None:
    head = f"POST /accounts/login/ HTTP/1.1\r\nHost: {host(site)}\r\n".encode()
    said = raw(site, head + SMUGGLED[name] + HIDDEN.replace(b"{host}", host(site).encode()))
    assert b"Sign up" not in said
    statuses = [line.split()[1] for line in said.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
    assert statuses[:1] != [b"200"]


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: {host}\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: {host}\r\nX-Long: " + b"a" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: {host}\r\n" + b"X-Many: 1\r\n" * 5000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: {host}\r\nCookie: " + b"a=b; " * 20_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500,
        b"NONSENSE\r\n\r\n",
    ],
    ids=["address", "header", "headers", "cookies", "TLS", "nonsense"],
)
def test_cwe_770_no_head_is_too_large(site: str, visitor: Visit, request_: bytes) -> None:
    said = raw(site, request_.replace(b"{host}", host(site).encode()))
    assert said == b"" or said.startswith((b"HTTP/1.1 4", b"HTTP/1.1 302"))
    assert visitor().get("/accounts/login/").status == 200


@pytest.mark.parametrize(
    "name", ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "127.0.0.1@evil.example"]
)
def test_cwe_644_by_another_name_nothing_is_served(site: str, visitor: Visit, name: str) -> None:
    send = visitor().send
    assert send("GET", "/accounts/login/", {"Host": name}, "").status == 400
    found = send("GET", "/accounts/login/", {"Host": host(site), "X-Forwarded-Host": name, "Forwarded": name}, "")
    assert (found.status, "evil" in found.body) == (200, False)


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "/\\evil.example/", "https:evil.example", "javascript:alert(1)",
     "/%2f/evil.example", "\thttps://evil.example", "http://127.0.0.1@evil.example/", "///evil.example", "/\r\nX: y"],
)  # fmt: skip
def test_cwe_601_logging_in_leads_to_no_other_site(visitor: Visit, backstage: object, target: str) -> None:
    lena = visitor("led-on", afresh=True)
    token = lena.cookies["csrftoken"]
    lena.post("/accounts/logout/", csrfmiddlewaretoken=token)
    lena.get("/accounts/login/")
    answer = lena.post("/accounts/login/", csrfmiddlewaretoken=lena.cookies["csrftoken"], username="led-on",
                       password="mill-wheel-7", next=target)  # fmt: skip
    (led,) = answer.headers["location"]
    assert led.startswith("/")
    assert not led.startswith(("//", "/\\"))
    assert "x" not in answer.headers


def test_cwe_113_no_header_is_made_by_a_request(visitor: Visit) -> None:
    lena = visitor("splitting")
    for path in ("/mine/?q=a%0d%0aX-Made:%20yes", "/admin/review/gold/%0d%0aX-Made:yes", "/label/x%0d%0aX-Made:y/"):
        found = lena.get(path)
        assert "x-made" not in found.headers, path
        assert found.status < 500, path


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_cwe_942_no_other_origin_is_let_in(site: str, visitor: Visit, origin: str) -> None:
    lena = visitor("shared")
    given = {"Host": host(site), "Origin": origin, "Cookie": f"sessionid={lena.cookies['sessionid']}",
             "Access-Control-Request-Method": "POST"}  # fmt: skip
    for method in ("GET", "OPTIONS"):
        for path in ("/mine/", "/api/v1/projects", "/accounts/login/"):
            found = lena.send(method, path, given, "")
            assert [name for name in found.headers if name.startswith("access-control-allow")] == [], path


PAGES = ["/", "/mine/", "/jobs/", "/account/", "/admin/", "/accounts/login/", "/api/v1/docs", "/none"]


@pytest.mark.parametrize("path", PAGES)
def test_cwe_1021_and_cwe_693_no_page_is_framed_or_runs_what_is_not_ours(visitor: Visit, path: str) -> None:
    found = visitor("framed", "admin").get(path)
    assert found.headers["x-frame-options"] == ["DENY"]
    (policy,) = found.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    if not path.startswith("/admin/"):
        assert "unsafe" not in policy
    assert found.headers["x-content-type-options"] == ["nosniff"]


def test_cwe_525_no_cache_keeps_a_page_of_somebody(visitor: Visit) -> None:
    lena = visitor("cached")
    for path in ("/", "/mine/", "/account/", "/jobs/"):
        found = lena.get(path)
        assert "Cookie" in ", ".join(found.headers.get("vary", [])), path
        control = ", ".join(found.headers.get("cache-control", []))
        assert "public" not in control
        assert "s-maxage" not in control
    for path in ("/mine/x.css", "/mine/.css", "/account/x.js", "/jobs/%2e%2e/static/x.css"):
        assert lena.get(path).status == 404, path  # no page under a name that caches keep


@pytest.mark.parametrize(
    "path",
    ["/static/../db.sqlite3", "/static/%2e%2e/db.sqlite3", "/static/..%2f..%2fsettings.py", "/static/%5c..%5cx",
     "/static//etc/passwd", "/review/datasets/releases/1/files/../../../x", "/label/..%2f..%2fx/", "/%00",
     "/api/v1/projects/..%2f..%2fx"],
)  # fmt: skip
def test_cwe_22_no_path_leads_out(visitor: Visit, path: str) -> None:
    found = visitor("walking", "admin").get(path)
    assert 300 <= found.status < 500
    assert "SECRET" not in found.body
    assert "root:" not in found.body


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "DELETE", "PUT", "PATCH"])
def test_cwe_650_another_method_does_nothing(site: str, visitor: Visit, method: str) -> None:
    lena = visitor("methods")
    given = {"Host": host(site), "Cookie": f"sessionid={lena.cookies['sessionid']}", "X-Secret": "echoed"}
    found = lena.send(method, "/account/delete", given, "")
    assert found.status in (400, 403, 405)
    assert "echoed" not in found.body
    tricked = lena.send("GET", "/account/delete", {**given, "X-HTTP-Method-Override": "POST"}, "")
    assert tricked.status in (403, 405)
    assert lena.get("/account/").status == 200


def post_json(visitor: Visitor, path: str, body: str | bytes) -> int:
    headers = {"Host": host(visitor.origin), "Content-Type": "application/json", "Origin": visitor.origin,
               "Cookie": "; ".join(f"{name}={value}" for name, value in visitor.cookies.items()),
               "X-CSRFToken": visitor.cookies["csrftoken"]}  # fmt: skip
    return visitor.send("POST", path, headers, body).status  # type: ignore[arg-type]


BODIES: dict[str, str | bytes] = {
    "deep list": "[" * 100_000 + "]" * 100_000,
    "deep object": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "long number": "9" * 100_000,
    "infinite": '{"lease": Infinity}',
    "not UTF-8": b'{"lease": "\xff\xfe"}',
    "half a surrogate": '{"lease": "\\ud800"}',
    "a null character": '{"lease": "\\u0000"}',
    "a list": "[]",
    "nothing": "null",
    "no JSON": "<x/>",
    "3 MB": json.dumps({"lease": "x" * 3_000_000}),
    "many keys": json.dumps({str(n): n for n in range(100_000)}),
}


@pytest.mark.parametrize("name", BODIES)
def test_cwe_674_and_cwe_20_no_body_breaks_a_page(visitor: Visit, project: Callable[..., str], name: str) -> None:
    lena, slug = visitor("bodies"), project("A text.")
    for rest in ("submit", "draft", "renew"):
        assert 400 <= post_json(lena, f"/label/{slug}/{rest}", BODIES[name]) < 500, rest
    assert post_json(lena, f"/label/{slug}/release", BODIES[name]) < 500  # silent about a lease that is none


INJECTED = [
    "' OR 1=1 --",
    '"; DROP TABLE x; --',
    "1) UNION SELECT password FROM accounts_user --",
    "%' OR '1'='1",
    "\\",
]


@pytest.mark.parametrize("words", INJECTED)
def test_cwe_89_what_is_searched_for_is_no_sql(visitor: Visit, project: Callable[..., str], words: str) -> None:
    from urllib.parse import quote

    project("A text.")
    ada = visitor("searching", "admin")
    for path in ("/mine/?q=", "/jobs/?q=", "/jobs/?state=", "/admin/labeling/post/?q=", "/admin/accounts/user/?q=",
                 "/admin/labeling/annotation/?q=", "/admin/labeling/post/?project__id__exact="):  # fmt: skip
        found = ada.get(path + quote(words))
        assert found.status in (200, 302, 400), path
        assert "pbkdf2" not in found.body


def test_cwe_209_an_error_tells_nothing_of_the_code(visitor: Visit) -> None:
    for path in ("/none", "/label/none/", "/mine/99999999999999999999999/", "/admin/labeling/post/x/change/"):
        body = visitor("curious", "admin").get(path).body
        assert not any(word in body for word in ("Traceback", "labeler/", ".py", "urlconf", "DEBUG")), path


def test_cwe_117_no_line_of_the_log_is_made_by_a_request(
    server_env: dict[str, str], tmp_path: Path, visitor: Visit
) -> None:
    address, log = free_address(), tmp_path / "gunicorn.log"
    with serving(server_env, address, log) as (url, _):
        for path in ("/none%0aINJECTED%20by%20path", "/none%1b[31mINJECTED", "/none?x=%0aINJECTED"):
            raw(url, f"GET {path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: x\r\n\r\n".encode())
        raw(url, b"GET / HTTP/1.1\r\nHost: evil\\nINJECTED.example\r\n\r\n")
        stranger = Visitor(visitor().send, url)
        stranger.log_in("eve\nINJECTED by name", "x")
    assert not [line for line in log.read_text().splitlines() if line.startswith("INJECTED")]
    assert "\x1b" not in log.read_text()
