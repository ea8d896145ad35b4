"""Where Chromium is on this machine: `CHROMIUM_PATH`, or the system's."""

import os
import shutil
from collections.abc import Mapping

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class NoBrowser(RuntimeError):
    """Chromium is needed and was not found; the message says what to do."""


def find(env: Mapping[str, str]) -> str | None:
    """The path of the executable; None when there is neither, which leaves it to Playwright's own."""
    if given := env.get("CHROMIUM_PATH"):
        if not os.access(given, os.X_OK):
            raise NoBrowser(f"CHROMIUM_PATH: given {given!r}, allowed: the path of an executable")
        return given
    return next(filter(None, map(shutil.which, NAMES)), None)
