"""Suggested spans: shown apart, accepted or rejected by one key, and what became of them stored."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.backstage import Backstage
from tests.e2e.desk import Desk

POST = {
    "text": "Python and Kafka for data pipelines, some Excel.",
    "suggest": [["Python", "Tool", 0.97], ["data", "Knowledge", 0.6], ["some", "Pay", 0.3]],
}
Open = Callable[..., Desk]


def test_right_suggestions_take_two_actions(desk: Open, backstage: Backstage) -> None:
    page = desk(POST, "The end.")
    page.spans("?: Python", "?: data", "?: some")
    page.press("a", "Enter")
    page.title("Post 2")
    (answer,) = backstage.answers(page.slug, 1)
    assert answer["spans"] == [["Tool", "Python"], ["Knowledge", "data"], ["Pay", "some"]]
    assert answer["suggestions"] == {"hidden": False, "accepted": 3, "changed": 0, "rejected": 0, "missed": 0}


def test_what_was_accepted_changed_rejected_and_missed_is_stored(desk: Open, backstage: Backstage) -> None:
    page = desk(POST)
    page.press("Tab", "Enter")
    page.spans("Tool: Python", "?: data", "?: some")
    page.press("Tab", "1")
    page.spans("Tool: Python", "Skill: data", "?: some")
    page.press("Tab", "Backspace")
    page.spans("Tool: Python", "Skill: data")
    page.press("Escape", "Escape", "3")
    page.click("Excel")
    page.press("Enter")
    (answer,) = backstage.answers(page.slug, 1)
    assert answer["suggestions"] == {"hidden": False, "accepted": 1, "changed": 1, "rejected": 1, "missed": 1}


def test_a_suggestion_nobody_decided_on_is_no_label(desk: Open, backstage: Backstage) -> None:
    page = desk(POST, "The end.")
    page.press("3")
    page.click("Excel")
    page.press("Enter")
    page.title("Post 2")
    assert backstage.answers(page.slug, 1)[0]["spans"] == [["Tool", "Excel"]]


def test_the_list_accepts_and_rejects_each(desk: Open) -> None:
    page = desk(POST)
    page.page.get_by_role("button", name="Accept Python").click()
    page.page.get_by_role("button", name="Reject some").click()
    page.spans("Tool: Python", "?: data")
    page.page.get_by_role("button", name="Accept 1 suggested").click()
    page.spans("Tool: Python", "Knowledge: data")


def test_suggestions_may_be_hidden_from_labelers(desk: Open, backstage: Backstage) -> None:
    page = desk(POST, hidden_share=1.0)
    page.spans()
    expect(page.page.locator(".q")).to_have_count(0)
    page.press("3")
    page.click("Python")
    page.press("Enter")
    (answer,) = backstage.answers(page.slug, 1)
    assert answer["suggestions"]["hidden"] is True
