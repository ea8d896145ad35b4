"""Which values hold a posting's description, and their text as HTML."""

from typing import Any

import pytest

from pipeline.web.descriptions import as_html, find_parts, join_parts


@pytest.mark.parametrize(
    ("node", "parts"),
    [
        ({"description": " <p>A</p> "}, ["<p>A</p>"]),
        ({"description": {"@value": "A"}, "title": "T"}, ["A"]),
        ({"skills": ["B", {"description": "C"}], "description": "A", "qualifications": 3}, ["A", "3", "B", "C"]),
        ({"description": "", "skills": None}, []),
    ],
)
def test_the_description_comes_first_and_then_its_sections(node: dict[str, Any], parts: list[str]) -> None:
    assert list(find_parts(node)) == parts


@pytest.mark.parametrize(
    ("part", "html"),
    [
        ("<p>A &amp; B</p>", "<p>A &amp; B</p>"),
        ("&lt;p&gt;A &amp;amp; B&lt;/p&gt;", "<p>A &amp; B</p>"),
        ("A &amp; B < C\r\nD", "<p>A &amp; B &lt; C<br>D</p>"),
    ],
)
def test_a_description_as_html(part: str, html: str) -> None:
    assert as_html(part) == html


@pytest.mark.parametrize(
    ("parts", "joined"),
    [
        (["A\nB", " ", "C & D"], "A\nB\n\nC & D"),
        (["<p>A</p>", "B & C"], "<div><p>A</p></div><p></p><div><p>B &amp; C</p></div>"),
        (["&lt;p&gt;A&lt;/p&gt;"], "<p>A</p>"),
        ([], ""),
    ],
)
def test_sections_are_joined_as_html_where_one_is(parts: list[str], joined: str) -> None:
    assert join_parts(parts) == joined
