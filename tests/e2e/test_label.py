"""From logging in to the label in S3, in a real browser."""

import json
from collections.abc import Callable, Mapping

from playwright.sync_api import Page, expect

from pipeline.adapters import aws
from tests.e2e.backstage import Backstage
from tests.e2e.conftest import SHOTS
from tests.e2e.desk import Desk

BAKER = {
    "title": "Baker, night shift",
    "company": "Strohm & Daughters",
    "text": "We look for a baker in Lindau.\n\nYou bring:\n\n- two years at a stone oven\n- good German",
}
COOK = {"title": "Cook", "text": "Cook wanted in Bregenz, with a sharp knife."}


def test_three_entities_by_click_and_by_keyboard_end_in_s3_and_in_the_admin(
    desk: Callable[..., Desk], browse: Callable[..., Page], backstage: Backstage, stack: Mapping[str, str]
) -> None:
    page = desk(BAKER, COOK)
    page.title("Baker, night shift")
    page.press("7")
    page.click("baker")
    page.press("9")
    page.click("Lindau")
    # By keyboard: to the last word, and a label's key.
    page.click("German", button="right")
    for _ in range(60):
        page.press("ArrowRight")
    page.press("6")
    page.spans("Role: baker", "Place: Lindau", "Language: German")
    page.page.screenshot(path=SHOTS / "label-baker.png")
    page.press("Enter")
    page.title("Cook")

    (answer,) = backstage.answers(page.slug, 1)
    assert answer["spans"] == [["Role", "baker"], ["Place", "Lindau"], ["Language", "German"]]
    assert answer["stored"]
    stored = aws.S3Store(aws.clients(stack).s3, stack["LABELS_BUCKET"]).get(answer["key"])
    body = json.loads(stored.body)
    assert [one["label"] for one in body["spans"]] == ["Role", "Place", "Language"]
    assert [str(BAKER["text"])[one["start"] : one["end"]] for one in body["spans"]] == ["baker", "Lindau", "German"]

    admin = browse("ada")
    admin.goto("/admin/labeling/annotation/")
    expect(admin.locator("#result_list")).to_contain_text("Baker, night shift")
    admin.screenshot(path=SHOTS / "admin-annotations.png")


def test_a_stranger_is_sent_to_log_in(browse: Callable[..., Page], project: Callable[..., str]) -> None:
    slug = project(COOK)
    page = browse(None)
    page.goto(f"/label/{slug}/")
    expect(page.locator("h1")).to_have_text("Log in")


def test_without_scripts_a_form_does_the_same(
    browse: Callable[..., Page], project: Callable[..., str], backstage: Backstage
) -> None:
    slug = project(BAKER, COOK)
    page = browse(java_script_enabled=False)
    page.goto(f"/label/{slug}/")
    page.wait_for_url(f"/label/{slug}/plain/")
    assert page.locator(".text").text_content() == BAKER["text"]
    page.get_by_text("Guideline v1").click()
    expect(page.locator("details")).to_contain_text("Software, machine or equipment. Excel")
    page.get_by_role("radio", name="Role").check()
    page.get_by_label("baker").check()
    page.get_by_role("button", name="Label the ticked words").click()
    page.get_by_role("radio", name="Experience").check()
    page.get_by_label("two").check()
    page.get_by_label("years").check()
    page.get_by_role("button", name="Label the ticked words").click()
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("main > h1")).to_have_text("Cook")
    expect(page.locator("[role=status]")).to_have_text("Stored.")
    page.get_by_role("radio", name="Not a post").check()
    page.get_by_role("button", name="Skip").click()
    expect(page.locator("main")).to_contain_text("That was the last post")
    answers = backstage.answers(slug, 2)
    assert answers[0]["spans"] == [["Role", "baker"], ["Experience", "two years"]]
    assert (answers[1]["kind"], answers[1]["reason"]) == ("skip", "not-a-post")


def test_the_page_says_so_when_nothing_is_left(desk: Callable[..., Desk]) -> None:
    page = desk(COOK)
    page.press("3")
    page.click("knife")
    page.press("Enter")
    expect(page.page.locator("main")).to_contain_text("That was the last post")
    page.open()
    expect(page.page.locator("main")).to_contain_text("That was the last post")
