"""A labeler without a browser: logs in over HTTP and answers posts by the form that needs no scripts."""

import http.cookiejar
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass

import lxml.html

LABELS_A_POST = 3


@dataclass(frozen=True, slots=True)
class Answered:
    """A post as the page showed it, and what was labelled on it: label and words."""

    text: str
    spans: tuple[tuple[str, str], ...]


class Labeler:
    def __init__(self, address: str, project: str, name: str, password: str) -> None:
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._open = urllib.request.build_opener(jar).open
        self._address, self._page = address, f"{address}/label/{project}/plain/"
        login = f"{address}/accounts/login/"
        form = self._get(login)
        token = form.xpath('string(//input[@name="csrfmiddlewaretoken"]/@value)')
        said = self._post(login, [("csrfmiddlewaretoken", token), ("username", name), ("password", password)])
        if said.xpath('//input[@name="password"]'):
            raise ValueError(f"{name} could not log in at {login}")
        self._shown = self._get(self._page)

    def answer(self) -> Answered | None:
        """Labels the first words of the post that is shown, one label each, and submits. None when no post is left."""
        words = self._shown.xpath('//label[input[@name="word"]]')
        if not words:
            return None
        text = self._shown.xpath("string(//form//*[contains(concat(' ', @class, ' '), ' text ')])")
        spans = []
        labels = self._shown.xpath('//input[@name="label"]/@value')
        # Every second word, for words side by side would make one span.
        for word, label in zip(words[: 2 * LABELS_A_POST : 2], labels, strict=False):
            self._step("add", [("label", label), ("word", word.xpath("string(input/@value)"))])
            spans.append((label, word.text_content().strip()))
        self._step("submit", [])
        return Answered(text, tuple(sorted(spans)))

    def _step(self, deed: str, more: list[tuple[str, str]]) -> None:
        hidden = self._shown.xpath('//form[.//input[@name="lease"]]//input[@type="hidden"]')
        fields = [(one.get("name"), one.get("value")) for one in hidden]
        self._shown = self._post(self._page, [*fields, ("do", deed), *more])

    def _get(self, url: str) -> lxml.html.HtmlElement:
        return self._read(urllib.request.Request(url))  # noqa: S310 - our own address

    def _post(self, url: str, fields: list[tuple[str, str]]) -> lxml.html.HtmlElement:
        body = urllib.parse.urlencode(fields).encode()
        return self._read(urllib.request.Request(url, body, {"Referer": url}))  # noqa: S310 - our own address

    def _read(self, request: urllib.request.Request) -> lxml.html.HtmlElement:
        try:
            with self._open(request, timeout=30) as answer:
                return lxml.html.fromstring(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                told = lxml.html.fromstring(error.read() or b"<p>").text_content()
            raise ValueError(f"{request.full_url} answered {error.code}: {' '.join(told.split())[:300]}") from error
