"""Work is never lost: reloads, crashes, two tabs, no network, a post that went to somebody else."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.backstage import Backstage
from tests.e2e.desk import PASSWORD, Desk

TEXT = "Python and Kafka for data pipelines."
Open = Callable[..., Desk]


def label(page: Desk, words: str, key: str = "3") -> None:
    page.click(words)
    page.press(key, "Escape")


def test_a_reload_comes_back_to_the_same_state(desk: Open) -> None:
    page = desk(TEXT)
    label(page, "Kafka")
    page.page.reload()
    page.ready().spans("Tool: Kafka")


def test_a_step_made_as_the_page_is_left_comes_back(desk: Open) -> None:
    page = desk(TEXT)
    page.page.route("**/draft", lambda route: route.abort())
    # A disk so slow that the page has gone before its database answers.
    page.page.evaluate("() => { IDBObjectStore.prototype.put = () => new EventTarget(); }")
    label(page, "Kafka")
    page.page.reload()
    page.ready().spans("Tool: Kafka")


def test_another_browser_comes_back_to_the_same_state(desk: Open, browse: Callable[..., Page]) -> None:
    page = desk(TEXT)
    with page.page.expect_response(lambda response: response.url.endswith("/draft")):
        label(page, "Kafka")
    Desk(browse(), page.slug).open().spans("Tool: Kafka")


def test_a_crash_before_the_server_knows_loses_nothing(desk: Open) -> None:
    page = desk(TEXT)
    page.page.route("**/draft", lambda route: route.abort())
    label(page, "Kafka")
    label(page, "Python")
    page.spans("Tool: Python", "Tool: Kafka")
    page.page.wait_for_timeout(200)
    again = page.page.context.new_page()
    page.page.close(run_before_unload=False)
    Desk(again, page.slug).open().spans("Tool: Python", "Tool: Kafka")


def test_a_page_that_is_left_gives_back_what_nobody_worked_on(desk: Open, backstage: Backstage) -> None:
    page = desk(TEXT, "The end.")
    page.fetched_ahead()
    assert min(backstage("leases", slug=page.slug).values()) > 500
    page.page.goto("about:blank")
    page.until(lambda: [left < 91 for left in backstage("leases", slug=page.slug).values()], [True, True])


def test_a_page_that_is_left_keeps_what_was_worked_on(desk: Open, backstage: Backstage) -> None:
    page = desk(TEXT, "The end.")
    page.fetched_ahead()
    with page.page.expect_response(lambda response: response.url.endswith("/draft")):
        label(page, "Kafka")
    page.page.goto("about:blank")
    page.until(lambda: backstage("leases", slug=page.slug)["Post 2"] < 91, True)
    page.page.wait_for_timeout(500)
    assert backstage("leases", slug=page.slug)["Post 1"] > 500


def test_a_reload_goes_on_with_the_same_posts(desk: Open, backstage: Backstage) -> None:
    page = desk(TEXT, "The end.")
    page.fetched_ahead()
    page.page.reload()
    page.ready().title("Post 1")
    page.fetched_ahead()
    assert sorted(backstage("leases", slug=page.slug)) == ["Post 1", "Post 2"]
    # As it does every minute, which is sooner than what was left lapses.
    page.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.until(lambda: min(backstage("leases", slug=page.slug).values()) > 500, True)


@pytest.mark.slow
def test_a_link_that_opens_a_tab_gives_nothing_back(desk: Open, backstage: Backstage) -> None:
    page = desk(TEXT)
    with page.page.context.expect_page():
        page.page.get_by_role("link", name="show on page").click()
    page.page.wait_for_timeout(300)
    assert min(backstage("leases", slug=page.slug).values()) > 500


def test_a_second_tab_shows_each_step_as_it_happens(desk: Open) -> None:
    page = desk(TEXT, "The end.", "Really.")
    other = Desk(page.page.context.new_page(), page.slug).open()
    label(page, "Kafka")
    other.spans("Tool: Kafka")
    label(other, "Python")
    page.spans("Tool: Python", "Tool: Kafka")


def test_a_post_submitted_in_one_tab_is_left_in_the_other(desk: Open, backstage: Backstage) -> None:
    page = desk(TEXT, "The end.", "Really.")
    other = Desk(page.page.context.new_page(), page.slug).open()
    label(page, "Kafka")
    other.spans("Tool: Kafka")
    page.press("Enter")
    other.note("submitted in another tab")
    other.title("Post 2")
    assert len(backstage.answers(page.slug, 1)) == 1


def test_offline_answers_wait_and_are_sent_once_each(desk: Open, backstage: Backstage) -> None:
    page = desk(TEXT, "The end.", "Really.")
    page.title("Post 1")
    page.fetched_ahead()
    page.page.context.set_offline(True)
    label(page, "Kafka")
    page.press("Enter")
    page.title("Post 2")
    expect(page.page.locator("[data-pill]")).to_have_text("Offline · 1 waiting to send")
    label(page, "end")
    page.press("Enter")
    expect(page.page.locator(".state")).to_contain_text("You are offline")
    expect(page.page.locator("[data-pill]")).to_have_text("Offline · 2 waiting to send")
    assert backstage("answered", slug=page.slug) == []
    page.page.context.set_offline(False)
    page.title("Post 3")
    expect(page.page.locator("[data-pill]")).to_be_hidden()
    answers = backstage.answers(page.slug, 2)
    assert [one["spans"] for one in answers] == [[["Tool", "Kafka"]], [["Tool", "end"]]]
    assert [one["n"] for one in answers] == [1, 1]


def test_answers_that_wait_survive_leaving_the_page(desk: Open, backstage: Backstage) -> None:
    page = desk(TEXT, "The end.")
    page.page.route("**/submit", lambda route: route.abort())
    label(page, "Kafka")
    page.press("Enter")
    expect(page.page.locator("[data-pill]")).to_have_text("1 waiting to send")
    context = page.page.context
    page.page.close()
    Desk(context.new_page(), page.slug).open()
    assert backstage.answers(page.slug, 1)[0]["spans"] == [["Tool", "Kafka"]]


def test_an_answer_whose_reply_was_lost_is_sent_again_and_counted_once(desk: Open, backstage: Backstage) -> None:
    page = desk(TEXT, "The end.")
    lost: list[object] = []

    def lose_reply(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch())
        route.abort()

    page.page.route("**/submit", lose_reply)
    label(page, "Kafka")
    page.press("Enter")
    expect(page.page.locator("[data-pill]")).to_have_text("1 waiting to send")
    page.page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.page.locator("[data-pill]")).to_be_hidden()
    (answer,) = backstage.answers(page.slug, 1)
    assert answer["n"] == 1


def test_a_post_that_went_to_somebody_else_is_kept_as_a_second_opinion(desk: Open, backstage: Backstage) -> None:
    page = desk(TEXT)
    label(page, "Kafka")
    assert backstage("give_away", slug=page.slug, to="max") == 1
    page.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.note("somebody else has it now. Go on")
    page.press("Enter")
    page.note("kept as a second opinion")
    answers = backstage.answers(page.slug, 2)
    assert [(one["second_opinion"], one["spans"]) for one in answers] == [(False, []), (True, [["Tool", "Kafka"]])]


def test_who_was_logged_out_is_told_and_loses_nothing(desk: Open, backstage: Backstage) -> None:
    page = desk(TEXT, "The end.")
    page.page.context.clear_cookies()
    label(page, "Kafka")
    page.press("Enter")
    expect(page.page.locator("[data-pill]")).to_have_text("Log in again: 1 waiting to send")
    page.page.goto(f"/label/{page.slug}/")
    page.page.fill("[name=username]", "lena")
    page.page.fill("[name=password]", PASSWORD)
    page.page.click("main form button")
    page.ready()
    assert backstage.answers(page.slug, 1)[0]["spans"] == [["Tool", "Kafka"]]


def test_trying_again_as_the_network_comes_back_fetches_one_post(desk: Open) -> None:
    page = desk(TEXT)
    page.page.route("**/next?*", lambda route: route.abort())
    label(page, "Kafka")
    page.press("Enter")
    again = page.page.get_by_role("button", name="Try now")
    again.wait_for()
    asked: list[str] = []
    page.page.unroute("**/next?*")
    page.page.on("request", lambda request: asked.append(request.url) if "/next?" in request.url else None)
    again.evaluate("one => { one.click(); window.dispatchEvent(new Event('online')); }")
    expect(page.page.locator("[data-room] h1")).to_have_text("That was the last post")
    assert len(asked) == 1


def test_who_was_logged_out_at_the_last_post_finds_the_way_back(desk: Open, backstage: Backstage) -> None:
    page = desk(TEXT)
    page.page.context.clear_cookies()
    label(page, "Kafka")
    page.press("Enter")
    expect(page.page.locator("[data-room] h1")).to_have_text("You are logged out")
    page.page.get_by_role("link", name="Log in again", exact=True).click()
    page.page.fill("[name=username]", "lena")
    page.page.fill("[name=password]", PASSWORD)
    page.page.click("main form button")
    expect(page.page).to_have_url(re.compile(f"/label/{page.slug}/$"))
    assert backstage.answers(page.slug, 1)[0]["spans"] == [["Tool", "Kafka"]]


def test_an_answer_is_sent_though_the_browsers_storage_is_full(desk: Open, backstage: Backstage) -> None:
    page = desk(TEXT)
    full = "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError') }"
    page.page.evaluate(f"() => {{ {full} }}")
    label(page, "Kafka")
    page.press("Enter")
    assert backstage.answers(page.slug, 1)[0]["spans"] == [["Tool", "Kafka"]]
    expect(page.page.locator("main")).to_have_attribute("data-state", "done")


def test_a_server_that_fails_for_now_is_not_taken_for_a_lost_network(desk: Open) -> None:
    page = desk(TEXT)
    page.page.route(f"**/label/{page.slug}/next*", lambda route: route.fulfill(status=503))
    label(page, "Kafka")
    page.press("Enter")
    expect(page.page.locator("[data-room] h1")).to_have_text("The next post did not come")
    page.page.unroute_all()
    page.page.get_by_role("button", name="Try again").click()
    expect(page.page.locator("main")).to_have_attribute("data-state", "done")


def test_who_was_taken_out_of_the_project_is_told_so(desk: Open, backstage: Backstage) -> None:
    page = desk(TEXT)
    backstage("project", slug=page.slug, members=["somebody-else"])
    label(page, "Kafka")
    page.press("Enter")
    expect(page.page.locator("[data-room] h1")).to_have_text("No more posts come from here")
    expect(page.page.locator("[data-why]")).to_have_text("You are no longer a member of this project.")
    page.note("was refused and is kept here")
    expect(page.page.get_by_role("link", name="All projects").last).to_be_visible()


def test_an_answer_the_server_refuses_is_told_with_the_reason_and_kept(desk: Open) -> None:
    page = desk(TEXT, "The end.")
    refusal = '{"error": "spans[0]: given [0, 99], allowed: 0 ≤ first < last ≤ 8", "field": "spans[0]"}'
    page.page.route("**/submit", lambda route: route.fulfill(status=400, content_type="application/json", body=refusal))
    label(page, "Kafka")
    page.press("Enter")
    page.note("was refused and is kept here: spans[0]")
    expect(page.page.locator("[data-pill]")).to_have_text("1 refused")
