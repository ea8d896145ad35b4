"""Dates as sites write them, to ISO 8601 dates. What cannot be read is empty: a date is a hint, never a reason."""

import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_DAY_FIRST = re.compile(r"^(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?!\d)")
_MONTH_FIRST = re.compile(r"^(\d{1,2})-(\d{1,2})-(\d{4})(?!\d)")
_FORMS = ((_ISO, (1, 2, 3)), (_COMPACT, (1, 2, 3)), (_DAY_FIRST, (3, 2, 1)), (_MONTH_FIRST, (3, 1, 2)))


def to_iso(text: str) -> str:
    """`2026-01-31` from ISO 8601, RFC 2822, `20260131`, `31/01/2026`, `31.01.2026`; otherwise the empty string."""
    text = text.strip()
    for pattern, order in _FORMS:
        if found := pattern.search(text):
            year, month, day = (int(found.group(group)) for group in order)
            try:
                return date(year, month, day).isoformat()
            except ValueError:
                continue
    try:
        return parsedate_to_datetime(text).date().isoformat()
    except (TypeError, ValueError, OverflowError):
        return ""


def from_milliseconds(value: object) -> str:
    """The date of milliseconds since 1970, as some boards give it; empty where it is none."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 32503680000000:
        return datetime.fromtimestamp(value / 1000, tz=UTC).date().isoformat()
    return ""
