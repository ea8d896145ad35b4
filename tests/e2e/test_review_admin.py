"""A project set up in the admin, labelled by two, decided by keyboard; the admin's pages in both colour schemes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.backstage import Backstage
from tests.e2e.conftest import SHOTS
from tests.e2e.desk import Desk
from tests.e2e.test_review import disputed, gold, open_dispute, people

__all__ = ["disputed", "people"]  # fixtures of the other module


def test_from_an_empty_project_to_gold(browse: Callable[..., Page], people: Backstage) -> None:
    slug = "from-an-empty-project"
    page = browse("ada")
    page.goto("/admin/labeling/project/add/")
    page.fill("[name=name]", "From an empty project")
    page.fill("[name=slug]", slug)
    page.click("button[name=_continue]")
    expect(page.locator("[name=redundancy]")).to_be_visible()
    page.fill("[name=redundancy]", "2")
    page.fill("[name=labels-0-name]", "Ability")
    page.fill("[name=guidelines]", "# Read this\n\nLabel **less**.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".preview-pane strong")).to_have_text("less")
    page.click("button[name=_save]")
    expect(page).to_have_url(page.url.split("/admin")[0] + "/admin/labeling/project/")
    people("posts", slug=slug, texts=[{"text": "Bake bread with flour."}])
    for name, key, words in (("lena", "1", "bread"), ("max", "3", "flour")):
        desk = Desk(browse(name), slug).open()
        expect(desk.page.get_by_role("button", name="Whole guideline")).to_be_visible()
        desk.press(key)
        desk.click(words)
        desk.press("Enter")
        expect(desk.page.locator("main")).to_contain_text("That was the last post")
        people.answers(slug, 1 if name == "lena" else 2)
    people("review")
    page = open_dispute(browse("rita"), slug)
    page.keyboard.press("Shift+A")
    page.keyboard.press("Enter")
    expect(page.locator("main.page h1")).to_have_text("Nothing in dispute")
    (row,) = gold(people, slug, 1)
    assert row["spans"] == [["Ability", "bread"]]
    assert row["stored"]


def test_posts_are_ticked_deleted_with_a_reason_and_brought_back(
    project: Callable[..., str], browse: Callable[..., Page], people: Backstage
) -> None:
    slug = project(*({"text": f"Weld the pipes of hall {number}.", "title": f"Hall {number}"} for number in range(3)))
    page = browse("ada")
    listed = f"/admin/labeling/post/?project={people('ids', slug=slug)['project']}"
    page.goto(listed)
    expect(page.locator("#result_list tbody tr")).to_have_count(3)
    for number in (0, 2):
        page.locator("input.action-select").nth(number).check()
    page.locator("select[name=action]").select_option("change_in_bulk")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("[name=kind]")).to_be_visible()
    page.select_option("[name=kind]", "delete")
    page.fill("[name=reason]", "an advertisement")
    page.click("button[name=_save]")
    page.get_by_role("link", name="Delete").first.click()
    expect(page.get_by_role("status")).to_contain_text("The worker is at it")
    people("review")
    expect(page.get_by_role("button", name="Undo: restore the 2 posts it changed")).to_be_visible()
    page.screenshot(path=SHOTS / "admin-bulk-done-light.png")
    there = page.url
    page.goto(listed)
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.goto(f"{listed}&state=deleted")
    page.locator("#result_list tbody a").first.click()
    expect(page.locator("#content-main")).to_contain_text("deleted by ada")
    expect(page.locator("#content-main")).to_contain_text("an advertisement")
    page.screenshot(path=SHOTS / "admin-post-deleted-light.png")
    page.goto(there)
    page.fill("[name=reason]", "a slip")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_be_visible()
    people("review")
    page.goto(listed)
    expect(page.locator("#result_list tbody tr")).to_have_count(3)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_admins_pages_are_drawn(
    disputed: Callable[..., str], browse: Callable[..., Page], people: Backstage, scheme: str
) -> None:
    slug = disputed()
    people("review")
    page = browse("ada", color_scheme=scheme)
    if scheme == "dark":
        page.add_init_script("localStorage.setItem('_x_adminTheme', JSON.stringify('dark'))")
    project = people("ids", slug=slug)
    pages = {
        "index": "/admin/",
        "project": f"/admin/labeling/project/{project['project']}/change/",
        "posts": "/admin/labeling/post/",
        "post": f"/admin/labeling/post/{project['post']}/change/",
        "annotations": "/admin/labeling/annotation/",
        "annotation": f"/admin/labeling/annotation/{project['annotation']}/change/",
        "projects": "/admin/labeling/project/",
        "decisions": "/admin/adjudication/gold/",
        "actions": "/admin/operations/bulkaction/",
        "users": "/admin/accounts/user/",
        "user": f"/admin/accounts/user/{project['user']}/change/",
        "comparisons": "/admin/adjudication/comparison/",
        "bulk": "/admin/operations/bulkaction/add/",
        "audit": "/admin/audit/auditentry/",
        "labels": f"/review/{slug}/labels/",
        "versions": f"/review/{slug}/versions/?a=1&b=2",
    }
    for name, address in pages.items():
        response = page.goto(address)
        assert response
        assert response.status == 200, address
        page.wait_for_timeout(150)
        page.screenshot(path=SHOTS / f"admin-{name}-{scheme}.png", full_page=name == "project")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_reviewers_pages_fit_a_phone(
    disputed: Callable[..., str], browse: Callable[..., Page], people: Backstage, scheme: str
) -> None:
    slug = disputed()
    people("review")
    page = browse("rita", color_scheme=scheme, viewport={"width": 390, "height": 844})
    pages = {
        "home": "/review/",
        "dispute": f"/review/{slug}/",
        "phrases": f"/review/{slug}/phrases/?phrase=Swedish",
        "labels": f"/review/{slug}/labels/",
        "versions": f"/review/{slug}/versions/?a=1&b=2",
        "sources": f"/review/{slug}/sources/",
    }
    for name, address in pages.items():
        response = page.goto(address)
        assert response
        assert response.status == 200, address
        page.wait_for_timeout(150)
        page.screenshot(path=SHOTS / f"review-{name}-390-{scheme}.png")
        assert page.evaluate("document.documentElement.scrollWidth") == 390, name


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_an_address_is_tried_on_the_page_of_sources(
    disputed: Callable[..., str], browse: Callable[..., Page], width: int, scheme: str
) -> None:
    slug = disputed()
    page = browse("ada", color_scheme=scheme, viewport={"width": width, "height": 900})
    page.goto(f"/review/{slug}/sources/")
    page.fill("[name=source]", "clocks")
    page.fill("[name=address]", "http://127.0.0.1/jobs")
    if page.locator("[name=contact]").count():
        page.fill("[name=contact]", "crawler@example.org")
    page.get_by_role("button", name="Try the address").click()
    expect(page.get_by_role("alert")).to_contain_text("a public one of the web")
    page.fill("[name=address]", "lever:clocks")
    page.get_by_role("button", name="Try the address").click()
    expect(page.get_by_role("status")).to_contain_text("Trying lever:clocks")
    page.screenshot(path=SHOTS / f"sources-{width}-{scheme}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") == width
