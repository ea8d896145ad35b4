"""What of a text is markup, and markup made sound."""

import pytest

from pipeline.web.descriptions import is_placeholder, join_texts
from scraper.blocks import read_description


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("&amp;lt;p&amp;gt;A &amp;amp;amp; B&amp;lt;/p&amp;gt;", "A & B"),
        ("&#60;p&#62;A&#60;/p&#62;&#x3c;p&#x3e;B&#x3C;/p&#x3E;", "A\n\nB"),
        ("<div>&lt;p&gt;A&lt;/p&gt;&lt;ul&gt;&lt;li&gt;b&lt;/li&gt;&lt;/ul&gt;</div>", "A\n\n• b"),
        ("Knows &lt;div&gt; and &lt;span&gt;", "Knows <div> and <span>"),
        (
            "<p>Write List<String>, Map<K,V>, Ref<Object> and Box<T></p>",
            "Write List<String>, Map<K,V>, Ref<Object> and Box<T>",
        ),
        (
            "<p>mail <someone@example.org> or <https://example.org/x></p>",
            "mail <someone@example.org> or <https://example.org/x>",
        ),
        ("<p>a<b and 5 < 6, <3 years</p>", "a<b and 5 < 6, <3 years"),
        ("<o:p>A</o:p><P>B<BR>C", "A\n\nB\nC"),
        ("<job>A</job>", "A"),
        ("<b>A</b>\n- b\n\n<i>C</i>\nd", "A\n- b\n\nC\nd"),
        ("<h3>A</h3>\n\nb c\n\nd\n<ul>\n\n<li>e\n\nf</li></ul>", "A\n\nb c\n\nd\n\n• e f"),
        (r"A:\n- b\n- C\n\nD", "A:\n- b\n- C\n\nD"),
        (r"<p>A</p>\n<p>B</p>\n", "A\n\nB"),
        (r"A\u00e9\r\nB", "Aé\nB"),
        (r"Look in C:\new\network", r"Look in C:\new\network"),
        ("<![CDATA[<p>A</p>]]>", "A"),
        ("<style>p > b {}</style><p>A</p><!-- <p>B</p> -->", "A"),
    ],
)
def test_descriptions_as_systems_write_them(given: str, text: str) -> None:
    assert read_description(given) == text


@pytest.mark.parametrize(
    "part", ["UNAVAILABLE", "N/A", "<p>n/a.</p>", "-", "–", "", "[ ]", "Keine Angabe", "no requirements"]
)
def test_what_says_nothing(part: str) -> None:
    assert is_placeholder(part)


@pytest.mark.parametrize("part", ["None of our nurses works alone", "R", "C", "24", "N/A is a word of ours"])
def test_what_says_something(part: str) -> None:
    assert not is_placeholder(part)


@pytest.mark.parametrize(
    ("texts", "joined"),
    [
        (["You care.\n\n• Write reports\n• Cook", "Write reports;\nCook."], "You care.\n\n• Write reports\n• Cook"),
        (["We know it.", "C"], "We know it.\n\nC"),
        (["You care.", "You care. You cook."], "You care. You cook."),
        (["You cook.", "", "You wash."], "You cook.\n\nYou wash."),
    ],
)
def test_each_thing_is_said_once(texts: list[str], joined: str) -> None:
    assert join_texts(texts) == joined
