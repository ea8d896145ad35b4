"""My work: own answers, found again and corrected."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.backstage import Backstage
from tests.e2e.conftest import SHOTS
from tests.e2e.desk import Desk

POSTS = [
    {"title": "Lockkeeper", "text": "Keep the lock, know Excel."},
    {"title": "Ferryman", "text": "Sail the ferry in fog."},
]


def test_own_answers_are_searched_by_title_and_labelled_words_and_corrected(
    desk: Callable[..., Desk], backstage: Backstage
) -> None:
    page = desk(*POSTS)
    page.press("3")
    page.click("Excel")
    page.press("Enter")
    page.title("Ferryman")
    page.click("ferry")
    page.press("Enter")
    backstage.answers(page.slug, 2)
    mine = page.page
    for words, title in (("lockk", "Lockkeeper"), ("ferry", "Ferryman"), ("excel", "Lockkeeper")):
        mine.goto("/mine/")
        mine.fill("[type=search]", words)
        mine.press("[type=search]", "Enter")
        expect(mine.locator(".row h2").first).to_have_text(title)
    mine.screenshot(path=SHOTS / "mine.png")
    mine.get_by_role("link", name="Lockkeeper").first.click()
    page.ready().spans("Tool: Excel")
    page.press("1")
    page.click("lock")
    page.press("Enter")
    mine.wait_for_url("/mine/")
    page.until(
        lambda: [
            (one["n"], one["spans"]) for one in backstage("answered", slug=page.slug) if one["title"] == "Lockkeeper"
        ],
        [(2, [["Skill", "lock"], ["Tool", "Excel"]])],
    )
    assert backstage("answered", slug=page.slug)[-1]["second_opinion"] is False


def test_nobody_sees_or_corrects_what_another_answered(desk: Callable[..., Desk], browse: Callable[..., Page]) -> None:
    page = desk(*POSTS)
    page.press("3")
    page.click("Excel")
    page.press("Enter")
    page.title("Ferryman")
    page.page.goto("/mine/")
    own = page.page.locator(".row a").first.get_attribute("href")
    assert own
    answer = browse("max").goto(own)
    assert answer
    assert answer.status == 404
