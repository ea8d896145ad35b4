import json
from pathlib import Path

import pytest

from pipeline.annotator.patterns import BadPattern, Patterns, compiled
from pipeline.annotator.phrases import Known
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
        ('{"label": "Pay", "pattern": "("}', "line 1, pattern: given '(', at character 1: missing \\)"),
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


@pytest.mark.parametrize(
    ("pattern", "text", "wanted"),
    [
        (r"\w+", "été 4٣ a_b", ["été", "4٣", "a_b"]),
        (r"[\w-]+\d", "é-1", ["é-1"]),
        (r"\d+", "٣٤ 12", ["٣٤", "12"]),
        (r"a\sb", "a\u00a0b a\u2003b", ["a\u00a0b", "a\u2003b"]),
        (r"\W+", "é😀!ß", ["😀!"]),
        (r"\u00e9x{,2}(?#a remark)y", "éxxy éy", ["éxxy", "éy"]),
        (r"ÄÖ", "😀äö", ["äö"]),
        (r"b\Z", "bb", ["b"]),
        (r"\Q\w\E", r"\w w", [r"\w"]),
        (r"[^\s\d]+", "ab1c", ["ab", "c"]),
        (r"[]a]+", "a]b", ["a]"]),
    ],
)
def test_a_pattern_means_what_it_means_in_python(pattern: str, text: str, wanted: list[str]) -> None:
    found = Patterns([(pattern, Known("X"))]).find(text)
    assert [text[start:end] for start, end, _ in found] == wanted


@pytest.mark.parametrize(
    ("pattern", "at", "says"),
    [
        ("(a?){1500000}b", 5, "at most 1,000 repeats"),
        ("(a?){4000000000}b", 5, "at most 1,000 repeats"),
        ("a{2,99999999999}b", 2, "at most 1,000 repeats"),
        ("x((a?){900}){900}", 7, "at most 1,000 repeats"),
        (r"\p{L}{1000}", 1, "more memory"),
        ("ab(?=c)", 3, "looks ahead"),
        ("ab(?<!c)", 3, "looks behind"),
        ("(?>a)", 1, "atomic"),
        (r"(a)\1", 4, "a reference to a group"),
        ("a++", 2, "possessive"),
        (r"[^\W]", 3, "letters"),
        (r"a\bé", 2, "ASCII"),
        ("a\ud800", 2, "surrogate"),
    ],
)
def test_what_a_pattern_may_not_hold_is_named_with_its_position(pattern: str, at: int, says: str) -> None:
    with pytest.raises(BadPattern, match=f"at character {at}: .*{says}"):
        compiled(pattern)


def test_a_file_of_patterns_that_are_large_together_is_refused(tmp_path: Path) -> None:
    body = "".join(json.dumps({"pattern": rf"\w{{10}}{number}"}) + "\n" for number in range(300))
    with pytest.raises(BadInput, match=r"rules, line \d+, pattern: .* instructions when compiled, allowed: 1,000,000"):
        found("text", rule_file(tmp_path, body))


def test_all_of_esco_is_found_in_a_text_made_of_it(data: Path) -> None:
    phrases = (data / "labelled" / "esco_skills.csv").read_text(encoding="utf-8").splitlines()[1:2001:10]
    text = "\n".join(f"{phrase.strip(chr(34))} ;" for phrase in phrases)
    spans = found(text, data / "labelled" / "esco_skills.csv")
    assert len(spans) >= len(phrases)
