"""What stands before the emulator's application: it would take any request from whoever reaches its port, also from
any page that is open in a browser on this machine.

A request has to name us as its host (a page whose name was bound to 127.0.0.1 afterwards names itself), and to be
signed or presigned by AWS's Signature Version 4 with a key that we gave out: the stack's own, or in a stack that checks
permissions a role's. A browser's upload carries a signed policy in its form. Whatever else there is answers 403, in the
same words for each reason.
"""

import contextlib
import os
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

ACCOUNT = "000000000000"
REFUSED = (  # in the form that every client reads
    b"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>The local AWS takes requests that are "
    b"signed with its key: secret_access_key among the outputs of the stack.</Message></Error></ErrorResponse>"
)
# Where the API Gateway hands requests to functions: pages that have their own log-in, as on AWS.
OPEN = "/_aws/execute-api/"


def read_secret(state: Path) -> str:
    """The secret key of the local AWS under `state`; made when it is first asked for, and kept from then on."""
    path = state / "secret_access_key"
    if not path.exists():
        made = state / f"secret_access_key.{os.getpid()}.part"
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
        with contextlib.suppress(FileExistsError):
            os.link(made, path)  # fails where another process was quicker, whose key it is then
        made.unlink()
    return path.read_text()


def guard(application: Application, port: int) -> Application:
    """`application` behind the checks; `port` is the one that it is reached by."""
    hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # no part of ours opens one
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        headers = _read_headers(scope)
        if headers.get("host", "") not in hosts:
            await _refuse(send)
            return
        # A preflight, which nobody can sign, tells what a page may ask and does nothing.
        if scope["path"].startswith(OPEN) or scope["method"] == "OPTIONS":
            await application(scope, receive, send)
            return
        body = await _read_body(receive)
        if body is None:
            return  # whoever asked has gone
        if not _is_ours(scope, headers, body):
            await _refuse(send)
            return
        await application(scope, _replay(body, receive), send)

    return guarded


def _read_headers(scope: Scope) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]},{text}" if key in found else text
    return found


async def _read_body(receive: Receive) -> bytes | None:
    """The whole body, which the application would gather as well; None where it was broken off."""
    parts = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    given = [body]

    async def replayed() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": given.pop(), "more_body": False} if given else await receive()

    return replayed


def _is_ours(scope: Scope, headers: Mapping[str, str], body: bytes) -> bool:
    from ministack.core import sigv4  # reads the environment when imported, which is set by then

    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    presigned = not headers.get("authorization")
    if presigned and not any(name.lower() == "x-amz-signature" for name in query):
        return scope["method"] == "POST" and _is_signed_form(headers, body)
    signature = sigv4.parse_query_signature(query) if presigned else sigv4.parse_header_signature(headers)
    if not isinstance(signature, sigv4.HeaderSignature) or "host" not in signature.signed_headers.split(";"):
        return False
    secret = _find_secret(signature.access_key_id)
    path = scope["raw_path"].decode("latin-1")
    return secret is not None and (
        sigv4.header_signature_failure(
            signature, secret, scope["method"], path, query, headers, body, presigned=presigned
        )
        is None
    )


def _is_signed_form(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether it is the form of an upload whose policy we signed; that the form keeps to it, S3 looks after."""
    from ministack.core import sigv4
    from ministack.services.s3 import _parse_multipart_form  # as S3 reads it, or the two could read two forms

    if not headers.get("content-type", "").startswith("multipart/form-data"):
        return False
    parts = _parse_multipart_form(headers["content-type"], body)
    fields = {name.lower(): value.decode("latin-1") for name, _, _, value in parts if name != "file"}
    scope = fields.get("x-amz-credential", "").split("/")
    secret = _find_secret(scope[0])
    if len(scope) != 5 or secret is None:
        return False
    expected = sigv4.calculate_signature(secret, scope[1], scope[2], "s3", fields.get("policy", ""))
    return sigv4.signatures_match(expected.encode(), fields.get("x-amz-signature", "").encode("latin-1"))  # type: ignore[arg-type]


def _find_secret(key_id: str) -> str | None:
    from ministack.core.iam_evaluator import ResolvedCredential, resolve_credential

    # An empty one means the root to the emulator.
    found = resolve_credential(key_id, ACCOUNT) if key_id else None
    return found.secret_access_key if isinstance(found, ResolvedCredential) else None


async def _refuse(send: Send) -> None:
    headers = [(b"content-type", b"application/xml"), (b"content-length", str(len(REFUSED)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": REFUSED})
