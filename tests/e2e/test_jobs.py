"""Annotation jobs in a real browser, from signing up to the result."""

import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.backstage import ROOT
from tests.e2e.conftest import SHOTS

SECRET = "a long and secret word"
PATIENCE = 60_000  # ms, for a worker on a busy machine
WIDTHS = {1440: 900, 390: 844}


@pytest.fixture
def worker(server_env: dict[str, str]) -> Iterator[None]:
    child = subprocess.Popen([sys.executable, "-m", "pipeline.annotator", "work"], cwd=ROOT, env=server_env)
    yield
    child.terminate()
    child.wait(20)


@pytest.fixture
def ada(browse: Callable[..., Page]) -> Page:
    """A browser with a new account, made as a person makes one."""
    page = browse(None)
    name = f"ada-{uuid4().hex[:8]}"
    page.goto("/accounts/signup/")
    for field, value in (
        ("username", name),
        ("email", f"{name}@example.org"),
        ("password1", SECRET),
        ("password2", SECRET),
    ):
        page.fill(f"[name={field}]", value)
    shots(page, "signup")
    page.click("text=Create it")
    page.click("text=read them here")
    page.locator("article", has_text=name).locator("a").first.click(timeout=PATIENCE)
    page.click("text=Yes, confirm it")
    page.goto("/accounts/login/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", SECRET)
    page.click("main button")
    page.wait_for_url("**/jobs/")
    return page


def shots(page: Page, name: str) -> None:
    """Pictures at two widths in both schemes, each free of accessibility findings."""
    SHOTS.mkdir(exist_ok=True)
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.screenshot(path=SHOTS / f"jobs-{name}-{width}-{scheme}.png", full_page=True)
            found = Axe().run(page)["violations"]
            assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], f"{name} {width} {scheme}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than {width}"
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")


def files(*given: tuple[str, bytes]) -> list[dict[str, object]]:
    return [{"name": name, "mimeType": "text/plain", "buffer": body} for name, body in given]


def test_files_are_uploaded_annotated_followed_and_downloaded(ada: Page, worker: None, tmp_path: Path) -> None:
    shots(ada, "empty")
    ada.set_input_files(
        "[name=file]",
        files(  # type: ignore[arg-type]
            ("bakers.txt", b"You bake bread and know Python.\nRemote, $20 per hour.\n"),
            ("applicants.csv", b"id,body\n1,x\n"),
            ("all-posts.csv", b"x" * 1_200_000),
        ),
    )
    expect(ada.locator("[data-uploads] .job", has_text="all-posts.csv")).to_contain_text("Nothing was sent")
    expect(ada.locator("ol .job", has_text="bakers.txt")).to_contain_text("Completed", timeout=PATIENCE)
    expect(ada.locator("ol .job", has_text="applicants.csv")).to_contain_text(
        "No column is called text", timeout=PATIENCE
    )
    shots(ada, "list")
    with ada.expect_download() as download:
        ada.click("text=Download")
    assert download.value.suggested_filename == "bakers.zip"
    download.value.save_as(tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert b'"label":"Pay"' in archive.read("results.jsonl")
    ada.click("text=bakers.txt")
    expect(ada.locator("dl").first).to_contain_text("rules")
    shots(ada, "job")
    ada.goto("/accounts/mails/")
    mail = ada.locator("article", has_text="bakers.txt is annotated").first
    expect(mail).to_be_visible()
    shots(ada, "mails")
    mail.locator("a").click()  # whatever port the labeler has in this run
    expect(ada.locator("h1")).to_have_text("bakers.txt")


@pytest.mark.slow
def test_a_plan_is_upgraded_and_shown(ada: Page) -> None:
    ada.click("text=Compare and upgrade")
    shots(ada, "account")
    ada.click("button:has-text('Upgrade')")
    expect(ada.locator("h2").first).to_have_text(re.compile("Premium plan"))
    ada.goto("/jobs/")
    expect(ada.locator("#plan")).to_contain_text("as long as you want")


def without_scripts(page: Page, browse: Callable[..., Page]) -> Page:
    """The same account in a browser without JavaScript."""
    plain = browse(None, java_script_enabled=False)
    plain.context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
    plain.goto("/jobs/")
    return plain


def send_plainly(page: Page, kind: str, name: str, body: bytes) -> None:
    page.select_option("[name=kind]", kind)
    page.fill("[name=name]", name)
    page.click("form[aria-labelledby=begin-h] button")
    expect(page.locator("h1")).to_have_text(f"Send {name}.{kind}")
    page.set_input_files("[name=file]", files((f"x.{kind}", body)))  # type: ignore[arg-type]
    page.click("main button")


def test_the_form_works_without_scripts(ada: Page, browse: Callable[..., Page]) -> None:
    plain = without_scripts(ada, browse)
    plain.set_input_files("form[aria-labelledby=begin-h] [name=rules]", files(("mine.txt", b"need\n")))  # type: ignore[arg-type]
    send_plainly(plain, "txt", "plain", b"We need Python.\n")
    expect(plain.locator("h1")).to_have_text("plain.txt")
    expect(plain.locator("[data-live]")).to_contain_text("A worker will take it")
    expect(plain.locator("[data-live]")).to_contain_text("rules, own file")


@pytest.mark.slow
def test_without_scripts_a_file_may_be_as_large_as_the_plan_says(ada: Page, browse: Callable[..., Page]) -> None:
    ada.goto("/account/")
    ada.click("button:has-text('Upgrade')")
    plain = without_scripts(ada, browse)
    body = (b"We need Python. " * 1000 + b"\n") * 400
    send_plainly(plain, "txt", "large", body)
    expect(plain.locator("h1")).to_have_text("large.txt", timeout=PATIENCE)
    expect(plain.locator("dl").first).to_contain_text("6.4 MB")
    plain.check("[type=checkbox]")
    plain.click("button:has-text('Delete')")  # no worker of another test shall work on it


@pytest.mark.slow
def test_rules_of_ones_own_are_checked_first_and_then_used(ada: Page, worker: None) -> None:
    ada.set_input_files("[name=rules]", files(("mine.csv", b"phrase,label\npallet jack,Lift\n,Lift\n")))  # type: ignore[arg-type]
    ada.set_input_files("[name=file]", files(("a.txt", b"A pallet jack.\n")))  # type: ignore[arg-type]
    expect(ada.locator("[data-uploads] .job")).to_contain_text("rules, line 3: given neither phrase nor pattern")
    shots(ada, "rules")
    ada.set_input_files("[name=rules]", files(("mine.csv", b"phrase,label\npallet jack,Lift\n")))  # type: ignore[arg-type]
    ada.set_input_files("[name=file]", files(("b.txt", b"A pallet jack.\n")))  # type: ignore[arg-type]
    expect(ada.locator("ol .job", has_text="b.txt")).to_contain_text("1 row, 1 span", timeout=PATIENCE)
    ada.click("ol >> text=b.txt")
    expect(ada.locator("main")).to_contain_text("Lift")


@pytest.mark.slow
def test_a_result_is_archived_and_an_upgrade_brings_it_back(ada: Page, worker: None) -> None:
    ada.set_input_files("[name=file]", files(("bakers.txt", b"You know Python.\n")))  # type: ignore[arg-type]
    expect(ada.locator("ol .job")).to_contain_text("Completed", timeout=PATIENCE)
    ada.click("ol >> text=bakers.txt")
    ada.click("text=Archive it now")
    expect(ada.locator("main .pill")).to_have_text("Archived")
    shots(ada, "archived")
    ada.click("text=Upgrade to restore")
    ada.click("button:has-text('Upgrade and restore 1 result')")
    ada.goto("/jobs/")
    row = ada.locator("ol .job", has_text="bakers.txt")
    ada.evaluate("window.stayed = true")
    expect(row).to_contain_text("Completed", timeout=3 * PATIENCE)
    assert ada.evaluate("window.stayed")  # the state came without a full reload
    expect(row.locator("text=Download")).to_be_visible()


@pytest.mark.slow
def test_an_admin_finds_a_job_and_cancels_it(ada: Page, browse: Callable[..., Page]) -> None:
    ada.set_input_files("[name=file]", files(("to-be-cancelled.txt", b"You know Python.\n")))  # type: ignore[arg-type]
    expect(ada.locator("ol .job")).to_contain_text("Waiting")
    admin = browse("ada")
    admin.goto("/admin/jobs/annotationjob/?state=PENDING&age=hour")
    admin.click("text=to-be-cancelled.txt")
    expect(admin.locator(".cards")).to_contain_text("@example.org")
    admin.click("button:has-text('Cancel')")
    expect(admin.locator("header .tag")).to_have_text("Cancelled")
    expect(ada.locator("ol .job")).to_contain_text("Cancelled by an admin.")
    for name in ("", "totals/", "mails/"):
        admin.goto(f"/admin/jobs/annotationjob/{name}")
        found = Axe().run(admin, {"include": [[".jobs-admin"]]})["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], name


@pytest.mark.slow
def test_an_upload_shows_its_progress_and_can_be_stopped(ada: Page) -> None:
    network = ada.context.new_cdp_session(ada)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 60_000}
    network.send("Network.emulateNetworkConditions", slow)
    ada.set_input_files("[name=file]", files(("slow.txt", b"x" * 900_000)))  # type: ignore[arg-type]
    row = ada.locator("[data-uploads] .job")
    expect(row.locator("p")).to_have_text(re.compile(r"[1-9]\d? %, .* of 900 KB"))
    assert 0 < row.locator("progress").evaluate("one => one.value") < 100
    row.locator("button").click()
    expect(row).to_have_count(0)
    ada.reload()
    expect(ada.locator("ol .job")).to_contain_text("The file has not arrived yet.")
    ada.click("ol >> text=slow.txt")
    expect(ada.locator("text=Send the file")).to_be_visible()


@pytest.mark.slow
def test_a_job_is_deleted_with_all_files(ada: Page) -> None:
    ada.set_input_files("[name=file]", files(("gone.txt", b"x\n")))  # type: ignore[arg-type]
    ada.click("ol >> text=gone.txt")
    ada.check("[type=checkbox]")
    ada.click("button:has-text('Delete')")
    expect(ada.locator("[role=status]")).to_contain_text("gone.txt is deleted")
    expect(ada.locator("ol")).to_have_count(0)
