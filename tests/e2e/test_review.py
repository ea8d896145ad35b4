"""A reviewer's way through a dispute, in the browser: by keyboard, by mouse, edited, sent back, overtaken."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.backstage import Backstage
from tests.e2e.conftest import SHOTS
from tests.e2e.desk import Desk
from tests.e2e.test_everyone import findings

TEXT = "Plan and carry out nursing care.\n\nOperate ventilators and dialysis machines, speak Swedish at level five."
SKILL, KNOWLEDGE, TOOL, LANGUAGE = "Skill", "Knowledge", "Tool", "Language"
ANN = [["Plan and carry out", SKILL], ["Operate ventilators and dialysis machines", SKILL], ["Swedish", LANGUAGE]]
BOB = [
    ["Plan and carry out", SKILL],
    ["ventilators", TOOL],
    ["dialysis machines", TOOL],
    ["Swedish at level", LANGUAGE],
]


@pytest.fixture(scope="session")
def people(backstage: Backstage) -> Backstage:
    backstage("account", name="rita", role="reviewer")
    backstage("account", name="rosa", role="reviewer")
    return backstage


@pytest.fixture
def disputed(people: Backstage, project: Callable[..., str]) -> Callable[..., str]:
    """A project with posts that lena and max labelled as given; gives its slug."""

    def make(*texts: str) -> str:
        slug = project(*(texts or (TEXT,)), redundancy=2)
        people("label", slug=slug, answers={"lena": ANN, "max": BOB})
        return slug

    return make


def gold(people: Backstage, slug: str, count: int) -> list[dict[str, Any]]:
    for _ in range(50):
        found: list[dict[str, Any]] = people("gold", slug=slug)
        if len(found) == count:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{found}, expected {count}")


def open_dispute(page: Page, slug: str) -> Page:
    page.goto(f"/review/{slug}/")
    expect(page.locator("[data-question]")).to_contain_text("1.")
    return page


def test_a_dispute_is_decided_by_keyboard_and_gold_is_in_s3(
    disputed: Callable[..., str], browse: Callable[..., Page], people: Backstage
) -> None:
    slug = disputed()
    page = open_dispute(browse("rita"), slug)
    page.screenshot(path=SHOTS / "review-light.png")
    expect(page.locator(".disputes li")).to_have_count(2)
    page.keyboard.press("b")
    expect(page.locator(".disputes li").first).to_contain_text("B taken")
    page.keyboard.press("a")
    expect(page.locator("[data-left]")).to_have_text("all decided")
    page.keyboard.press("w")
    page.keyboard.type("two tools")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.locator("main.page h1")).to_have_text("Nothing in dispute")
    (row,) = gold(people, slug, 1)
    assert row["stored"]
    assert row["comment"] == "two tools"
    assert row["spans"] == [
        [SKILL, "Plan and carry out"],
        [TOOL, "ventilators"],
        [TOOL, "dialysis machines"],
        [LANGUAGE, "Swedish"],
    ]
    assert len(row["basis"]) == 2


def test_a_choice_is_undone_and_one_answer_taken_as_a_whole(
    disputed: Callable[..., str], browse: Callable[..., Page], people: Backstage
) -> None:
    slug = disputed()
    page = open_dispute(browse("rita"), slug)
    page.keyboard.press("n")
    page.keyboard.press("Control+z")
    expect(page.locator("[data-left]")).to_have_text("2 left")
    page.keyboard.press("Shift+A")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main.page h1")).to_have_text("Nothing in dispute")
    assert [words for _, words in gold(people, slug, 1)[0]["spans"]] == [words for words, _ in ANN]


def test_the_spans_are_edited_on_the_token_pages_own_grid(
    disputed: Callable[..., str], browse: Callable[..., Page], people: Backstage
) -> None:
    slug = disputed()
    page = open_dispute(browse("rita"), slug)
    page.keyboard.press("e")
    desk = Desk(page, slug)
    desk.press("2")
    desk.click("nursing")
    page.screenshot(path=SHOTS / "review-edit.png")
    desk.press("Enter")
    expect(page.locator("main.page h1")).to_have_text("Nothing in dispute")
    assert [KNOWLEDGE, "nursing"] in gold(people, slug, 1)[0]["spans"]


def test_of_two_reviewers_the_second_is_told_and_loses_nothing(
    disputed: Callable[..., str], browse: Callable[..., Page], people: Backstage
) -> None:
    slug = disputed()
    rita = open_dispute(browse("rita"), slug)
    rosa = browse("rosa")
    rosa.goto(rita.url)
    rita.keyboard.press("Shift+A")
    rita.keyboard.press("Enter")
    expect(rita.locator("main.page h1")).to_have_text("Nothing in dispute")
    rosa.keyboard.press("Shift+B")
    rosa.keyboard.press("Enter")
    expect(rosa.locator("[data-note]")).to_contain_text("rita decided this post at")
    assert len(gold(people, slug, 1)) == 1
    expect(rosa.locator("[data-left]")).to_have_text("all decided")
    rosa.keyboard.press("Enter")
    expect(rosa.locator("main.page h1")).to_have_text("Nothing in dispute")
    assert gold(people, slug, 2)[1]["n"] == 2


def test_an_answer_goes_back_with_a_comment_and_comes_first(
    disputed: Callable[..., str], browse: Callable[..., Page], people: Backstage
) -> None:
    slug = disputed()
    page = open_dispute(browse("rita"), slug)
    page.keyboard.press("r")
    page.get_by_role("radio", name="B max").check()
    page.get_by_role("textbox", name="Comment").fill("Is Swedish all of it?")
    page.keyboard.press("Enter")
    expect(page.locator("main.page h1")).to_have_text("Nothing in dispute")
    labeler = Desk(browse("max"), slug).open()
    expect(labeler.page.locator(".sent")).to_contain_text("Is Swedish all of it?")
    labeler.spans(
        "Skill: Plan and carry out", "Tool: ventilators", "Tool: dialysis machines", "Language: Swedish at level"
    )
    labeler.page.screenshot(path=SHOTS / "sent-back.png")


def test_a_phrase_is_decided_everywhere_and_undone(
    disputed: Callable[..., str], browse: Callable[..., Page], people: Backstage
) -> None:
    slug = disputed("Bring Swedish at level five.", "We speak Swedish at level five here.")
    page = browse("rita")
    page.goto(f"/review/{slug}/")
    page.keyboard.press("d")
    expect(page.locator("h1")).to_have_text("Decide a phrase everywhere")
    expect(page.locator(".card h2").first).to_contain_text("in dispute in 2 posts")
    page.screenshot(path=SHOTS / "review-phrase.png")
    page.get_by_role("radio", name=LANGUAGE).check()
    page.get_by_role("button", name="Decide it everywhere").click()
    expect(page.locator(".row h3")).to_have_text("“swedish at level” is Language")
    people("review")
    rows = gold(people, slug, 2)
    assert {tuple(row["spans"][0]) for row in rows} == {(LANGUAGE, "Swedish at level")}
    page.get_by_role("button", name="Undo swedish at level").click()
    people("review")
    assert [row["withdrawn"] for row in gold(people, slug, 4)] == [False, False, True, True]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_reviewers_pages(
    disputed: Callable[..., str], browse: Callable[..., Page], scheme: str
) -> None:
    slug = disputed()
    page = open_dispute(browse("rita", color_scheme=scheme), slug)
    page.screenshot(path=SHOTS / f"review-{scheme}.png")
    assert findings(page) == []
    page.keyboard.press("b")
    assert findings(page) == []
    page.keyboard.press("e")
    assert findings(page) == []
    for where in ("/review/", f"/review/{slug}/phrases/?phrase=Swedish"):
        page.goto(where)
        page.screenshot(path=SHOTS / f"review-{where.count('/')}-{scheme}.png")
        assert findings(page) == []


def test_all_of_a_reviewers_navigation_is_in_sight_on_a_phone(
    people: Backstage, project: Callable[..., str], browse: Callable[..., Page]
) -> None:
    page = browse("rita", viewport={"width": 390, "height": 844})
    for where in ("/", f"/label/{project(TEXT)}/"):
        page.goto(where)
        wide, shown = page.locator(".top nav").evaluate("nav => [nav.scrollWidth, nav.clientWidth]")
        assert wide == shown
