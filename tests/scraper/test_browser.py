"""Real Chromium, for pages that only a script fills, and what it is kept from."""

import asyncio
import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Error as BrowserError

from pipeline.web.addresses import Guard
from scraper import browser, chromium
from tests.scraper.conftest import World
from tests.scraper.pages import job, ld, listing, page, posting
from tests.scraper.site import Answer, Site

pytestmark = pytest.mark.skipif(not chromium.find(os.environ), reason="no Chromium here (CHROMIUM_PATH)")

FILLS = """<div id=list></div><script>
fetch("/api/jobs").then(r => r.json()).then(jobs => {
  document.getElementById("list").innerHTML = jobs.map(j => `<a href="${j}">A job</a>`).join("");
});
</script>"""


def script(value: object) -> str:
    """A page whose posting is put into it by a script."""
    inner = ld(value).split(">", 1)[1].rsplit("<", 1)[0]
    return page(
        f"""<script>
const s = document.createElement("script"); s.type = "application/ld+json"; s.textContent = {inner!r};
document.head.append(s);
</script>"""
    )


def test_a_list_that_a_script_renders(site: Site, world: World) -> None:
    around = '<nav><a href="/about">About</a></nav>'
    site.pages |= {
        "/": page(around + FILLS),
        "/about": page(around + "<p>About us</p>"),
        "/api/jobs": Answer('["/jobs/1", "/jobs/2"]', headers={"Content-Type": "application/json"}),
        "/jobs/1": posting(1),
        "/jobs/2": posting(2),
    }

    report = world.crawl(site.url)

    assert (report.unique, report.browser_pages) == (2, 1)
    assert report.skipped == {"no-posting": 1}


def test_a_posting_that_a_script_renders(site: Site, world: World) -> None:
    site.pages |= {"/": listing("/jobs/1"), "/jobs/1": script(job())}

    site.pages["/jobs/1"] = Answer(script(job()), headers={"ETag": '"shell"'})

    report = world.crawl(site.url)

    assert (report.scraped, report.browser_pages, report.skipped) == (1, 1, {})
    [post] = world.sent()
    assert post.external_id == "HC-2026-0001"
    # That the shell is unchanged says nothing of what its script brings.
    again = world.crawl(site.url)
    assert (again.scraped, again.unchanged, again.browser_pages) == (1, 1, 1)


def test_no_browser_is_started_for_pages_that_hold_what_they_should(site: Site, world: World) -> None:
    site.pages |= {"/": listing("/jobs/1", more="<script>track()</script>"), "/jobs/1": posting(1)}

    assert world.crawl(site.url).browser_pages == 0


@pytest.mark.slow
def test_pages_that_hold_nothing_rendered_either_are_given_up_on(site: Site, world: World) -> None:
    site.pages["/"] = listing("/jobs/1", *(f"/p/{n}" for n in range(12)))
    site.pages["/jobs/1"] = posting(1)
    site.pages |= {f"/p/{n}": page("<script>1</script>") for n in range(12)}

    report = world.crawl(site.url)

    assert report.skipped == {"no-posting": 12}
    assert report.browser_pages < 12


def test_images_fonts_and_other_sites_are_not_asked_for(site: Site, world: World) -> None:
    other = Site()
    try:
        there = other.url.replace("127.0.0.1", "localhost")
        site.pages["/"] = page(
            f"""<img src="/pic.png"><link rel=stylesheet href="/style.css"><script src="{there}/spy.js"></script>
            <iframe src="{there}/frame"></iframe><script>fetch("/api").catch(() => 0)</script>"""
        )
        site.pages["/api"] = Answer("{}")
        world.crawl(site.url)

        assert "/api" in site.paths()
        assert not {"/pic.png", "/style.css"} & set(site.paths())
        assert not other.asked
    finally:
        other.close()


@pytest.mark.parametrize(
    "inside",
    [
        "http://169.254.169.254/latest/meta-data/",
        pytest.param("http://10.0.0.1/", marks=pytest.mark.slow),
        pytest.param("http://[::ffff:10.0.0.1]/", marks=pytest.mark.slow),
    ],
)
def test_a_script_cannot_lead_the_browser_to_an_inside_address(inside: str, site: Site, world: World) -> None:
    site.pages |= {
        "/": listing("/trap", "/jobs/1"),
        "/jobs/1": posting(1),
        "/trap": page(f"<script>location = {inside!r}; setTimeout(() => fetch({inside!r}), 0)</script>"),
    }

    report = world.crawl(site.url)

    assert report.unique == 1
    assert report.skipped in ({"inside-address": 1}, {"no-posting": 1})


@dataclass(frozen=True)
class Only(Guard):
    """Takes 127.0.0.1 for the public net, and every other address for an inside one."""

    allowed: tuple[str, ...] = ("127.0.0.1",)

    def allows(self, address: str) -> bool:
        return address in self.allowed


@pytest.mark.parametrize("allowed", [("127.0.0.1",), ("127.0.0.1", "127.0.0.2")], ids=["inside", "all public"])
def test_a_redirect_leads_no_further_than_the_guard_allows(allowed: tuple[str, ...], site: Site) -> None:
    """Stopping requests in the browser does not stop this one: it is the answer to a request that was allowed."""
    inside = Site("127.0.0.2")

    async def visit() -> None:
        provider = browser.GuardedBrowser(Only(allowed=allowed), os.environ)
        chromium = await provider.launch_browser()
        try:
            page = await chromium.new_page()
            with contextlib.suppress(BrowserError):
                await page.goto(f"{site.url}/")
                await page.wait_for_load_state("networkidle")
        finally:
            await chromium.close()
            await provider.close()

    try:
        site.pages["/"] = page("<script>fetch('/hop', {mode: 'no-cors'}).catch(() => 0)</script>")
        site.pages["/hop"] = Answer(status=302, headers={"Location": f"{inside.url}/secret"})
        asyncio.run(visit())
        assert "/hop" in site.paths()
        assert inside.paths() == (["/secret"] if len(allowed) == 2 else [])
    finally:
        inside.close()


def test_files_of_this_machine_are_not_read(site: Site, world: World, tmp_path: Path) -> None:
    secret = tmp_path / "secret.html"
    secret.write_text(posting(99))
    site.pages |= {
        "/": listing("/trap", "/jobs/1"),
        "/jobs/1": posting(1),
        "/trap": page(f"<script>location = 'file://{secret}'</script><iframe src='file://{secret}'></iframe>"),
    }

    assert world.crawl(site.url).unique == 1


@pytest.mark.slow
def test_a_restless_page_is_taken_as_it_is(site: Site, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "SETTLE_SECONDS", 1)
    restless = "<script>setInterval(() => fetch('/tick'), 50)</script>"
    site.pages |= {"/": script(job()).replace("</body>", restless + "</body>"), "/tick": Answer("1")}

    assert world.crawl(site.url).unique == 1


def test_a_wrong_path_is_told(tmp_path: Path) -> None:
    with pytest.raises(chromium.NoBrowser, match="CHROMIUM_PATH"):
        chromium.find({"CHROMIUM_PATH": str(tmp_path / "nothing")})
