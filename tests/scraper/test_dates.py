"""Dates as sites write them."""

import pytest

from scraper import dates


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2026-03-01", "2026-03-01"),
        ("2026-03-01T23:30:00+09:00", "2026-03-01"),
        ("2025-02-26T16:40:27+0100\n", "2025-02-26"),
        ("20260301", "2026-03-01"),
        ("31/01/2026 10:41:41", "2026-01-31"),
        ("31.01.2026", "2026-01-31"),
        ("Sun, 01 Mar 2026 08:00:00 +0100", "2026-03-01"),
        ("2026-02-30", ""),
        ("yesterday", ""),
        ("1 Jan 99999999999 00:00:00 +0000", ""),
        ("", ""),
    ],
)
def test_dates(text: str, date: str) -> None:
    assert dates.to_iso(text) == date


@pytest.mark.parametrize(
    ("value", "date"), [(1772323200000, "2026-03-01"), ("soon", ""), (True, ""), (-1, ""), (10**30, "")]
)
def test_milliseconds(value: object, date: str) -> None:
    assert dates.from_milliseconds(value) == date
