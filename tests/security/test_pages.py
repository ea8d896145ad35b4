"""Hostile texts on every page that shows them, in Chromium: nothing of them runs."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page

from tests.e2e.backstage import ROOT, Backstage

# Each would leave a mark on the window, or open a dialog.
HOSTILE = [
    "<script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    "\"'><svg onload=window.hit=1>",
    "{{constructor.constructor('window.hit=1')()}}",
    "[x](javascript:window.hit=1)",
    "</textarea></script><iframe srcdoc='<script>parent.hit=1</script>'>",
    "' x-data x-init='window.hit=1",
]
TEXT = "A welder. " + " ".join(HOSTILE)
FIELDS = ("title", "company", "location")


@pytest.fixture
def hostile(backstage: Backstage, project: Callable[..., str]) -> str:
    """A project of hostile words, labelled, with a release."""
    slug = project(
        *({"text": f"{number} {TEXT}", **dict.fromkeys(FIELDS, HOSTILE[number])} for number in range(len(HOSTILE))),
        name="".join(HOSTILE[:3]),
    )
    backstage("label", slug=slug, answers={"lena": [["welder", "Role"]]})
    return slug


def test_cwe_79_what_others_wrote_is_text_on_every_page(
    hostile: str, backstage: Backstage, browse: Callable[..., Page], server_env: dict[str, str]
) -> None:
    words = ["release", hostile, "--licence", "".join(HOSTILE[:2])]
    done = subprocess.run(
        [sys.executable, "manage.py", *words], cwd=ROOT, env=server_env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    ids = backstage("ids", slug=hostile)
    page = browse("ada")
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    page.goto("/admin/datasets/release/")
    addresses = page.eval_on_selector_all("#result_list a", "all => all.map(one => one.getAttribute('href'))")
    release = next(one for one in addresses if "/change/" in one).split("/change/")[0].rsplit("/", 1)[1]
    for path in (
        f"/review/datasets/releases/{release}/card",
        f"/admin/datasets/release/{release}/change/",
        "/admin/datasets/release/",
        "/admin/labeling/post/",
        f"/admin/labeling/post/{ids['post']}/change/",
        "/admin/labeling/annotation/",
        "/admin/labeling/project/",
        f"/review/{hostile}/labels/",
        f"/label/{hostile}/",
        f"/label/{hostile}/plain/",
        "/",
        "/jobs/",
    ):
        answer = page.goto(path)
        assert answer
        assert answer.status == 200, path
        page.wait_for_timeout(150)
        assert page.evaluate("window.hit") is None, path
        assert page.locator("script:text('window.hit'), img[src=x], svg[onload], iframe[srcdoc]").count() == 0, path
        links = page.eval_on_selector_all("a", "all => all.map(one => one.getAttribute('href') || '')")
        assert [one for one in links if one.strip().lower().startswith(("javascript:", "data:"))] == [], path
    assert dialogs == []


def test_cwe_79_a_file_of_any_name_is_text_on_the_page_of_jobs(browse: Callable[..., Page]) -> None:
    page = browse("lena")
    page.goto("/jobs/")
    answered = page.evaluate(
        """async name => {
          const form = new FormData();
          const value = (field) => document.querySelector(`[name=${field}]`).value;
          form.set("page", value("page")); form.set("annotator", "rules"); form.set("key", "k"); form.set("size", "9");
          form.set("name", name); form.set("csrfmiddlewaretoken", value("csrfmiddlewaretoken"));
          return (await fetch("/jobs/open", {method: "POST", body: form})).status;
        }""",
        "<img src=x onerror=window.hit=1>.txt",
    )
    assert answered == 200
    page.goto("/jobs/")
    page.wait_for_timeout(150)
    assert page.evaluate("window.hit") is None
    assert page.locator("img[src=x]").count() == 0
