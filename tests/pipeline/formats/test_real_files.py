"""Every file that other tools and published sets came with: read, written in each format, read again."""

from pathlib import Path

import orjson
import pytest

from pipeline.formats.catalog import FORMATS, WRITTEN
from pipeline.formats.offsets import decoded
from pipeline.formats.record import Mark, Record, Row
from pipeline.text import normalise

# file: (format, options, rows, taken, marks, what is said not to be kept as it stood)
FILES: dict[str, tuple[str, dict[str, str], int, int, int, set[str]]] = {
    "labelled/skillspan/train.json": ("skillspan", {}, 4800, 4800, 5190, {"token"}),
    "labelled/skillspan/dev.json": ("skillspan", {}, 3174, 3174, 2163, {"token"}),
    "labelled/skillspan/skillspan_house_dev.conll": ("conll", {}, 1019, 1019, 812, {"token"}),
    "labelled/skillspan/skillspan_tech_dev.conll": ("conll", {}, 2156, 2156, 1351, set()),
    "labelled/green/testset_001-201.txt": ("conll", {}, 201, 201, 514, set()),
    "labelled/wnut17/emerging.dev.conll": ("conll", {}, 1009, 1009, 836, set()),
    "labelled/esco_skills.csv": ("csv", {"text_field": "skills"}, 13896, 13896, 0, set()),
    "interchange/seqeval/ground_truth.txt": ("conll", {}, 40, 40, 998, {"column", "tag"}),
    "interchange/doccano/import/sequence_labeling/example.jsonl": ("doccano", {}, 3, 3, 3, set()),
    "interchange/doccano/import/sequence_labeling/example.txt": ("conll", {}, 2, 2, 4, set()),
    "interchange/doccano/import/relation_extraction/example.jsonl": ("doccano", {}, 1, 1, 4, {"relations"}),
    "interchange/doccano/import/text_classification/example.jsonl": ("doccano", {}, 3, 3, 0, {"label"}),
    "interchange/doccano/import/text_classification/example.csv": (
        "csv", {"text_field": "column_data"}, 3, 3, 0, set(),
    ),
    "interchange/doccano/export/sequence_labeling/example.jsonl": ("doccano", {}, 3, 3, 4, set()),
    "interchange/doccano/export/relation_extraction/example.jsonl": ("doccano", {}, 1, 1, 4, {"relations"}),
    "interchange/label-studio/previous_export.json": ("label-studio", {}, 1, 0, 0, {"data.text"}),  # of pictures
    "interchange/label-studio/text_with_2_predictions.json": ("label-studio", {}, 1, 1, 0, {"predictions"}),
    "interchange/label-studio/named-entity-recognition.xml": ("label-studio", {}, 74, 0, 0, {"JSON", "row"}),
    "interchange/label-studio/text_named_entity.xml": ("label-studio", {}, 17, 0, 0, {"JSON"}),
    "interchange/spacy/ner-sent-per-line.iob": ("iob", {}, 2, 2, 7, {"column"}),
    "interchange/spacy/ner-token-per-line.iob": ("conll", {}, 1, 1, 7, set()),
    "interchange/spacy/ner-token-per-line.json": ("spacy-json", {}, 1, 1, 7, set()),
    "interchange/prodigy/fashion_brands_training_60.jsonl": ("prodigy", {}, 60, 60, 87, set()),
    "interchange/webanno-tsv/1sentenceNE.tsv": ("webanno", {}, 1, 1, 2, set()),
    "interchange/webanno-tsv/1sentenceNEstacked.tsv": ("webanno", {}, 1, 1, 2, set()),
    "interchange/webanno-tsv/1sentencesamerel.tsv": ("webanno", {}, 1, 1, 0, {"column"}),  # no spans in it
}  # fmt: skip


def rows_of(data: Path, name: str, read) -> list[Row]:
    form, options, *_ = FILES[name]
    return read(form, (data / name).read_bytes(), **options)


def taken(rows: list[Row]) -> list[Record]:
    return [row.record for row in rows if row.record is not None]


def test_no_file_is_left_out(data: Path) -> None:
    found = {
        str(path.relative_to(data))
        for folder in ("interchange", "labelled")
        for path in (data / folder).rglob("*")
        if path.is_file()
    }
    assert found == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_all_that_is_in_a_file_is_taken_or_named(data: Path, name: str, read) -> None:
    rows = rows_of(data, name, read)
    _, _, count, count_taken, marks, fields = FILES[name]
    records = taken(rows)
    said = {note.field.split(" ")[0] for row in rows for note in row.notes}
    assert (len(rows), len(records), sum(len(record.marks) for record in records)) == (count, count_taken, marks)
    assert said == fields


@pytest.mark.parametrize("form", WRITTEN)
@pytest.mark.parametrize("name", FILES)
def test_a_file_comes_back_from_every_format(data: Path, name: str, form: str, read, written) -> None:
    before = taken(rows_of(data, name, read))
    body, tally = written(form, before)
    rows = read(form, body)
    after = taken(rows)
    assert len(after) == len(before) == tally.rows
    lost = {note.field for note in tally.first}
    has_tokens = all(record.source_tokens for record in before)
    for old, new in zip(before, after, strict=True):
        if form == "lines":
            assert new.text == old.text
            assert not old.marks or "labels" in lost
        elif form in ("conll", "skillspan"):
            assert new.text.split() == old.text.split() or "span" in lost or has_tokens
            if has_tokens:
                assert cut(new) == cut(old)
        else:
            assert new.text == old.text
            keeps_layers = "layers" not in FORMATS[form].loses
            assert "span" in lost or marks_of(new, keeps_layers) == marks_of(old, keeps_layers)
            if has_tokens and form not in ("csv", "doccano", "ground-truth", "label-studio"):
                assert new.source_tokens == old.source_tokens
    assert "span" not in lost or not has_tokens


def marks_of(record: Record, layers: bool) -> list[Mark]:
    return [mark if layers else Mark(mark.start, mark.end, mark.label) for mark in record.marks]


def cut(record: Record) -> tuple[list[str], list[tuple[int, int, str]]]:
    """The tokens, and the marks by the tokens that they cover."""
    edges = record.source_tokens or ()
    starts = {start: at for at, (start, _) in enumerate(edges)}
    ends = {end: at for at, (_, end) in enumerate(edges, 1)}
    tokens = [record.text[start:end] for start, end in edges]
    return tokens, sorted((starts[mark.start], ends[mark.end], mark.label) for mark in record.marks)


@pytest.mark.parametrize("name", ["labelled/skillspan/train.json", "labelled/skillspan/dev.json"])
def test_skillspan_gives_the_same_tags_back_token_for_token(data: Path, name: str, read, written) -> None:
    body, _ = written("skillspan", taken(rows_of(data, name, read)))
    for old, new in zip((data / name).read_bytes().splitlines(), body.splitlines(), strict=True):
        given, got = orjson.loads(old), orjson.loads(new)
        assert (got["tags_skill"], got["tags_knowledge"]) == (given["tags_skill"], given["tags_knowledge"])
        assert len(got["tokens"]) == len(given["tokens"])
        assert (got["idx"], got["source"]) == (given["idx"], given["source"])


@pytest.mark.parametrize(
    "name", [name for name, (form, _, _, _, _, said) in FILES.items() if form == "conll" and "tag" not in said]
)
def test_conll_gives_the_same_lines_back(data: Path, name: str, read, written) -> None:
    body, _ = written("conll", taken(rows_of(data, name, read)))
    given = [
        line.split("\t") if "\t" in line else line.split()
        for line in (data / name).read_text().split("\n")
        if line.strip()
    ]
    got = [line.split("\t") for line in body.decode().split("\n") if line.strip()]
    assert [line[1:] for line in got] == [line[1:] for line in given]
    assert [line[0] for line in got] == [normalise(decoded(line[0])) or "\ufffd" for line in given]
