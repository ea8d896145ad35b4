import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from pipeline.annotator.plugin import BadInput, Limits, Log
from pipeline.annotator.results import BadSpans, Summary
from pipeline.annotator.rules import Rules
from pipeline.annotator.run import bundle, run
from pipeline.schema import Suggestion
from pipeline.tokens import Tokenizer


class Ahead(Rules):
    """Reads all texts before it answers, as an annotator that works in batches does."""

    name = "ahead"

    def annotate(self, texts: Iterable[str], options: Mapping[str, Path], log: Log) -> Iterator[Sequence[Suggestion]]:
        for text in list(texts):
            yield [Suggestion(0, 1, "First", 0.5, self.name)] if text else []


class Outside(Rules):
    name = "outside"

    def annotate(self, texts: Iterable[str], options: Mapping[str, Path], log: Log) -> Iterator[Sequence[Suggestion]]:
        for text in texts:
            yield [Suggestion(0, len(text) + 1, "X", 1.0, self.name)]


class Short(Rules):
    name = "short"

    def annotate(self, texts: Iterable[str], options: Mapping[str, Path], log: Log) -> Iterator[Sequence[Suggestion]]:
        list(texts)
        return iter([])


class Early(Rules):
    """Ends before its texts do, without having asked for the rest."""

    name = "early"

    def annotate(self, texts: Iterable[str], options: Mapping[str, Path], log: Log) -> Iterator[Sequence[Suggestion]]:
        for _ in islice(texts, 1):
            yield []


class Much(Rules):
    name = "much"

    def annotate(self, texts: Iterable[str], options: Mapping[str, Path], log: Log) -> Iterator[Sequence[Suggestion]]:
        for _ in texts:
            yield []
            yield []


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "posts.jsonl"
    rows = [
        {"id": "a", "text": "😀 Python and C++\nproject management", "url": "https://example.org/1"},
        {"id": "b", "text": ""},
        {"id": "c", "text": "Nothing here"},
        {"id": "d", "text": None},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]


def ran(source: Path, folder: Path, tokenizer: Tokenizer) -> Summary:
    return run(Rules(), source, {}, folder, tokenizer)


def test_every_row_is_answered_in_order(source: Path, tmp_path: Path, tokenizer: Tokenizer) -> None:
    ran(source, tmp_path / "out", tokenizer)
    assert [(row["row"], row["id"], "refused" in row) for row in lines(tmp_path / "out")] == [
        (1, "a", False),
        (2, "b", True),
        (3, "c", False),
        (4, "d", True),
    ]


def test_offsets_and_token_ranges_say_the_same(source: Path, tmp_path: Path, tokenizer: Tokenizer) -> None:
    ran(source, tmp_path / "out", tokenizer)
    row = lines(tmp_path / "out")[0]
    text = str(row["text"])
    ranges = tokenizer.encode(text).ranges()
    spans: list[dict[str, Any]] = row["spans"]  # type: ignore[assignment]
    assert [text[span["start"] : span["end"]] for span in spans] == ["Python", "C++", "project management"]
    for span in spans:
        first, last = span["tokens"]
        assert (ranges[first][0], ranges[last - 1][1]) == (span["start"], span["end"])


def test_conll_holds_a_word_a_line_and_an_empty_line_at_line_ends(
    source: Path, tmp_path: Path, tokenizer: Tokenizer
) -> None:
    ran(source, tmp_path / "out", tokenizer)
    assert (tmp_path / "out" / "results.conll").read_text().split("\n\n")[:3] == [
        "# row 1\n😀\tO\nPython\tB-Tool\nand\tO\nC++\tB-Tool".replace("C++\tB-Tool", conll_of_c(tokenizer)),
        "project\tB-Skill\nmanagement\tI-Skill",
        "# row 2 refused",
    ]


def conll_of_c(tokenizer: Tokenizer) -> str:
    """C++ is one word or three by the tokenizer's pieces; its tags go on."""
    text = "C++"
    tokens = tokenizer.encode("and C++")
    words: dict[int, str] = {}
    for (start, end), word in zip(tokens.ranges(), tokens.words, strict=True):
        words[word] = words.get(word, "") + "and C++"[start:end]
    parts = list(words.values())[1:]
    assert "".join(parts) == text
    return "\n".join(f"{part}\t{'I' if at else 'B'}-Tool" for at, part in enumerate(parts))


def test_the_summary_counts_labels_and_refusals(source: Path, tmp_path: Path, tokenizer: Tokenizer) -> None:
    ran(source, tmp_path / "out", tokenizer)
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["rows"], summary["spans"], summary["labels"]) == (4, 3, {"Tool": 2, "Skill": 1})
    assert summary["refused"] == {"text: empty": 1, "text: given nothing, allowed: a string": 1}
    assert summary["refusals"][0] == {"row": 2, "reason": "text: empty"}


def test_progress_ends_at_the_number_of_rows(source: Path, tmp_path: Path, tokenizer: Tokenizer) -> None:
    seen: list[tuple[int, int]] = []
    run(Rules(), source, {}, tmp_path / "out", tokenizer, lambda done, total: seen.append((done, total)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_an_annotator_that_reads_ahead_keeps_rows_and_answers_together(
    source: Path, tmp_path: Path, tokenizer: Tokenizer
) -> None:
    run(Ahead(), source, {}, tmp_path / "out", tokenizer)
    assert [len(row.get("spans", [])) for row in lines(tmp_path / "out")] == [1, 0, 1, 0]


def test_a_span_outside_its_text_is_the_annotators_fault(source: Path, tmp_path: Path, tokenizer: Tokenizer) -> None:
    with pytest.raises(BadSpans, match="annotator outside gave"):
        run(Outside(), source, {}, tmp_path / "out", tokenizer)


def test_a_row_without_an_answer_is_not_passed_over(source: Path, tmp_path: Path, tokenizer: Tokenizer) -> None:
    with pytest.raises(RuntimeError, match="no answer for row 1"):
        run(Short(), source, {}, tmp_path / "out", tokenizer)


def test_rows_an_annotator_never_asked_for_are_not_passed_over(
    source: Path, tmp_path: Path, tokenizer: Tokenizer
) -> None:
    with pytest.raises(RuntimeError, match="no answer for row 3"):
        run(Early(), source, {}, tmp_path / "out", tokenizer)


def test_an_answer_too_many_is_said_to_be_the_annotators(source: Path, tmp_path: Path, tokenizer: Tokenizer) -> None:
    with pytest.raises(RuntimeError, match="much gave more answers"):
        run(Much(), source, {}, tmp_path / "out", tokenizer)


def test_a_file_name_that_is_no_unicode_is_logged(source: Path, tmp_path: Path, tokenizer: Tokenizer) -> None:
    named = source.rename(tmp_path / "caf\udce9.jsonl")  # as Python reads the byte E9 in a name
    ran(named, tmp_path / "out", tokenizer)
    assert "caf\\udce9.jsonl" in (tmp_path / "out" / "log.txt").read_text()


def test_a_bad_last_line_is_told_before_anything_is_annotated_and_logged(
    source: Path, tmp_path: Path, tokenizer: Tokenizer
) -> None:
    source.write_text(source.read_text() + "{")
    with pytest.raises(BadInput, match="line 5: no JSON"):
        ran(source, tmp_path / "out", tokenizer)
    assert not (tmp_path / "out" / "results.jsonl").exists()
    assert "failed: line 5" in (tmp_path / "out" / "log.txt").read_text()


def test_a_required_option_is_asked_for(source: Path, tmp_path: Path, tokenizer: Tokenizer) -> None:
    from pipeline.annotator.labels import Labels

    with pytest.raises(BadInput, match="labels needs examples"):
        run(Labels(), source, {}, tmp_path / "out", tokenizer)


def test_a_format_the_annotator_does_not_take_is_refused(source: Path, tmp_path: Path, tokenizer: Tokenizer) -> None:
    class Lines(Rules):
        formats = ("txt",)
        limits = Limits()

    with pytest.raises(BadInput, match=r"rules takes txt"):
        run(Lines(), source, {}, tmp_path / "out", tokenizer)


def test_the_bundle_holds_all_four_files(source: Path, tmp_path: Path, tokenizer: Tokenizer) -> None:
    ran(source, tmp_path / "out", tokenizer)
    bundle(tmp_path / "out", tmp_path / "bundle.zip")
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        assert archive.namelist() == ["results.jsonl", "results.conll", "summary.json", "log.txt"]
        assert archive.testzip() is None
