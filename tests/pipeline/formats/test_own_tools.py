"""Exports are taken by the tools that they are for, as one runs these: each with what it wants installed."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.formats.record import Mark, Record
from pipeline.formats.writing import Written

pytestmark = pytest.mark.slow

TEXT = "Köchin 😀 (m/w)\n\n  can  C++ and soup stock\n"
CONFIG = (
    '<View><Labels name="label" toName="text"><Label value="Occupation"/><Label value="Soft skill"/></Labels>'
    '<Text name="text" value="$text"/></View>'
)
CONVERT = """
import sys
from label_studio_sdk.converter import Converter
converter = Converter(sys.argv[1], project_dir=sys.argv[2])
for form in ("JSON", "JSON_MIN", "CONLL2003", "CSV"):
    converter.convert(sys.argv[3], f"{sys.argv[2]}/{form}", form, is_dir=False)
"""
SCORE = """
import json, sys
from seqeval.metrics import f1_score
from seqeval.scheme import IOB2
texts = open(sys.argv[1], encoding="utf-8").read().strip().split("\\n\\n")
tags = [[line.split()[-1] for line in text.split("\\n")] for text in texts]
spans = sum(tag.startswith("B-") for text in tags for tag in text)
print(json.dumps([f1_score(tags, tags, mode="strict", scheme=IOB2), spans]))
"""
Write = Callable[..., tuple[bytes, Written]]


def posts() -> list[Record]:
    def mark(words: str, label: str) -> Mark:
        at = TEXT.index(words)
        return Mark(at, at + len(words), label)

    marks = (mark("Köchin", "Occupation"), mark("C++", "Soft skill"), mark("soup stock", "Soft skill"))
    return [Record(TEXT, marks, f"p{number}", by=f"w{number % 2}") for number in range(12)]


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with Label Studio's library and seqeval, whose pins are not ours."""
    folder = tmp_path_factory.mktemp("tools")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    wanted = ["label-studio-sdk==2.1.2", "seqeval==1.2.2"]
    done = subprocess.run([folder / "bin/pip", "install", "--quiet", *wanted], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"the index has no {' and '.join(wanted)}: {done.stderr[-200:]}")
    return folder / "bin/python"


def ran(*command: object) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_label_studio_converts_what_is_written_for_it(tools: Path, written: Write, tmp_path: Path) -> None:
    (tmp_path / "tasks.json").write_bytes(written("label-studio", posts())[0])
    ran(tools, "-c", CONVERT, CONFIG, tmp_path, tmp_path / "tasks.json")
    (rows,) = (tmp_path / "JSON_MIN").glob("*.json")
    first = json.loads(rows.read_text())[0]
    assert [(one["text"], one["labels"]) for one in first["label"]] == [
        (TEXT[mark.start : mark.end], [mark.label]) for mark in posts()[0].marks
    ]
    (conll,) = (tmp_path / "CONLL2003").glob("*.conll")
    assert conll.read_text().count("B-Occupation") == len(posts())


def test_seqeval_reads_the_last_column(tools: Path, written: Write, tmp_path: Path) -> None:
    (tmp_path / "x.conll").write_bytes(written("conll", posts())[0])
    assert json.loads(ran(tools, "-c", SCORE, tmp_path / "x.conll")) == [1.0, 3 * len(posts())]


def test_spacy_takes_both_of_its_formats(written: Write, tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy")
    from spacy.tokens import DocBin

    (tmp_path / "x.conll").write_bytes(written("conll", posts())[0])
    (tmp_path / "train.spacy").write_bytes(written("docbin", posts())[0])
    ran(sys.executable, "-m", "spacy", "convert", tmp_path / "x.conll", tmp_path, "-c", "ner")
    docs = list(DocBin().from_disk(tmp_path / "x.spacy").get_docs(spacy.blank("xx").vocab))
    assert [(entity.text, entity.label_) for entity in docs[0].ents] == [
        ("Köchin", "Occupation"),
        ("C++", "Soft_skill"),
        ("soup stock", "Soft_skill"),
    ]
    ran(sys.executable, "-m", "spacy", "init", "config", tmp_path / "c.cfg", "--lang", "de", "--pipeline", "ner")
    paths = [f"--paths.{split}={tmp_path / 'train.spacy'}" for split in ("train", "dev")]
    said = subprocess.run(
        [sys.executable, "-m", "spacy", "debug", "data", tmp_path / "c.cfg", *paths], capture_output=True, text=True
    ).stdout  # ends with 1, since twelve texts are too few to train from
    assert "Corpus is loadable" in said
    assert "No entities consisting of or starting/ending with whitespace" in said
    assert "0 missing value(s)" in said
