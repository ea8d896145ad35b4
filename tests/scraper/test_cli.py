"""The command as a user runs it."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from pipeline.adapters.aws import S3Store, clients
from pipeline.web import warc
from scraper.__main__ import COMMANDS, main
from tests.scraper.pages import listing, page, posting
from tests.scraper.site import Site


def scraper(*words: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    whole = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **(env or {})}
    return subprocess.run(
        [sys.executable, "-m", "scraper", *words], env=whole, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_dry_run_needs_no_stack_and_ends_with_the_counts(site: Site) -> None:
    site.pages |= {"/": listing("/jobs/1", "/gone"), "/jobs/1": posting(1)}

    done = scraper("crawl", site.url, "--allow-loopback", "--dry-run", "--json")

    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout.splitlines()[-1])
    assert (counts["scraped"], counts["unique"], counts["sent"], counts["unchanged"]) == (1, 1, 0, 0)
    assert (counts["skipped"], counts["errors"]) == ({"http-404": 1}, 0)
    assert isinstance(counts["seconds"], float)
    assert "skipped: 1 http-404" in done.stderr


def test_logs_are_json_lines_off_a_terminal(site: Site) -> None:
    site.pages |= {"/": listing("/jobs/1", "/gone"), "/jobs/1": posting(1)}

    done = scraper("crawl", site.url, "--allow-loopback", "--dry-run")

    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert any("http-404" in line["message"] for line in lines)
    assert done.stdout.startswith("source")


def test_nothing_found_is_exit_code_one(site: Site) -> None:
    site.pages["/"] = page("<p>Nothing</p>")

    done = scraper("crawl", site.url, "--allow-loopback", "--dry-run")

    assert done.returncode == 1
    assert "LayoutChanged: no posting was found" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["crawl", "example"], "allowed: an address with http or https"),
        (["crawl", "https://example.org", "--dry-run"], "LABELMILL_CONTACT"),
        (["crawl", "https://example.org", "--source", "a b"], "source name: given 'a b'"),
        (["crawl", "https://example.org", "--field", "x"], "allowed: OURS=THEIRS"),
        (["crawl", "https://example.org", "--limit", "0"], "allowed: a whole number from 1"),
        (["crawl", "https://example.org", "--since", "tomorrow"], "allowed: a date as 2026-01-31"),
        (["crawl", "https://example.org", "--project", "Job Posts"], "allowed: letters a-z"),
        (["crawl"], "ADDRESS"),
        ([], "COMMAND"),
    ],
)
def test_wrong_arguments_are_exit_code_two_and_say_what_is_allowed(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LABELMILL_CONTACT", raising=False)
    assert run(words) == 2
    assert told in capsys.readouterr().err


def run(words: list[str]) -> int:
    """The exit code of a command line that ends before anything is fetched."""
    try:
        return main(words)
    except SystemExit as end:
        return int(end.code or 0)


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    overview = capsys.readouterr().out
    for name in COMMANDS:
        assert name in overview
        assert run([name, "--help"]) == 0


def test_through_the_local_aws(site: Site, stack: Mapping[str, str]) -> None:
    site.pages |= {"/": listing("/jobs/1", "/jobs/2"), "/jobs/1": posting(1), "/jobs/2": posting(2)}
    words = ("crawl", site.url, "--allow-loopback", "--json", "--source", "cli-test", "--project", "cli-test")

    first = scraper(*words, env=stack)
    again = scraper(*words, env=stack)

    assert json.loads(first.stdout)["sent"] == 2, first.stderr
    assert (json.loads(again.stdout)["sent"], json.loads(again.stdout)["unchanged"]) == (0, 2), again.stderr
    store = S3Store(clients(stack).s3, stack["POSTS_BUCKET"])
    [key] = [one.key for one in store.list("raw/cli-test/")]
    assert len([one for one in store.list("crawls/cli-test/") if one.key.endswith("Z.json")]) >= 1
    assert {stored.page.url for stored in warc.read_pages(store.get(key).body)} == {
        f"{site.url}/jobs/{n}" for n in (1, 2)
    }


def test_a_signal_finishes_the_pages_in_hand_and_sends_them(site: Site, stack: Mapping[str, str]) -> None:
    """As at the interruption of a spot instance."""
    reached, go_on = threading.Event(), threading.Event()

    def slow(handler: Any) -> None:
        reached.set()
        go_on.wait(20)
        handler.path = "/slow-body"
        site.answer(handler)

    site.pages |= {"/robots.txt": "User-agent: *\nCrawl-delay: 0.05", "/jobs/1": slow, "/slow-body": posting(1)}
    site.pages["/"] = listing("/jobs/1", *(f"/jobs/{n}" for n in range(2, 200)))
    site.pages |= {f"/jobs/{n}": posting(n) for n in range(2, 200)}
    words = [sys.executable, "-m", "scraper", "crawl", site.url, "--allow-loopback", "--json", "--source", "signal"]
    words += ["--project", "signal"]
    pipe, env = subprocess.PIPE, {**os.environ, **stack}
    process = subprocess.Popen(words, env=env, stdout=pipe, stderr=pipe, text=True)
    try:
        assert reached.wait(60)
        process.send_signal(signal.SIGTERM)
        threading.Timer(0.3, go_on.set).start()
        out, err = process.communicate(timeout=60)
    finally:
        go_on.set()
        process.kill()
        process.wait()

    counts = json.loads(out.splitlines()[-1])
    assert process.returncode == 0, err
    assert counts["stopped"] == "signal"
    assert 1 <= counts["sent"] == counts["unique"] < 199
    assert "HC-2026-0001" in _ids(stack, "signal")


def _ids(stack: Mapping[str, str], source: str) -> set[str]:
    """The external ids of a source that its raw pages hold."""
    store = S3Store(clients(stack).s3, stack["POSTS_BUCKET"])
    pages = [stored.page for one in store.list(f"raw/{source}/") for stored in warc.read_pages(store.get(one.key).body)]
    return {word for kept in pages for word in kept.text.replace('"', " ").split() if word.startswith("HC-2026-")}
