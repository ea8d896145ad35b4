"""A request that comes again with the same `Idempotency-Key` gets the first one's answer, and does nothing."""

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

from labeler.api.authentication import key_of
from labeler.api.models import Reply
from labeler.api.problems import Problem
from pipeline.schema import Json

BUSY = 0  # status of a reply that is being made
GIVEN_UP = timedelta(minutes=1)
_NAME = re.compile(r"[\x21-\x7e]{8,64}")

Answer = tuple[int, Json]


def once(request: HttpRequest, work: Callable[[], Answer]) -> Answer:
    """Does `work`, or gives what it gave before. Without the header it is simply done."""
    name = request.headers.get("Idempotency-Key")
    if name is None:
        return work()
    if not _NAME.fullmatch(name):
        raise Problem(400, "Idempotency-Key: 8 to 64 visible ASCII characters are allowed")
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\0".encode() + request.body).hexdigest()
    reply, mine = _reserve(request, name, digest)
    if not mine:
        if reply.request != digest:
            raise Problem(422, "this Idempotency-Key belongs to another request")
        if reply.status == BUSY:
            raise Problem(409, "the first request with this Idempotency-Key is being answered", {"Retry-After": "2"})
        return reply.status, reply.body
    try:
        status, body = work()
    except Exception:
        reply.delete()  # nothing was done: the same key may be tried again
        raise
    Reply.objects.filter(pk=reply.pk).update(status=status, body=body)
    return status, body


def _reserve(request: HttpRequest, name: str, digest: str) -> tuple[Reply, bool]:
    """The reply of this key, and whether it is for us to make it. One that was never finished is made anew."""
    empty = {"request": digest, "status": BUSY, "body": {}}
    reply, new = Reply.objects.get_or_create(key=key_of(request), name=name, defaults=empty)
    if new:
        return reply, True
    now = timezone.now()
    left = Reply.objects.filter(pk=reply.pk, request=digest, status=BUSY, at=reply.at, at__lt=now - GIVEN_UP)
    return reply, bool(left.update(at=now))
