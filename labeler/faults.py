"""What a page answers where something broke that is nobody's mistake: in words where it is known what, as a full disk.

Django calls `answer` for whatever no view has caught (`handler500`), so that sessions and middleware are seen to too.
"""

import errno
import shutil
import sqlite3
import sys
from collections.abc import Iterator

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.defaults import server_error

from pipeline.ports import StoreUnavailable

FULL = "the disk is full: nothing can be saved until room is made on the machine, and nothing that was saved is lost"
AWAY = "storage is away, try again in a moment"
RETRY_SECONDS = 10
_FULL_NUMBERS = (errno.ENOSPC, errno.EDQUOT)
_DISK_FULL = "53100"  # SQLSTATE of PostgreSQL
# SQLite's main codes: full; and what it says where it cannot make or lengthen the files beside the database.
_SQLITE_FULL, _SQLITE_BESIDE = sqlite3.SQLITE_FULL, (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
_LEAST_FREE = 1 << 16  # bytes that these need


def known(error: BaseException | None) -> tuple[int, str] | None:
    """The status and the words for an error that says what is wrong with the machine."""
    chain = list(_chain(error))
    if any(map(_is_full, chain)):
        return 507, FULL
    return (503, AWAY) if any(isinstance(one, StoreUnavailable) for one in chain) else None


def answer(request: HttpRequest) -> HttpResponse:
    found = known(sys.exc_info()[1])
    if found is None:
        return server_error(request)
    status, says = found
    response: HttpResponse
    if request.accepts("text/html"):
        response = render(None, "full.html", {"says": says, "theme": request.COOKIES.get("theme")}, status=status)
    else:
        response = JsonResponse({"error": says}, status=status)
    response["Retry-After"], response["Cache-Control"] = str(RETRY_SECONDS), "no-store"
    return response


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL_NUMBERS
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        return code == _SQLITE_FULL or (code in _SQLITE_BESIDE and _has_no_room())
    return getattr(error, "sqlstate", None) == _DISK_FULL


def _has_no_room() -> bool:
    try:
        return connection.vendor == "sqlite" and shutil.disk_usage(settings.STATE_DIR).free < _LEAST_FREE
    except OSError:
        return False
