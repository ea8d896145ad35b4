"""Dates as sites write them, to ISO 8601 dates. What cannot be read is empty, and named by whoever asked."""

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

import dateparser
from dateparser.data.languages_info import language_order

# Nothing older or later is a day on which a posting appeared or ends; systems write year 1 and 9999 for none.
_YEARS = range(1970, 2101)
# Languages and countries that write the month first (CLDR's short forms); all others write the day first.
_MONTH_FIRST = frozenset(("en", "en-us", "en-ph", "fil", "es-us", "es-pr", "es-pa"))
_MARK = r"\s*[-/.,年년]\s*"
_YEAR_FIRST = re.compile(rf"(?<!\d)(\d{{4}}){_MARK}(\d{{1,2}})\s*[-/.,月월]\s*(\d{{1,2}})(?!\d)")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?\d{4}(?:\d{2})?Z?)?")
_YEAR_LAST = re.compile(r"(?<![\d/.-])(\d{1,2})\s*([-/.])\s*(\d{1,2})\s*[-/.]\s*(\d{4}|\d{2})(?![\d/-])")
_EPOCH = re.compile(r"(?:/?Date\()?(-?\d{9,10}|-?\d{12,13})(?:\.\d*)?(?:[+-]\d{4})?\)?/?")
_WEEK = re.compile(r"\d{4}-?W\d{2}-?\d")
_ORDINAL = re.compile(r"(\d{4})-(\d{3})")
_FIRST_SECOND = 100_000_000  # in 1973; fewer are a number of something else
_SECONDS = 32_503_680_000  # more, and it counts milliseconds


def to_iso(text: str, language: str = "") -> str:
    """`2026-01-31` of a date in any usual form; the empty string where it is none.

    `language` (`de`, `en-GB`) says whether 03/04 is a day of March or of April, where both are possible, and in which
    language a month's name is looked for first.
    """
    text = text.strip()
    if found := _COMPACT.fullmatch(text):
        return _date(*map(int, found.groups()))
    if found := _EPOCH.fullmatch(text):
        return from_epoch(float(found[1]))
    if found := _YEAR_FIRST.search(text):
        return _date(*map(int, found.groups()))
    if found := _YEAR_LAST.search(text):
        return _year_last(found, language)
    try:
        if _WEEK.match(text):
            return date.fromisoformat(text[:10].split("T")[0]).isoformat()
        if found := _ORDINAL.match(text):
            return (date(int(found[1]), 1, 1) + timedelta(days=int(found[2]) - 1)).isoformat()
        return _date(*parsedate_to_datetime(text).timetuple()[:3])
    except (TypeError, ValueError, OverflowError):
        return _by_name(text, language)


def settle(text: str) -> str:
    """The ISO date where all languages read it alike; otherwise as it is written, to be read in the page's language."""
    found = to_iso(text, "en")
    return found if found and found == to_iso(text, "de") else text.strip()


def from_epoch(value: object) -> str:
    """The date of seconds or milliseconds since 1970, as some boards give it; empty where it is none."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not _FIRST_SECOND <= value < _SECONDS * 1000:
        return ""
    seconds = value / 1000 if value >= _SECONDS else value
    moment = datetime.fromtimestamp(seconds, tz=UTC)
    return _date(moment.year, moment.month, moment.day)


def _year_last(found: re.Match[str], language: str) -> str:
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    year += 2000 if year < 100 else 0
    # Points are for days first everywhere.
    month_first = found[2] != "." and (language.lower() in _MONTH_FIRST)
    day, month = (second, first) if month_first else (first, second)
    # What is possible decides before what is usual.
    return _date(year, month, day) or _date(year, day, month)


def _by_name(text: str, language: str) -> str:
    """A date with the name of a month, in the page's language or in English."""
    if not re.search(r"\d", text) or len(text) > 60:
        return ""
    languages = list(dict.fromkeys(filter(None, (language.split("-")[0].lower(), "en"))))
    known = [code for code in languages if code in language_order]
    found = dateparser.parse(
        text, languages=known, settings={"PARSERS": ["absolute-time"], "REQUIRE_PARTS": ["day", "month", "year"]}
    )
    return _date(found.year, found.month, found.day) if found else ""


def _date(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat() if year in _YEARS else ""
    except ValueError:
        return ""
