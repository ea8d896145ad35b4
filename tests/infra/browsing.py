"""Somebody who logs in, labels a post and submits, by whatever way requests reach the labeler."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, list[str]]  # names in small letters
    body: str


# method, path, headers, body → what is answered
Send = Callable[[str, str, Mapping[str, str], str], Answer]


class _Form(HTMLParser):
    """The hidden fields of a page, and the words that can be ticked with the values of their boxes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.words: dict[str, str] = {}
        self._box = self._word = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "input" and given.get("type") == "hidden":
            self.hidden[given["name"]] = given.get("value", "")
        if tag == "input" and given.get("name") == "word":
            self._box = given["value"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "label" and self._box:
            self.words[self._word] = self._box
            self._box = self._word = ""

    def handle_data(self, data: str) -> None:
        if self._box:
            self._word += data  # of several pieces


@dataclass
class Visitor:
    """`origin`: what a browser calls the site, such as `https://label.example.org`; `prefix`: where it begins."""

    send: Send
    origin: str
    prefix: str = ""
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Answer:
        return self._ask("GET", path)

    def post(self, path: str, **fields: str) -> Answer:
        return self._ask("POST", path, urlencode(fields))

    def log_in(self, name: str, password: str) -> Answer:
        hidden = _Form(self.get("/accounts/login/").body).hidden
        return self.post("/accounts/login/", **hidden, username=name, password=password)

    def label(self, slug: str, word: str, label: str) -> Answer:
        """Labels one word of the post that comes next, and submits it; the page that says so."""
        path = f"/label/{slug}/plain/"
        form = _Form(self.get(path).body)
        shown = self.post(path, **form.hidden, word=form.words[word], label=label, do="add")
        assert shown.status == 200, shown.body
        sent = self.post(path, **_Form(shown.body).hidden, label=label, do="submit")
        assert sent.status == 302, sent.body
        return self.get(sent.headers["location"][0].removeprefix(self.prefix))

    def _ask(self, method: str, path: str, body: str = "") -> Answer:
        headers = {
            "Host": urlsplit(self.origin).netloc,
            "Cookie": "; ".join(f"{a}={b}" for a, b in self.cookies.items()),
        }
        if method == "POST":
            referer = f"{self.origin}{self.prefix}{path}"
            form = "application/x-www-form-urlencoded"
            headers |= {"Content-Type": form, "Origin": self.origin, "Referer": referer}
        answer = self.send(method, path, headers, body)
        for line in answer.headers.get("set-cookie", []):
            self.cookies |= {name: one.value for name, one in SimpleCookie(line).items()}
        return answer


def said(page: str) -> str:
    """What a page tells of the step before it."""
    found = re.search(r'role="status">([^<]*)<', page)
    return found[1] if found else ""
