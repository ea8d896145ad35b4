"""Finds Chromium, or installs it: CHROMIUM_PATH, the system's, Debian's package when root, then Playwright's own.

`python -m scraper.chromium` prints the path.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

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


def has_sandbox(env: Mapping[str, str]) -> bool:
    """Whether Chromium confines its pages itself: by CHROMIUM_SANDBOX, else unless root, as whom that cannot start.

    It is made of namespaces, which most containers may not make: off there, where the container takes its place.
    """
    given = env.get("CHROMIUM_SANDBOX", "")
    if given not in ("", "on", "off"):
        raise NoBrowser(f"CHROMIUM_SANDBOX: given {given!r}, allowed: 'on', 'off', or empty (on unless root)")
    return given == "on" or (not given and os.geteuid() != 0)


def ensure(env: Mapping[str, str]) -> str:
    """The path of a Chromium, installing one when there is none."""
    if path := find(env) or _find_playwrights():
        return path
    print("no Chromium found, installing it …", file=sys.stderr, flush=True)
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**env, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=False, stdout=sys.stderr)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
        subprocess.run(install, env=quiet, check=False, stdout=sys.stderr)
    else:
        install = [sys.executable, "-m", "playwright", "install", "chromium"]
        subprocess.run(install, check=False, stdout=sys.stderr)
    if path := find(env) or _find_playwrights():
        return path
    raise NoBrowser(
        "Chromium is needed for pages that only a script renders, and could not be installed. Run one of these by hand,"
        " or set CHROMIUM_PATH:\n  sudo apt-get install -y chromium\n  .venv/bin/playwright install chromium"
    )


def _find_playwrights() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


if __name__ == "__main__":
    try:
        print(ensure(os.environ))
    except NoBrowser as error:
        sys.exit(str(error))
