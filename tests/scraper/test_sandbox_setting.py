"""Whether Chromium confines its pages itself, or what it runs in does."""

import os

import pytest

from scraper.chromium import NoBrowser, has_sandbox


@pytest.mark.parametrize(
    ("given", "user", "has"), [("", 1000, True), ("", 0, False), ("off", 1000, False), ("on", 0, True)]
)
def test_the_sandbox_is_on_unless_root_or_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, given: str, user: int, has: bool
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert has_sandbox({"CHROMIUM_SANDBOX": given} if given else {}) is has


def test_another_word_is_refused() -> None:
    with pytest.raises(NoBrowser, match="CHROMIUM_SANDBOX: given 'no', allowed: 'on', 'off', or empty"):
        has_sandbox({"CHROMIUM_SANDBOX": "no"})
