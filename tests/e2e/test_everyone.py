"""For everyone: no accessibility finding, dark and light, touch, scripts without spaces or from right to left."""

from collections.abc import Callable

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.backstage import Backstage
from tests.e2e.conftest import SHOTS
from tests.e2e.desk import Desk
from tests.e2e.test_suggestions import POST

Open = Callable[..., Desk]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def findings(page: Page) -> list[str]:
    """What axe finds, with the elements: empty when all is well."""
    found = Axe().run(page)["violations"]
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_token_page(
    browse: Callable[..., Page], project: Callable[..., str], scheme: str
) -> None:
    page = Desk(browse(color_scheme=scheme), project(POST)).open()
    assert findings(page.page) == []
    page.press("1")
    page.drag("Kafka", "pipelines")
    page.press("2")
    page.click("Kafka", modifier="Control")
    page.click("Kafka")
    assert findings(page.page) == []
    for key, panel in (("s", "#skip"), ("f", "#flag"), ("?", "#keys")):
        page.press("Escape", key)
        expect(page.page.locator(panel)).to_be_visible()
        assert findings(page.page) == []
        page.press("Escape")
    page.page.get_by_role("button", name="Whole guideline").click()
    assert findings(page.page) == []
    page.press("Escape")
    page.page.locator(".go").click()
    expect(page.page.locator(".state")).to_be_visible()
    assert findings(page.page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("where", ["/", "/mine/", "/mine/?q=nothing-has-this", "plain", "/no-such-page/"])
def test_axe_finds_nothing_on_the_pages_around_it(
    browse: Callable[..., Page], project: Callable[..., str], scheme: str, where: str
) -> None:
    slug = project(POST)
    page = browse(color_scheme=scheme)
    page.goto(f"/label/{slug}/plain/" if where == "plain" else where)
    assert findings(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_where_one_logs_in(browse: Callable[..., Page], scheme: str) -> None:
    page = browse(None, color_scheme=scheme)
    page.goto("/accounts/login/")
    page.fill("[name=username]", "lena")
    page.fill("[name=password]", "wrong")
    page.click("main form button")
    expect(page.locator("[role=alert]")).to_be_visible()
    assert findings(page) == []


def test_a_screen_reader_hears_token_label_and_span(desk: Open) -> None:
    page = desk("Python and Kafka for data pipelines.")
    page.press("ArrowRight", "3")
    focused = page.page.locator(":focus")
    expect(focused).to_have_attribute("role", "gridcell")
    expect(focused).to_have_accessible_description("Tool")
    expect(focused).to_have_attribute("aria-selected", "true")
    expect(page.page.locator("[data-live]")).to_have_text("Python, Tool, selected")


def test_the_theme_chosen_is_the_theme_of_the_next_page(browse: Callable[..., Page]) -> None:
    page = browse(color_scheme="light")
    page.goto("/")
    for _ in range(2):
        page.locator("[data-theme-toggle]").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/mine/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_phone_labels_by_touch(
    browse: Callable[..., Page], project: Callable[..., str], backstage: Backstage
) -> None:
    page = Desk(browse(**PHONE), project(POST, "The end."))
    page.open()
    page.page.get_by_role("radio", name="3 Tool").tap()
    page.page.touchscreen.tap(*page.at("Kafka"))
    page.spans("?: Python", "Tool: Kafka", "?: data", "?: some")
    page.page.touchscreen.tap(*page.at("Kafka"))
    expect(page.page.locator(".tag")).to_have_text("Tool")
    assert page.page.evaluate("document.documentElement.scrollWidth") == 390
    page.page.screenshot(path=SHOTS / "phone.png")
    page.page.locator(".go").tap()
    page.title("Post 2")
    assert backstage.answers(page.slug, 1)[0]["spans"] == [["Tool", "Kafka"]]


def test_a_phrase_is_labelled_by_touch(browse: Callable[..., Page], project: Callable[..., str]) -> None:
    text = "Python and Kafka for data\nthat nobody trusts, and\nfor their pipelines.\n" + "The end.\n" * 40
    page = Desk(browse(**PHONE), project(text)).open()
    page.page.touchscreen.tap(*page.at("data"))
    box = page.page.locator(".end").nth(1).bounding_box()
    assert box
    x, y = box["x"] + 1, box["y"] + box["height"]
    to_x, to_y = page.at("pipelines")
    finger = page.page.context.new_cdp_session(page.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        touched = [{"x": left, "y": top} for left, top in points]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})

    touch("touchStart", (x, y))
    for step in range(1, 9):  # enough for a browser to take it for scrolling, where the page lets it
        touch("touchMove", (x + (to_x - x) * step / 8, y + (to_y - y) * step / 8))
    touch("touchEnd")
    page.page.get_by_role("radio", name="2 Knowledge").click()
    page.spans("Knowledge: data\nthat nobody trusts, and\nfor their pipelines")


def test_touch_targets_are_large_enough(browse: Callable[..., Page], project: Callable[..., str]) -> None:
    page = Desk(browse(**PHONE), project(POST)).open().page
    small = page.evaluate(
        """[...document.querySelectorAll(".foot button, .lab, .top a, .top button")]
          .filter((one) => one.checkVisibility())
          .map((one) => [one.textContent.trim(), one.getBoundingClientRect().height])
          .filter(([, height]) => height < 32)"""
    )
    assert small == []


SCRIPTS = {
    "arabic": ("نبحث عن مهندس برمجيات يتقن Python.", "مهندس"),
    "hebrew": ("דרוש מהנדס תוכנה עם Python", "מהנדס"),
    "chinese": ("我们正在寻找一位软件工程师。", "软件"),
    "japanese": ("ソフトウェアエンジニアを募集しています。", "エンジニア"),
    "thai": ("เรากำลังมองหาวิศวกรซอฟต์แวร์", "วิศวกร"),
    "hindi": ("हम एक सॉफ़्टवेयर इंजीनियर खोज रहे हैं", "इंजीनियर"),
    "combining": ("Na\u0303o ha\u0301 vie\u0323\u0302c la\u0300m", "vie\u0323\u0302c"),
    "emoji": ("We 👩‍💻 need 👨‍👩‍👧‍👦 teams 🇸🇪 now", "👨‍👩‍👧‍👦"),
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_word_of_any_script_is_labelled_by_a_click(desk: Open, backstage: Backstage, script: str) -> None:
    from pipeline.text import normalise

    text, word = (normalise(one) for one in SCRIPTS[script])
    page = desk({"text": text, "language": "und"}, "The end.")
    assert page.text() == text
    page.press("1")
    page.click(word)
    page.page.screenshot(path=SHOTS / f"script-{script}.png")
    page.press("Enter")
    page.title("Post 2")
    ((label, labelled),) = backstage.answers(page.slug, 1)[0]["spans"]
    assert label == "Skill"
    # Where no blanks part words, one segment or piece is taken: it holds the word, or is how it begins.
    assert labelled in text
    assert word in labelled or labelled.startswith(word[:1])


def test_left_goes_on_where_text_runs_from_right_to_left(desk: Open) -> None:
    page = desk({"text": "نبحث عن مهندس", "language": "ar"})
    page.press("ArrowLeft")
    page.press("ArrowLeft")
    before = page.page.locator(".cur").bounding_box()
    page.press("ArrowLeft")
    after = page.page.locator(".cur").bounding_box()
    assert before
    assert after
    assert after["x"] < before["x"]


def test_what_a_post_says_is_text_never_html(desk: Open) -> None:
    text = "<b onclick=alert(1)>bold</b> & <script>alert(1)</script> \"quoted\" 'too' &amp; &#60;"
    page = desk({"text": text, "title": "<i>slanted</i>", "company": "<script>alert(2)</script>"})
    assert page.text() == text
    page.title("<i>slanted</i>")
    assert page.page.locator(".post b:not(.tag), .post script, .post h1 i").count() == 0


def test_blanks_and_line_ends_stay_as_they_are(desk: Open) -> None:
    text = "\n  two  spaces,\ta tab\n\n\n- an item \n\n\u00a0no-break\u2028line\n"
    page = desk(text)
    assert page.text() == text


def test_the_page_asks_nothing_of_any_other_site(desk: Open, browse: Callable[..., Page], site: str) -> None:
    page = browse()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    desk(POST, page=page)
    assert asked
    assert [url for url in asked if not url.startswith(site)] == []
