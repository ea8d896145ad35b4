"""My work: own answers, found again and corrected."""

import re
from collections.abc import Callable

import pytest
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


def test_a_post_that_was_sent_back_comes_first_with_its_comment_and_is_answered(
    desk: Callable[..., Desk], backstage: Backstage
) -> None:
    page = desk(*POSTS, {"title": "Pilot", "text": "Know the sands."})
    page.press("3")
    page.click("Excel")
    page.press("Enter")
    page.title("Ferryman")
    backstage.answers(page.slug, 1)
    backstage("send_back", slug=page.slug, title="Lockkeeper", comment="Is <i>lock</i> no tool?")
    mine = page.page
    mine.goto("/mine/")
    returned = mine.get_by_role("region", name="Sent back to you")
    expect(returned).to_contain_text("Is <i>lock</i> no tool?")
    expect(returned.get_by_role("link", name="Lockkeeper")).to_be_visible()
    mine.screenshot(path=SHOTS / "mine-sent-back.png")
    mine.goto("/")
    expect(mine.locator(".row", has_text=page.slug.replace("-", " ").capitalize())).to_contain_text("1 sent back")
    page.open().title("Lockkeeper")
    expect(mine.locator(".sent")).to_have_text("Sent back by a reviewer. Is <i>lock</i> no tool?")
    page.spans("Tool: Excel")
    mine.screenshot(path=SHOTS / "sent-back.png")
    page.press("3")
    page.click("lock")
    page.press("Enter")
    page.title("Ferryman")
    page.until(
        lambda: [(one["n"], one["spans"]) for one in backstage("answered", slug=page.slug)],
        [(2, [["Tool", "lock"], ["Tool", "Excel"]])],
    )
    mine.goto("/mine/")
    expect(returned).to_have_count(0)


@pytest.mark.slow
def test_time_at_work_leaves_pauses_out_and_is_told(
    browse: Callable[..., Page], project: Callable[..., str], backstage: Backstage
) -> None:
    page = browse()
    page.clock.install()
    desk = Desk(page, project(*POSTS))
    page.goto(f"/label/{desk.slug}/")
    expect(page.locator("[data-do=undo]")).to_be_disabled()
    desk.press("3")
    expect(page.get_by_role("radio", name="3 Tool")).to_be_checked()
    page.clock.fast_forward("10:00")  # in which nothing is done
    desk.click("Excel")
    page.clock.fast_forward("00:20")
    desk.press("Enter")
    (answer,) = backstage.answers(desk.slug, 1)
    assert 50 <= answer["seconds"] < 75, "30 s of the first pause, all of the second"
    expect(page.locator("[data-effort]")).to_have_text(re.compile(r"^1 span · [01] min$"))


def test_an_answer_names_the_guideline_it_was_given_under(desk: Callable[..., Desk], backstage: Backstage) -> None:
    page = desk(*POSTS)
    backstage("project", slug=page.slug, guidelines="# Look twice\n<b>bold</b> *really*")
    page.open()
    expect(page.page.locator(".side small").first).to_have_text("guideline v2")
    page.page.get_by_role("button", name="Whole guideline").click()
    expect(page.page.locator("#guideline h1")).to_have_text("Look twice")
    expect(page.page.locator("#guideline em")).to_have_text("really")
    expect(page.page.locator("#guideline .prose b")).to_have_count(0)
    page.press("Escape", "3")
    page.click("Excel")
    page.press("Enter")
    assert backstage.answers(page.slug, 1)[0]["guideline"] == 2


def test_an_answer_is_corrected_without_scripts(
    desk: Callable[..., Desk], browse: Callable[..., Page], backstage: Backstage
) -> None:
    page = desk(*POSTS)
    page.press("3")
    page.click("Excel")
    page.press("Enter")
    backstage.answers(page.slug, 1)
    plain = browse(java_script_enabled=False)
    plain.goto("/mine/?q=Lockkeeper")
    plain.get_by_role("link", name="Lockkeeper").first.click()
    plain.wait_for_url("**/plain/")
    assert plain.locator(".text").text_content() == POSTS[0]["text"]
    plain.get_by_role("button", name="Remove Excel").click()
    plain.get_by_role("radio", name="Skill").check()
    plain.get_by_label("lock", exact=True).check()
    plain.get_by_role("button", name="Label the ticked words").click()
    plain.get_by_role("button", name="Submit").click()
    plain.wait_for_url("/mine/")
    expect(plain.locator(".row").first).to_contain_text("corrected")
    (answer,) = backstage.answers(page.slug, 1)
    assert (answer["n"], answer["spans"], answer["second_opinion"]) == (2, [["Skill", "lock"]], False)


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
