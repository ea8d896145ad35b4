"""What is written loads in the libraries it is written for."""

import io
import json
from pathlib import Path

import pytest

from pipeline.formats.ranges import Ranges
from pipeline.formats.record import Mark, Record
from pipeline.formats.spacy_strings import NAMES

TEXT = "Ärztin 😀 (m/w)\n\n  kennt  Python und ORG.\n"


def posts() -> list[Record]:
    def mark(word: str, label: str, layer: str = "") -> Mark:
        at = TEXT.index(word)
        return Mark(at, at + len(word), label, layer)

    words = ["Ärztin", "😀", "(", "m/w", ")", "kennt", "Python", "und", "ORG", "."]
    edges, at = [], 0
    for word in words:
        at = TEXT.index(word, at)
        edges.append((at, at + len(word)))
    marks = (
        mark("Ärztin", "Occupation"),
        mark("Python", "Skill"),
        mark("Python und ORG", "Skill"),
        mark("ORG", "ORG", "other"),
    )
    return [
        Record(TEXT, tuple(sorted(marks)), "p1", Ranges.of(edges), meta={"url": "https://example.org/1"}),
        Record("nothing here", (), "p2", Ranges.of([(0, 7), (8, 12)])),
    ]


def test_spacy_reads_the_docbin(written, tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy")
    from spacy.tokens import DocBin

    body, _ = written("docbin", posts())
    (tmp_path / "train.spacy").write_bytes(body)
    first, second = DocBin().from_disk(tmp_path / "train.spacy").get_docs(spacy.blank("de").vocab)
    assert first.text == TEXT
    assert [(ent.text, ent.label_) for ent in first.ents] == [("Ärztin", "Occupation"), ("Python und ORG", "Skill")]
    spans = {(span.text, span.label_, span.start_char) for span in first.spans["sc"]}
    assert spans == {("Ärztin", "Occupation", 0), ("Python", "Skill", 25), ("Python und ORG", "Skill", 25)}
    assert [(span.text, span.label_) for span in first.spans["other"]] == [("ORG", "ORG")]
    assert first.user_data["url"] == "https://example.org/1"
    assert (second.text, second.ents, dict(second.spans)) == ("nothing here", (), {})


def test_what_spacy_writes_is_read(read) -> None:
    spacy = pytest.importorskip("spacy")
    from spacy.tokens import Doc, DocBin, Span

    doc = Doc(
        spacy.blank("xx").vocab, words=["Ada", "lives", "in", "\n", "Ulm"], spaces=[True, True, True, False, False]
    )
    doc.ents = [Span(doc, 0, 1, "PERSON"), Span(doc, 4, 5, "GPE")]
    doc.spans["sc"] = [Span(doc, 0, 5, "FACT")]
    (row,) = read("docbin", DocBin(docs=[doc]).to_bytes())
    assert row.record.text == "Ada lives in \nUlm"
    assert row.record.marks == (Mark(0, 3, "PERSON"), Mark(0, 17, "FACT"), Mark(14, 17, "GPE"))
    assert tuple(row.record.source_tokens) == ((0, 3), (4, 9), (10, 12), (14, 17))


def test_the_symbols_are_those_of_spacy() -> None:
    symbols = pytest.importorskip("spacy.symbols")
    assert {name: at for at, name in enumerate(NAMES)} == symbols.IDS


def test_datasets_loads_the_parquet_with_its_classes(written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    datasets = pytest.importorskip("datasets")
    body, _ = written("parquet", posts())
    file = tmp_path / "train.parquet"
    file.write_bytes(body)
    loaded = datasets.load_dataset("parquet", data_files={"train": str(file)}, cache_dir=str(tmp_path / "cache"))[
        "train"
    ]
    names = loaded.features["ner_tags"].feature.names
    assert names == ["O", "B-Occupation", "I-Occupation", "B-Skill", "I-Skill"]
    row = loaded[0]
    tags = [names[tag] for tag in row["ner_tags"]]
    assert tags == ["B-Occupation", "O", "O", "O", "O", "O", "B-Skill", "I-Skill", "I-Skill", "O"]
    nested = loaded.features["ner_tags_2"].feature.names
    assert nested[row["ner_tags_2"][row["tokens"].index("Python")]] == "B-Skill"
    assert loaded.features["other_tags"].feature.names == ["O", "B-ORG", "I-ORG"]
    assert [TEXT[span["start"] : span["end"]] for span in row["spans"]] == ["Ärztin", "Python", "Python und ORG", "ORG"]
    assert json.loads(row["meta"]) == {"url": "https://example.org/1"}


def test_nervaluate_scores_conll_against_itself(data: Path, read, written) -> None:
    nervaluate = pytest.importorskip("nervaluate")
    rows = read("conll", (data / "labelled/wnut17/emerging.dev.conll").read_bytes())
    labels = sorted({mark.label for row in rows for mark in row.record.marks})
    body, _ = written("conll", [row.record for row in rows])
    text = body.decode().strip()
    scores = nervaluate.Evaluator(text, text, tags=labels, loader="conll").evaluate()["overall"]["strict"]
    assert (scores.correct, scores.incorrect, scores.missed, scores.spurious) == (836, 0, 0, 0)


def test_the_csv_opens_with_the_standard_reader(written) -> None:
    import csv

    body, tally = written(
        "csv", [Record('=HYPERLINK("x")', (Mark(1, 4, "A"),), "-1"), Record('say "hi",\nyou', (), "2")]
    )
    rows = list(csv.reader(io.StringIO(body.decode(), newline="")))
    assert rows == [
        ["id", "text", "spans"],
        ["'-1", '\'=HYPERLINK("x")', '[[1,4,"A"]]'],
        ["2", 'say "hi",\nyou', "[]"],
    ]
    assert tally.first[0].field == "text"


@pytest.mark.parametrize("text", [TEXT, "a  b\u00a0c\n\n d", " begins", "ends \n", "\t", "🦊 ก่ C++"])
def test_prodigys_tokens_make_up_the_text_again(text: str, written) -> None:
    mark = () if text.isspace() else (Mark(len(text.rstrip()) - 1, len(text.rstrip()), "A"),)
    body, _ = written("prodigy", [Record(text, mark, "1")])
    value = json.loads(body)
    tokens = value["tokens"]
    assert "".join(token["text"] + " " * token["ws"] for token in tokens) == text
    assert all(text[token["start"] : token["end"]] == token["text"] for token in tokens)
    assert [token["id"] for token in tokens] == list(range(len(tokens)))
    for span in value["spans"]:
        if "token_end" in span:
            assert tokens[span["token_end"]]["end"] == span["end"]


def test_a_text_of_several_lines_is_one_line_of_plain_text(written) -> None:
    body, tally = written("lines", [Record("one\ntwo"), Record("three")])
    assert body.decode() == "one two\nthree\n"
    assert [(note.field, note.outcome) for note in tally.first] == [("text", "lost")]
