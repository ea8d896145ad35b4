"""Labelling by mouse and by keyboard alone: each gesture and key of the token page."""

import random
import re
from collections import Counter
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.backstage import Backstage
from tests.e2e.desk import LIST, Desk

TEXT = "Python and Kafka for data pipelines.\nMore Python, fewer data pipelines and unbreakable schemas."

Open = Callable[..., Desk]
SETTLED = """async () => {
  for (let frame = 0; frame < 3; frame += 1) await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
}"""


def test_the_chosen_label_stays_chosen(desk: Open) -> None:
    page = desk(TEXT)
    page.press("3")
    page.click("Python")
    page.click("Kafka")
    page.spans("Tool: Python", "Tool: Kafka")


def test_with_no_label_chosen_a_click_selects_and_a_key_applies(desk: Open) -> None:
    page = desk(TEXT)
    page.click("Kafka")
    page.spans()
    page.press("3")
    page.spans("Tool: Kafka")


def test_the_label_chosen_by_its_button_is_let_go_by_its_button(desk: Open) -> None:
    page = desk(TEXT)
    tool = page.page.get_by_role("radio", name="3 Tool")
    tool.click()
    expect(tool).to_be_checked()
    tool.click()
    expect(tool).not_to_be_checked()
    page.click("Kafka")
    page.spans()


def test_a_word_of_several_pieces_is_labelled_whole(desk: Open) -> None:
    page = desk(TEXT)
    assert page.page.locator(".t", has_text="unbreakable").count() == 0, "one piece: choose another word"
    page.press("1")
    page.click("unbreakable")
    page.spans("Skill: unbreakable")


def test_alt_click_takes_one_piece_of_a_word(desk: Open) -> None:
    page = desk(TEXT)
    page.press("1")
    page.click("unbreakable", modifier="Alt")
    piece = page.page.locator(".spans [data-one=select]").text_content()
    assert piece
    assert "unbreakable".startswith(piece)
    assert piece != "unbreakable"


def test_a_drag_labels_a_phrase(desk: Open) -> None:
    page = desk(TEXT)
    page.press("2")
    page.drag("data pipelines.", "pipelines.")
    page.spans("Knowledge: data pipelines")


def test_a_drag_back_over_lines_labels_a_phrase(desk: Open) -> None:
    page = desk(TEXT)
    page.press("2")
    page.drag("Python, fewer", "pipelines.")
    page.spans("Knowledge: pipelines.\nMore Python")


def test_shift_click_extends_the_span_just_made(desk: Open) -> None:
    page = desk(TEXT)
    page.press("2")
    page.click("data")
    page.click("pipelines", modifier="Shift")
    page.spans("Knowledge: data pipelines")


def test_shift_click_extends_a_selection_before_it_is_labelled(desk: Open) -> None:
    page = desk(TEXT)
    page.click("pipelines")
    page.click("for", modifier="Shift")
    page.press("2")
    page.spans("Knowledge: for data pipelines")


def test_a_click_on_a_span_selects_it_and_a_key_changes_its_label(desk: Open) -> None:
    page = desk(TEXT)
    page.press("3")
    page.click("Kafka")
    page.click("Kafka")
    page.press("2")
    page.spans("Knowledge: Kafka")


def test_brackets_move_the_ends_of_the_selected_span_by_tokens(desk: Open) -> None:
    page = desk("some of the work")
    page.press("2")
    page.click("the")
    page.click("the")
    page.press("[")
    page.spans("Knowledge: of the")
    page.press("}")
    page.spans("Knowledge: of")
    page.press("]", "{")
    page.spans("Knowledge: the")


def test_handles_move_the_ends_of_the_selected_span(desk: Open) -> None:
    page = desk(TEXT)
    page.press("2")
    page.click("data")
    page.click("data")
    box = page.page.locator(".end").nth(1).bounding_box()
    assert box
    x, y = page.at("pipelines")
    page.page.mouse.move(box["x"] + 1, box["y"] + box["height"] - 2)
    page.page.mouse.down()
    page.page.mouse.move(x + 4, y, steps=4)
    page.page.mouse.up()
    page.spans("Knowledge: data pipelines")


def test_spans_nest_and_cross_and_each_can_be_reached(desk: Open) -> None:
    page = desk(TEXT)
    page.press("1")
    page.drag("Kafka for", "pipelines.")
    page.press("Escape", "2")
    page.drag("data pipelines.", "pipelines.")
    page.press("3")
    page.click("data", modifier="Control")
    page.drag("and Kafka", "for")
    page.spans("Tool: and Kafka for", "Skill: Kafka for data pipelines", "Knowledge: data pipelines", "Tool: data")
    data = page.page.locator(".t.c3")
    assert data.count() >= 1
    # Clicks on the same token go outwards through the spans that cover it.
    for label in ("Tool", "Knowledge", "Skill"):
        page.click("data")
        expect(page.page.locator(".tag")).to_have_text(label)


def test_every_same_phrase_is_labelled_by_one_key(desk: Open) -> None:
    page = desk(TEXT)
    page.press("2")
    page.drag("data pipelines.", "pipelines.")
    expect(page.page.locator(".same")).not_to_have_count(0)
    page.press("e")
    page.spans("Knowledge: data pipelines", "Knowledge: data pipelines")


def test_undo_and_redo_go_through_every_step(desk: Open) -> None:
    page = desk(TEXT)
    page.press("3")
    page.click("Python")
    page.click("Kafka")
    page.click("Kafka")
    page.press("2", "Backspace")
    page.spans("Tool: Python")
    page.press("Control+z")
    page.spans("Tool: Python", "Knowledge: Kafka")
    page.press("Control+z")
    page.spans("Tool: Python", "Tool: Kafka")
    page.press("Control+z", "Control+z", "Control+z")
    page.spans()
    page.press("Control+y", "Control+Shift+z")
    page.spans("Tool: Python", "Tool: Kafka")


def test_after_a_click_on_the_text_keys_are_for_the_text(desk: Open, backstage: Backstage) -> None:
    page = desk(TEXT, "Next.")
    page.press("3")
    page.click("Python")
    page.click("Kafka")
    page.page.locator("[data-do=undo]").click()
    page.spans("Tool: Python")
    page.click("data")
    page.spans("Tool: Python", "Tool: data")
    page.press("Enter")
    page.title("Post 2")
    assert backstage.answers(page.slug, 1)[0]["spans"] == [["Tool", "Python"], ["Tool", "data"]]


def test_everything_works_by_keyboard_alone(desk: Open, backstage: Backstage) -> None:
    page = desk(TEXT, "The end.")
    page.press("ArrowRight")
    page.press("3")
    page.spans("Tool: Python")
    page.press("Control+ArrowRight", "Control+ArrowRight", "3")
    page.spans("Tool: Python", "Tool: Kafka")
    page.press("Escape", "ArrowDown", "Home")
    page.press("Tab")
    page.press("Shift+Tab")
    expect(page.page.locator(".tag")).to_have_text("Tool")
    page.press("Control+ArrowRight", "Control+ArrowRight")
    page.press("Control+Shift+ArrowRight", "Shift+ArrowRight")
    page.press("2", "Enter")
    page.title("Post 2")
    (answer,) = backstage.answers(page.slug, 1)
    assert answer["spans"][:2] == [["Tool", "Python"], ["Tool", "Kafka"]]
    assert len(answer["spans"]) == 3


def test_arrows_move_by_the_lines_that_the_screen_breaks(desk: Open) -> None:
    page = desk(TEXT)
    first, second = page.page.locator(".text > p").nth(0), page.page.locator(".text > p").nth(1)
    page.press("ArrowRight", "ArrowDown")
    expect(second.locator(".cur")).to_have_count(1)
    page.press("ArrowUp")
    expect(first.locator(".cur")).to_have_text("Python")


def test_tab_walks_the_spans_and_then_goes_on_through_the_page(desk: Open) -> None:
    page = desk(TEXT)
    page.press("3")
    page.click("Python")
    page.click("Kafka")
    page.press("Escape", "Escape")
    page.page.locator(".post h1").click()
    page.press("Tab")
    expect(page.page.locator(".now")).to_have_text("3PythonTool")
    page.press("Tab")
    expect(page.page.locator(".now")).to_have_text("3KafkaTool")
    page.press("Tab")
    expect(page.page.locator(".now")).to_have_count(0)
    assert page.page.evaluate("document.activeElement.closest('[role=grid]')") is None


def test_the_full_stop_takes_the_piece_under_the_cursor(desk: Open) -> None:
    page = desk("unbreakable schemas")
    page.press("ArrowRight", ".", "1")
    piece = page.page.locator(".spans [data-one=select]").text_content()
    assert piece
    assert len(piece) < len("unbreakable")


def test_clicks_arrows_and_cells_go_by_the_words_that_people_mean(desk: Open) -> None:
    page = desk(
        {"text": "Node developer\nC++ and R&D, from €3,500. English B2.", "title": "Node developer"}, "The end."
    )
    page.press("3")
    for words in ("C++", "R&D", "€3,500", "B2"):
        page.click(words)
    page.spans("Tool: C++", "Tool: R&D", "Tool: €3,500", "Tool: B2")
    expect(page.page.get_by_role("gridcell", name="€3,500", exact=True)).to_have_count(1)
    # The text begins with the title, so it is not shown twice.
    box = page.page.locator(".post h1").bounding_box()
    assert box
    assert box["height"] < 3
    page.click("C++")
    page.press("Escape", "Escape", "ArrowRight", "ArrowRight")
    expect(page.page.locator(":focus")).to_have_accessible_name("R&D")
    ring = [page.page.locator(f".u{side}").text_content() for side in ("s", "e")]
    assert ring == ["R", "D"]
    page.press("ArrowLeft", "Shift+ArrowRight", "1")
    page.spans("Tool: C++", "Skill: and R&D", "Tool: R&D", "Tool: €3,500", "Tool: B2")


def test_pieces_of_a_word_are_taken_one_after_the_other(desk: Open) -> None:
    page = desk("C++ schemas")
    page.press("ArrowRight", ".")
    for taken in ("C", "+", "+", "C"):
        expect(page.page.locator(".pick q")).to_have_text(taken)
        page.press(".")


def test_the_last_page_lists_no_spans_of_the_post_before(desk: Open) -> None:
    page = desk("Kafka and schemas")
    page.press("3")
    page.click("Kafka")
    page.press("Enter")
    expect(page.page.locator("main")).to_have_attribute("data-state", "done")
    page.spans()
    expect(page.page.locator("[data-count]")).to_have_text("0")


def test_skip_asks_for_a_reason(desk: Open, backstage: Backstage) -> None:
    page = desk(TEXT, "The end.")
    page.press("s", "2")
    page.press("Enter")
    page.title("Post 2")
    page.press("s", "4")
    page.keys.type("a poem, 3 lines")
    page.press("Enter")
    answers = backstage.answers(page.slug, 2)
    assert [(one["kind"], one["reason"], one["comment"]) for one in answers] == [
        ("skip", "wrong-language", ""),
        ("skip", "other", "a poem, 3 lines"),
    ]


def test_skip_for_another_reason_needs_words(desk: Open) -> None:
    page = desk(TEXT)
    page.press("s", "4", "Enter")
    expect(page.page.locator("#skip")).to_be_visible()
    page.title("Post 1")


def test_no_key_works_while_typing(desk: Open) -> None:
    page = desk(TEXT)
    page.press("f")
    page.keys.type("s3 a? e")
    expect(page.page.locator("#flag input")).to_have_value("s3 a? e")
    page.press("Enter")
    page.spans()
    expect(page.page.locator("[data-do=flag]")).to_have_attribute("aria-pressed", "true")


def test_no_key_leaves_the_page(desk: Open) -> None:
    page = desk(TEXT)
    page.page.evaluate("globalThis.taken = []; addEventListener('keydown', (key) => taken.push(key.defaultPrevented))")
    keys = ["Backspace", "Alt+ArrowLeft", "Alt+ArrowRight", "Meta+ArrowLeft", "Meta+ArrowRight", "/"]
    page.page.mouse.click(5, 400)  # the focus is nowhere
    for key in keys:
        held = key.split("+")[0]
        page.page.evaluate("taken.length = 0")
        page.press(key)
        assert page.page.evaluate("taken.at(-1)"), key
        assert page.page.evaluate("taken.length") == (1 if held == key else 2), "the page is another one"
    page.title("Post 1")


def test_alt_and_command_with_an_arrow_move_by_words(desk: Open) -> None:
    page = desk(TEXT)
    page.press("ArrowRight", "Alt+ArrowRight")
    expect(page.page.locator(".cur")).to_have_text("and")
    page.press("Meta+ArrowRight")
    expect(page.page.locator(".cur")).to_have_text("Kaf")


def test_a_flag_goes_with_the_answer(desk: Open, backstage: Backstage) -> None:
    page = desk(TEXT)
    page.press("3")
    page.click("Kafka")
    page.press("f")
    page.keys.type("two languages?")
    page.press("Enter", "Enter")
    (answer,) = backstage.answers(page.slug, 1)
    assert (answer["flagged"], answer["comment"]) == (True, "two languages?")


def test_the_question_mark_shows_the_keys(desk: Open) -> None:
    page = desk(TEXT)
    page.press("?")
    expect(page.page.locator("#keys")).to_be_visible()
    page.press("Escape")
    expect(page.page.locator("#keys")).to_be_hidden()


def test_an_empty_answer_is_asked_about_once(desk: Open, backstage: Backstage) -> None:
    page = desk(TEXT, "The end.")
    page.page.wait_for_timeout(600)  # a post that just came hears no Enter
    page.press("Enter")
    page.note("No token is labelled.")
    page.title("Post 1")
    page.page.wait_for_timeout(1100)  # after a pause, for a bounce of the key says nothing
    page.press("Enter")
    page.title("Post 2")
    assert backstage.answers(page.slug, 1)[0]["spans"] == []


def test_labels_are_found_by_name(desk: Open) -> None:
    page = desk(TEXT)
    page.press("/")
    page.keys.type("know")
    page.press("Enter")
    page.click("Kafka")
    page.spans("Knowledge: Kafka")


MANY: list[dict[str, object]] = [
    {"name": f"{group} {number}", "key": "", "color": number, "group": group, "description": "", "examples": []}
    for group in ("Machine", "Person", "Place", "Money")
    for number in range(1, 10)
]


@pytest.mark.parametrize("width", [pytest.param(1440, marks=pytest.mark.slow), 1024, 390])
def test_one_label_of_many_is_found_at_every_width(
    browse: Callable[..., Page], project: Callable[..., str], width: int
) -> None:
    page = Desk(browse(viewport={"width": width, "height": 800}), project(TEXT, labels=MANY)).open()
    search = page.page.get_by_role("searchbox", name="Find a label")
    search.click()
    page.keys.type("money 7")
    labels = page.page.locator(".lab:visible")
    expect(labels).to_have_text(re.compile("Money 7"))
    expect(labels).to_be_in_viewport(ratio=1)
    labels.click()
    page.click("Kafka")
    page.spans("Money 7: Kafka")
    expect(labels).to_have_count(len(MANY))
    chosen = page.page.locator(".lab", has=page.page.locator(":checked"))
    expect(chosen).to_be_in_viewport(ratio=0.98)
    lies, starts = chosen.bounding_box(), search.bounding_box()
    assert lies
    assert starts
    assert lies["x"] + lies["width"] <= starts["x"] + 1, "the search lies over the chosen label"


@pytest.mark.parametrize(("layout", "code"), [("й", "KeyQ"), ("&", "Digit1")])
def test_label_keys_work_on_other_keyboards(desk: Open, layout: str, code: str) -> None:
    page = desk(TEXT)
    page.click("Kafka")
    page.page.evaluate(
        "([key, code]) => document.dispatchEvent(new KeyboardEvent('keydown', { key, code, bubbles: true }))",
        [layout, code],
    )
    page.spans("Pay: Kafka" if code == "KeyQ" else "Skill: Kafka")


def test_ten_entities_over_three_labels_take_thirteen_actions(desk: Open) -> None:
    page = desk("Ann Bob Cid Dan Eva Fay Gus Hal Ida Jon")
    names = ["Ann Bob Cid Dan", "Eva Fay Gus", "Hal Ida Jon"]
    for key, words in zip("123", names, strict=True):
        page.press(key)
        for word in words.split():
            page.click(word)
    expect(page.page.locator("[data-count]")).to_have_text("10")


def test_nothing_moves_when_it_is_labelled(desk: Open) -> None:
    page = desk(TEXT)
    boxes = """[...document.querySelectorAll(".t")].map((token) => {
        const { x, y, height } = token.getClientRects()[0];
        return [x, y, height];  // one that grows makes the browser lay out all lines anew
    })"""
    before = page.page.evaluate(boxes)
    page.press("1")
    page.drag("Kafka for", "pipelines.")
    page.press("2", "Escape")
    assert page.page.evaluate(boxes) == before


def test_a_wrong_answer_is_taken_back(desk: Open, backstage: Backstage) -> None:
    page = desk(TEXT, "The end.", "Really.")
    page.press("3")
    page.click("Kafka")
    page.press("Enter")
    page.title("Post 2")
    backstage.answers(page.slug, 1)
    page.press("b")
    page.title("Post 1")
    page.spans("Tool: Kafka")
    page.click("Python")
    page.press("Enter")
    page.title("Post 2")
    # 1 was withdrawn by 2.
    page.until(
        lambda: [(one["n"], one["spans"]) for one in backstage("answered", slug=page.slug)],
        [(3, [["Tool", "Python"], ["Tool", "Kafka"]])],
    )


def test_the_next_post_is_on_screen_without_waiting_for_the_server(desk: Open, browse: Callable[..., Page]) -> None:
    page = desk(TEXT, "The end.", "Really.")
    page.fetched_ahead()
    page.page.context.set_offline(True)
    page.press("3")
    page.click("Kafka")
    page.press("Enter")
    page.title("Post 2")
    page.page.context.set_offline(False)


def test_after_escape_nothing_is_chosen_and_nothing_acts_on_the_last_span(desk: Open) -> None:
    page = desk(TEXT)
    page.press("3")
    page.click("Python")
    page.press("Escape")
    expect(page.page.locator(".pick")).to_be_hidden()
    page.press("Backspace")
    page.spans("Tool: Python")
    page.click("data", modifier="Shift")  # with nothing chosen like a click
    page.spans("Tool: Python", "Tool: data")


def test_a_labels_key_keeps_it_and_escape_lets_go_of_it(desk: Open) -> None:
    page = desk(TEXT)
    page.press("3", "3")
    page.click("Python")
    page.spans("Tool: Python")
    page.press("Escape", "Escape")
    page.click("Kafka")
    page.spans("Tool: Python")


def test_a_bounce_of_enter_sends_no_empty_answer_and_a_selection_is_asked_about(desk: Open) -> None:
    page = desk(TEXT, "The end.")
    page.page.wait_for_timeout(600)  # a post that just came hears no Enter
    page.press("Enter", "Enter")
    page.note("No token is labelled.")
    page.title("Post 1")
    page.click("Python")
    page.press("Enter")
    page.note("“Python” is selected and has no label.")
    page.title("Post 1")
    page.press("3", "Enter")
    page.title("Post 2")


@pytest.mark.parametrize("seed", range(3))
def test_any_gestures_leave_foot_and_spans_telling_the_same(desk: Open, seed: int) -> None:
    """What the foot names is what Backspace removes; where it names no span, nothing is removed."""
    page, draw = desk(TEXT), random.Random(seed)
    words = ["Python", "Kafka", "data", "pipelines", "for"]
    page.press("3")
    for _ in range(30):
        match draw.randrange(6):
            case 0:
                page.click(draw.choice(words))
            case 1:
                page.click(draw.choice(words), modifier="Shift")
            case 2:
                page.press(draw.choice(["1", "2", "3", "Escape", "ArrowRight", "Shift+ArrowRight", "Tab"]))
            case 3:
                page.press(draw.choice(["[", "]", "{", "}", ".", "Control+z", "Control+y", "e"]))
            case _:
                foot = page.page.locator(".pick")
                page.page.evaluate(SETTLED)  # the foot follows a frame later
                named = foot.is_visible() and foot.locator("[data-do=remove]").is_visible()
                phrase = foot.locator("q").text_content()
                before = Counter(page.page.evaluate(LIST))
                page.page.evaluate("document.activeElement?.blur()")  # Tab may have led into a field
                page.press("Backspace")
                page.page.evaluate(SETTLED)
                gone = before - Counter(page.page.evaluate(LIST))
                assert [one.split(": ", 1)[1] for one in gone.elements()] == ([phrase] if named else [])
