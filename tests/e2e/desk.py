"""The token page as a person sees it: words to click, spans in the list, what is said."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

PASSWORD = "mill-wheel-7"

_BOX = """([words, nth]) => {
  const grid = document.querySelector("[role=grid]");
  let at = -1;
  for (let seen = 0; seen <= nth; seen += 1) at = grid.textContent.indexOf(words, at + 1);
  if (at < 0) throw new Error(`not on the page: ${words}`);
  const walker = document.createTreeWalker(grid, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(), from = 0; node; from += node.data.length, node = walker.nextNode()) {
    if (from + node.data.length <= at) continue;
    const token = node.parentElement;
    token.scrollIntoView({ block: "center" });
    const box = token.getClientRects()[0];
    return [box.left + box.width / 2, box.top + Math.min(10, box.height / 2)];
  }
}"""

LIST = """() => [...document.querySelectorAll(".spans li")].map((row) => {
  const label = row.classList.contains("guess") ? "?" : row.querySelector("small").textContent;
  return `${label}: ${row.querySelector("[data-one=select]").textContent}`;
})"""


class Desk:
    def __init__(self, page: Page, slug: str) -> None:
        self.page, self.slug = page, slug
        self.keys = page.keyboard

    def open(self) -> "Desk":
        self.page.goto(f"/label/{self.slug}/")
        return self.ready()

    def ready(self) -> "Desk":
        self.until(lambda: self.page.evaluate("performance.getEntriesByName('clickable').length"), 1)
        return self

    def at(self, words: str, nth: int = 0) -> tuple[float, float]:
        """Where the token lies that begins the nth occurrence of `words`, scrolled into view."""
        x, y = self.page.evaluate(_BOX, [words, nth])
        return x, y

    def click(self, words: str, nth: int = 0, **how: Any) -> None:
        """`modifier`: a key held meanwhile."""
        modifier = how.pop("modifier", None)
        x, y = self.at(words, nth)
        if modifier:
            self.keys.down(modifier)
        self.page.mouse.click(x, y, **how)
        if modifier:
            self.keys.up(modifier)

    def drag(self, start: str, end: str) -> None:
        self.at(end)
        x, y = self.at(start)
        to_x, to_y = self.page.evaluate(_BOX.replace('token.scrollIntoView({ block: "center" });', ""), [end, 0])
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(to_x, to_y, steps=4)
        self.page.mouse.up()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.keys.press(key)

    def spans(self, *expected: str) -> None:
        """The list beside the text says exactly this, as `label: words`, with ? for the label of a suggestion."""
        self.until(lambda: self.page.evaluate(LIST), list(expected))

    def until(self, read: Callable[[], Any], expected: Any) -> None:
        """Waits until `read` gives what is expected: from outside, since the page bars `eval`."""
        found = read()
        for _ in range(60):
            if found == expected:
                return
            self.page.wait_for_timeout(50)
            found = read()
        raise AssertionError(f"{found}, expected {expected}")

    def title(self, words: str) -> None:
        expect(self.page.locator(".post h1")).to_have_text(words, timeout=15_000)

    def note(self, words: str) -> None:
        expect(self.page.locator("[data-note]")).to_contain_text(words)

    def text(self) -> str:
        """The post, character for character, as the page shows it."""
        shown: str = self.page.evaluate("document.querySelector('[role=grid]').textContent")
        return shown

    def fetched_ahead(self) -> None:
        """Waits until the next post is here."""
        ended = "performance.getEntriesByType('resource').some((one) => one.name.includes('/next') && one.responseEnd)"
        self.until(lambda: self.page.evaluate(ended), True)
        self.page.wait_for_timeout(100)
