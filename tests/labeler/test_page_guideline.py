"""Guidelines as safe HTML, labels with keys that work, examples."""

import pytest

from labeler.labeling.pages import guideline
from labeler.labeling.pages.guideline import Example
from pipeline.schema import Label


def test_markdown_is_rendered() -> None:
    made = guideline.html("# Rules\n\n- *short* phrases\n\n[more](https://example.org/x)\n\n|a|b|\n|-|-|\n|1|2|")
    for part in ("<h1>Rules</h1>", "<em>short</em>", 'href="https://example.org/x"', "<td>1</td>"):
        assert part in made


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "![x](https://elsewhere.example/pixel.png)",
        "<b style='position:fixed'>x</b>",
        "[x](data:text/html,hello)",
    ],
)
def test_what_could_run_or_load_is_gone(attack: str) -> None:
    made = guideline.html(attack)
    for part in ("<script", "<img", 'href="javascript', 'href="data', "<b "):
        assert part not in made


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Excel", Example(True, "", "Excel")),
        ("courses in [applied statistics]", Example(True, "courses in ", "applied statistics")),
        ("not: good with [Terraform] | use Tool", Example(False, "good with ", "Terraform", " ", "use Tool")),
        ("not: a team", Example(False, "", "a team")),
    ],
)
def test_examples_are_read(text: str, expected: Example) -> None:
    assert guideline.example(text) == expected


def label(name: str, key: str) -> Label:
    return Label(name, key, 1)


def test_labels_keep_their_keys() -> None:
    assert [one.key for one in guideline.labels([label("A", "1"), label("B", "Q")])] == ["1", "q"]


def test_keys_of_commands_and_keys_taken_give_way_to_free_ones() -> None:
    given = [label("A", "s"), label("B", "2"), label("C", "2"), label("D", ""), label("E", "ab")]
    assert [one.key for one in guideline.labels(given)] == ["1", "2", "3", "4", "5"]


def test_where_keys_run_out_labels_are_found_by_name() -> None:
    made = guideline.labels([label(f"L{number}", "") for number in range(40)])
    keys = [one.key for one in made if one.key]
    assert len(keys) == len(set(keys)) == len(guideline.KEYS)
    assert not set(keys) & guideline.COMMANDS
