"""A file goes from the browser to the bucket, is checked, taken in, and comes out again as a release."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.backstage import ROOT, Backstage
from tests.e2e.conftest import SHOTS

SLUG = "by-the-file"


@pytest.fixture
def work(server_env: dict[str, str]) -> Callable[[], None]:
    """What the worker does once."""
    command = [sys.executable, "manage.py", "worker", "--once"]

    def once() -> None:
        subprocess.run(command, cwd=ROOT, env=server_env, check=True, capture_output=True)

    return once


@pytest.fixture
def file(tmp_path: Path) -> Path:
    rows = [{"id": str(n), "text": f"Post {n}: we look for a welder.", "company": f"Firm {n}"} for n in range(30)]
    labelled = [{**row, "spans": [[at := row["text"].index("welder"), at + 6, "Role"]]} for row in rows]
    broken = [{"id": "3", "text": "again"}, {"id": "x", "text": "short", "spans": [[0, 99, "Role"]]}]
    path = tmp_path / "welders.jsonl"
    path.write_text("\n".join(map(json.dumps, [*labelled, *broken])))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_file_in_and_a_release_out(
    browse: Callable[..., Page],
    backstage: Backstage,
    work: Callable[[], None],
    file: Path,
    tmp_path: Path,
    scheme: str,
) -> None:
    slug = f"{SLUG}-{scheme}"
    backstage("project", slug=slug)
    page = browse("ada", color_scheme=scheme, accept_downloads=True)
    if scheme == "dark":
        page.goto("/admin/datasets/release/")
        page.evaluate("localStorage.setItem('_x_adminTheme', JSON.stringify('dark'))")

    def shot(name: str) -> None:
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(150)
            page.screenshot(path=SHOTS / f"dataset-{name}-{scheme}-{width}.png", full_page=True)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{name} at {width}: {wide}"
        page.set_viewport_size({"width": 1440, "height": 900})

    page.goto("/admin/datasets/import/add/")
    page.select_option("[name=project]", label=slug.replace("-", " ").capitalize())
    page.set_input_files("[name=file]", file)
    shot("import-add")
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.get_by_role("button", name="Check the file").click()
    expect(page.locator("main, #main, .dataset").first).to_be_visible()
    expect(page.locator(".dataset h2").first).to_contain_text("to be checked")
    assert len(sent) == 2, sent
    assert "/admin/" not in sent[0]  # the file went to the bucket, past the application
    shot("import-waits")
    work()
    expect(page.locator(".dataset h2").first).to_contain_text("checked, waits for you")  # the page follows by itself
    expect(page.locator(".rows")).to_contain_text("each id once; row 4 has it")
    expect(page.locator(".tiles")).to_contain_text("refused")
    shot("import-checked")
    page.get_by_role("button", name="Take it in").click()
    work()
    expect(page.locator(".dataset h2").first).to_contain_text("taken in")
    expect(page.locator(".tiles")).to_contain_text("31")
    shot("import-done")
    page.goto("/admin/datasets/import/")
    shot("imports")

    page.goto("/admin/datasets/release/add/")
    page.select_option("[name=project]", label=slug.replace("-", " ").capitalize())
    page.fill("[name=licence]", "CC-BY-4.0")
    shot("release-add")
    page.get_by_role("button", name="Build the release").click()
    expect(page.locator(".dataset")).to_contain_text("Waits for the worker.")
    work()
    expect(page.locator(".dataset h2").first).to_contain_text("published")
    shot("release")
    with page.expect_download() as coming:
        page.locator(".files a").first.click()
    coming.value.save_as(tmp_path / "part.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "part.jsonl").read_text().splitlines()]
    assert sum(bool(line["spans"]) for line in lines) >= len(lines) - 1 > 0  # one row lost its span
    page.get_by_role("link", name="Data card").click()
    expect(page.locator("h1")).to_contain_text("v1")
    shot("card")
    page.goto("/admin/datasets/release/")
    shot("releases")
