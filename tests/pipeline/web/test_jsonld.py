"""JSON-LD blocks, mended where that is safe."""

import time

import pytest

from pipeline.web import jsonld
from pipeline.web.page import Page
from tests.scraper.pages import ld, page


def read(script: str) -> jsonld.Blocks:
    return jsonld.read_blocks(Page("https://example.org", page("", ld(script)).encode()).tree)


@pytest.mark.parametrize(
    "script",
    [
        '{"a": "x"}',
        '\n<!-- note -->\n{"a": "x"}',
        '<![CDATA[{"a": "x"}]]>',
        '//<![CDATA[\n{"a": "x"}\n//]]>',
        '/* note */ {"a": "x"};',
        '{"a": "x",}',
        "{'a': 'x'}",
        '{"@context": "https://schema.org", "a": "x",}',
        '{"@context": "https://schema.org", "a": "x",} /* {of} [it] */;',
        '\ufeff{"a": "x"}',
        '<!--//--><![CDATA[//><!--\n{"a": "x"}\n//--><!]]>',
    ],
)
def test_what_is_around_the_value_is_taken_off(script: str) -> None:
    assert read(script).values in ([{"a": "x"}], [{"@context": "https://schema.org", "a": "x"}])


def test_raw_newlines_in_strings_stay() -> None:
    found = read('{"a": "line 1\n\tline 2"}')
    assert (found.values, found.repaired) == ([{"a": "line 1\n\tline 2"}], 1)


@pytest.mark.parametrize(
    ("script", "values"),
    [
        ('{"a": 1}\n{"b": 2}', [{"a": 1}, {"b": 2}]),
        ('{"a": 1},{"b": 2}', [{"a": 1}, {"b": 2}]),
        ("{&quot;a&quot;: &quot;x &amp;amp; y&quot;}", [{"a": "x &amp; y"}]),
    ],
)
def test_a_block_that_is_written_otherwise_is_read_whole(script: str, values: list[object]) -> None:
    assert read(script).values == values


def test_what_mending_would_lose_is_refused() -> None:
    found = read('{"@type": JobPosting, "title": "x"} and all the words of a long description stand here, alone {}')
    assert (found.values, found.refused) == ([], ["jsonld-broken"])


def test_a_sound_block_is_not_called_repaired() -> None:
    assert read('{"a": 1}').repaired == 0


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ('{"@type": "JobPosting", "description": "cut off in the mid', "jsonld-broken"),
        ('{"@type": "JobPosting", "title": "x"', "jsonld-broken"),
        ("window.data = 1", "jsonld-broken"),
        ('{"a":' * 10_000 + "1" + "}" * 10_000, "jsonld-too-deep"),
        ("[" * 10_000 + "]" * 10_000, "jsonld-too-deep"),
        ('{"a": "' + "x" * 2_000_001 + '"}', "jsonld-too-large"),
    ],
)
def test_what_cannot_be_read_safely_is_refused(script: str, reason: str) -> None:
    found = read(script)
    assert (found.values, found.refused) == ([], [reason])


@pytest.mark.parametrize(
    "script",
    [
        '{"d": bad, ' + "<!---->" * 26 + '"}',
        '{"d": bad, \n' + "/" * 30 + '\n"e": 1}',
        "<!--" * 20_000 + "{",
        '{"a":["' + '\\"' * 100_000 + "[" * 150,
    ],
)
def test_a_block_is_read_in_time_that_grows_with_its_length(script: str) -> None:
    started = time.process_time()
    read(script)
    assert time.process_time() - started < 1  # some milliseconds; it was minutes


def test_brackets_in_strings_are_not_depth() -> None:
    assert read('{"a": "' + "[" * 500 + '"}').values


def test_other_scripts_are_left_alone() -> None:
    tree = Page("https://example.org", b'<script>{"a": 1}</script><script type="text/json">{"a": 1}</script>').tree
    assert jsonld.read_blocks(tree) == jsonld.Blocks()
