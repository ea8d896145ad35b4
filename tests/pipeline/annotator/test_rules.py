from pathlib import Path

import pytest

from pipeline.annotator.plugin import BadInput
from pipeline.annotator.rules import Rules


def found(text: str, rules: Path | None = None) -> list[tuple[str, str]]:
    options = {"rules": rules} if rules else {}
    (spans,) = Rules().annotate([text], options, lambda line: None)
    return [(text[one.start : one.end], one.label) for one in spans]


def rule_file(folder: Path, body: str, name: str = "rules.jsonl") -> Path:
    path = folder / name
    path.write_text(body, encoding="utf-8")
    return path


def test_our_own_list_knows_skills_tools_pay_and_experience() -> None:
    text = "At least 3 years of experience with Python and project management; $25.50 per hour, remote."
    assert found(text) == [
        ("At least 3 years of experience", "Experience"),
        ("Python", "Tool"),
        ("project management", "Skill"),
        ("$25.50 per hour", "Pay"),
        ("remote", "Work mode"),
    ]


def test_phrases_and_patterns_of_a_file_are_settled_leftmost_and_longest(tmp_path: Path) -> None:
    rules = rule_file(
        tmp_path,
        '{"label": "Tool", "phrase": "pallet jack"}\n{"label": "Pay", "pattern": "[0-9]+ pallet"}\n'
        '{"label": "Pay", "pattern": "jack of .*"}\n',
    )
    assert found("Drive 2 pallet jack of all", rules) == [("2 pallet", "Pay"), ("jack of all", "Pay")]


def test_a_single_column_of_csv_is_a_list_of_phrases(tmp_path: Path) -> None:
    rules = rule_file(tmp_path, "skills\nbake bread\n", "esco.csv")
    assert found("You bake bread.", rules) == [("bake bread", "Skill")]


def test_lines_of_txt_are_phrases_and_remarks_are_not(tmp_path: Path) -> None:
    rules = rule_file(tmp_path, "# ours\nbake bread\n", "rules.txt")
    assert found("# ours: bake bread", rules) == [("bake bread", "Skill")]


def test_a_row_with_more_values_than_columns_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="line 2: 3 values for 2 columns"):
        found("text", rule_file(tmp_path, "phrase,label\nbread, cake,Food\n", "rules.csv"))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('{"label": "Pay", "pattern": "("}', "line 1, pattern: given '(', which is no regular expression"),
        ('{"phrase": "a"}\n{"pattern": "' + "x" * 1001 + '"}', "line 2, pattern: given 1,001 characters"),
        ('{"phrase": "a"}\n{"phrase": "  "}', "line 2, phrase: given '  ', allowed: text that is not blank"),
        ('{"phrase": 7}', "line 1, phrase: given 7, allowed: text"),
        ('{"pattern": "a"}\n' * 1001, "line 1001: more than 1,000 patterns"),
        ('{"label": "Pay"}', "one of phrase and pattern"),
        ('{"phrase": "a", "pattern": "b"}', "one of phrase and pattern"),
        ('{"phrase": "a", "score": 2}', "score: given 2"),
        ('{"phrase": "a", "label": 7}', "label: given 7"),
        ('{"phrase": "a", "label": "a\\nb"}', "label: given 'a\\\\nb', allowed: text on one line"),
        ('{"phrase": "a", "label": " "}', "label: given ' '"),
        (f'{{"phrase": "a", "label": "{"x" * 101}"}}', "at most 100 characters"),
        ("[]", "an object"),
        ("\n", "holds none"),
    ],
)
def test_a_bad_rule_is_named(tmp_path: Path, body: str, says: str) -> None:
    with pytest.raises(BadInput, match=says.replace("(", r"\(")):
        found("text", rule_file(tmp_path, body))


def test_a_pattern_that_backtracks_for_ever_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.annotator.rules.SECONDS_A_TEXT", 0.05)
    rules = rule_file(tmp_path, '{"label": "Pay", "pattern": "(a|a|aa)+$"}')
    with pytest.raises(BadInput, match="nested repeats"):
        found("a" * 5_000 + "b", rules)


def test_all_of_esco_is_found_in_a_text_made_of_it(data: Path) -> None:
    phrases = (data / "labelled" / "esco_skills.csv").read_text(encoding="utf-8").splitlines()[1:2001:10]
    text = "\n".join(f"{phrase.strip(chr(34))} ;" for phrase in phrases)
    spans = found(text, data / "labelled" / "esco_skills.csv")
    assert len(spans) >= len(phrases)
