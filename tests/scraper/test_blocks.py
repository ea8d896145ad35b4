"""HTML to text that keeps blocks."""

import pytest

from scraper import blocks


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<p>One<br>Two<br/><br>Three</p>", "One\nTwo\n\nThree"),
        ("<ul><li>One</li><li><p>Two</p></li><li></li></ul>", "• One\n• Two"),
        ("<p>Tasks</p><ul><li>a<ul><li>b</li></ul></li></ul><p>end</p>", "Tasks\n\n• a\n• b\n\nend"),
        ("<ol start=3><li>a<li value=7>b<li>c</ol>", "3. a\n7. b\n8. c"),
        (
            "<ol reversed><li>a<li>b</ol><ol type=a><li>c</ol><ol type=I><li>d<li>e</ol>",
            "2. a\n1. b\n\na. c\n\nI. d\nII. e",
        ),
        ("<ol><li>a<ul><li>b</ul><li><p>c</p><p>d</p></ol>", "1. a\n• b\n2. c\nd"),
        ("<button>Pay</button><div hidden>10 €</div><p>Go <button>here</button> now</p>", "Pay\n\n10 €\n\nGo here now"),
        ("<form><button type=submit>Apply</button></form><p>a</p>", "a"),
        ("<details><summary>Pay</summary>10 €</details>", "Pay\n10 €"),
        ("<dl><dt>Pay<dd>10 €<dt>Place<dd>Bern</dl>", "Pay\n10 €\nPlace\nBern"),
        (
            "<table><tr><td><p>a</p></td><td><p>b</p></td></tr><tr><td><div>c</div></td><td>d</td></tr></table>",
            "a\tb\nc\td",
        ),
        ("<table><tr><td><p>a</p><p>b</p></td><td>c</td></tr></table>", "a\n\nb\n\nc"),
        ("<div style='white-space: pre-line'>a\nb</div>", "a\nb"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ("<h2>Head</h2>text <b>bold</b>, <i>slant</i>.", "Head\n\ntext bold, slant."),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<table><tr><th>Pay</th><td>10 €</td></tr><tr><td>x</td></tr></table>", "Pay\t10 €\nx"),
        ("a  \n\t b&nbsp;c", "a b\xa0c"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<p>Fish &amp; chips &amp;amp; peas &lt;b&gt;</p>", "Fish & chips &amp; peas <b>"),
        ("<p>x</p><script>alert(1)</script><style>p{}</style><!-- no --><template>t</template>y", "x\n\ny"),
        (
            '<p hidden>a</p><p style="DISPLAY : none">b</p><p style="visibility:hidden">c</p><p>d</p>',
            "a\n\nb\n\nc\n\nd",
        ),
        ("<p>unclosed <b>bold<p>next", "unclosed bold\n\nnext"),
        ("", ""),
        ("<!-- only -->", ""),
        ("<p>&nbsp;</p>\n<div><br></div>", ""),
        ("<p>a\u2028b\U0001f600</p>", "a\u2028b\U0001f600"),
    ],
)
def test_blocks_become_lines(html: str, text: str) -> None:
    assert blocks.read_html(html) == text


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("&lt;p&gt;Fish &amp;amp; chips&lt;/p&gt;&lt;p&gt;two&lt;/p&gt;", "Fish & chips\n\ntwo"),
        ("<p>a &lt;p&gt; b</p>", "a <p> b"),
        ("plain &amp; simple\r\n\r\n\r\nsecond\rthird", "plain & simple\n\nsecond\nthird"),
        ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
        ("mail <someone@example.org> now", "mail <someone@example.org> now"),
    ],
)
def test_descriptions_are_html_escaped_html_or_text(given: str, text: str) -> None:
    assert blocks.read_description(given) == text


def test_a_page_nested_very_deep_is_read() -> None:
    assert blocks.read_html("<div>" * 500 + "deep" + "</div>" * 500) == "deep"


def test_a_page_nested_deeper_than_the_parser_goes_is_no_crash() -> None:
    assert blocks.read_html("<p>before</p>" + "<div>" * 100_000 + "deep") in ("before", "before\n\ndeep")
