import json
from pathlib import Path

import pytest

from pipeline.annotator.labels import Labels
from pipeline.annotator.plugin import BadInput


def examples(folder: Path, *posts: tuple[str, list[tuple[str, str]]]) -> Path:
    path = folder / "examples.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for text, labelled in posts:
            spans = [
                {"start": text.index(words), "end": text.index(words) + len(words), "label": label}
                for words, label in labelled
            ]
            file.write(json.dumps({"text": text, "spans": spans}) + "\n")
    return path


def proposed(text: str, path: Path) -> list[tuple[str, str, float]]:
    (spans,) = Labels().annotate([text], {"examples": path}, lambda line: None)
    return [(text[one.start : one.end], one.label, one.score) for one in spans]


def test_labelled_words_are_found_again(tmp_path: Path) -> None:
    path = examples(tmp_path, ("Python is needed", [("Python", "Tool")]))
    assert proposed("We use PYTHON.", path) == [("PYTHON", "Tool", 1.0)]


def test_the_score_is_the_share_of_places_that_bear_the_label(tmp_path: Path) -> None:
    path = examples(tmp_path, ("lead", [("lead", "Skill")]), ("we lead", [("lead", "Skill")]), ("the lead", []))
    assert proposed("lead", path) == [("lead", "Skill", 0.6667)]


def test_words_that_rarely_bear_a_label_are_not_proposed(tmp_path: Path) -> None:
    path = examples(tmp_path, ("lead", [("lead", "Skill")]), ("lead lead", []))
    assert proposed("lead", path) == []


def test_a_phrase_also_labelled_inside_a_longer_one_scores_no_more_than_one(tmp_path: Path) -> None:
    text = "project management"
    path = examples(tmp_path, (text, [(text, "Skill"), ("project", "Skill")]))
    assert [score for _, _, score in proposed(f"{text}, project", path)] == [1.0, 1.0]


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"text": "a"}',
        '{"text": "a", "spans": [{"start": 0, "end": 2, "label": "X"}]}',
        '{"text": [1], "spans": []}',
        '{"text": "abc", "spans": [{"start": 0.0, "end": 3, "label": "A"}]}',
        '{"text": "abc", "spans": [{"start": 0, "end": 3, "label": ["A"]}]}',
    ],
)
def test_examples_that_are_no_labelled_posts_are_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "examples.jsonl"
    path.write_text(line)
    with pytest.raises(BadInput, match="examples, line 1"):
        proposed("text", path)
