"""`python -m pipeline.tokenizer`, as people call it."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline import tokenizers
from pipeline.commands import tokenizer
from pipeline.corpus import CorpusRefused, release_texts
from pipeline.tokens import ModelRefused
from tests.fakes.memory import MemoryStore


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "one.txt").write_text("We look for a nurse and a cook.\r\n" * 20)
    rows = [json.dumps({"text": f"Post {n}: Köchin gesucht, 37,5 Stunden"}) for n in range(20)]
    (folder / "rows.jsonl.gz").write_bytes(gzip.compress("\n".join([*rows, "{broken", '{"x": 1}']).encode()))
    (folder / "picture.png").write_bytes(b"\x89PNG")
    return folder


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_a_model_is_trained_on_a_folder_and_said_what_it_is(
    texts: Path, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "out" / "mine.model"
    options = ["train", str(texts), "--type", kind, "--vocabulary", "400", "-o", str(model)]
    assert tokenizer.main([*options, "--name", "mine", "--as-version", "3"]) == 0
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert (report["texts"], report["type"], report["bytes"]) == (21, kind, model.stat().st_size)
    assert 290 < report["vocabulary"] <= 400
    assert 0.9 < report["coverage"] <= 1
    assert json.loads(model.with_suffix(".json").read_text())["sha256"] == report["sha256"]
    assert "2 rows left out" in captured.err


def test_training_again_gives_the_same_file(texts: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        tokenizer.main(["train", str(texts), "--vocabulary", "400", "-o", str(tmp_path / f"{name}.model")])
    assert (tmp_path / "a.model").read_bytes() == (tmp_path / "b.model").read_bytes()


def test_rows_are_encoded_with_offsets_into_the_normalised_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"id": 7, "half": "\\ud800", "text": "Cafe\\u0301\\r\\nopen 😀"}\n\nnope\n{"text": 5}\n')
    assert tokenizer.main(["encode", str(rows)]) == 1
    captured = capsys.readouterr()
    (row,) = map(json.loads, captured.out.splitlines())
    assert (row["id"], row["half"], row["text"]) == (7, "\ufffd", "Café\nopen 😀")
    assert "".join(row["pieces"]) == "Caféopen😀"
    pairs = zip(row["starts"], row["ends"], row["pieces"], strict=True)
    assert all(row["text"][start:end] == piece for start, end, piece in pairs)
    assert len(row["words"]) == len(row["pieces"])
    assert row["words"][-1] == 2
    assert "line 3 left out" in captured.err
    assert "line 4 left out" in captured.err


def test_a_model_is_shown_with_the_tokens_of_a_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert tokenizer.main(["inspect", "--text", "a nurse", "--text", "half \ud83d"]) == 0
    shown = json.loads(capsys.readouterr().out.encode())
    assert shown["texts"].pop()["text"] == "half \ufffd"
    assert shown["sha256"] == tokenizers.default_id().sha256
    assert "".join(shown["texts"][0]["pieces"]) == "anurse"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["train", "nowhere", "-o", "x.model"], "nowhere: no such file or folder"),
        (["train", "-o", "x.model"], "give either files and folders"),
        (["train", ".", "--vocabulary", "20", "-o", "x.model"], "given 20, allowed: 300 and more"),
        (["train", ".", "--name", "x", "-o", "x.model"], "give --name and --as-version together"),
        (["encode", "--model", "broken.model"], "not a SentencePiece model"),
        (["inspect", "--model", "nothing"], "allowed: a model file, or NAME/VERSION"),
        (["publish", "broken.model", "--name", "x", "--as-version", "1"], "not a SentencePiece model"),
        (["publish", "missing.model", "--name", "x", "--as-version", "1"], "missing.model: No such file"),
    ],
)
def test_wrong_arguments_are_told_in_a_line(
    options: list[str], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.model").write_bytes(b"not a model")
    assert tokenizer.main(options) == 1
    assert reason in capsys.readouterr().err


class TestPublished:
    def test_the_shipped_model_is_small_and_is_what_its_id_says(self) -> None:
        assert len(tokenizers.default_model()) <= 1_000_000
        assert tokenizers.default().id == tokenizers.default_id()

    def test_a_model_is_fetched_as_it_was_published_and_publishing_again_changes_nothing(self) -> None:
        store = MemoryStore()
        made, new = tokenizers.publish(store, tokenizers.default_model(), "mine", "1")
        assert new
        assert tokenizers.publish(store, tokenizers.default_model(), "mine", "1") == (made, False)
        assert tokenizers.fetch(store, made).id == made
        assert tokenizers.fetch_named(store, "mine", "1").id == made

    def test_a_version_is_never_another_model(self, texts: Path, tmp_path: Path) -> None:
        store, path = MemoryStore(), tmp_path / "x.model"
        tokenizers.publish_default(store)
        tokenizer.main(["train", str(texts), "--vocabulary", "400", "-o", str(path)])
        with pytest.raises(tokenizers.TokenizerChanged, match=r"give this one .* a new version"):
            tokenizers.publish(store, path.read_bytes(), "default", tokenizers.default_id().version)

    @pytest.mark.parametrize("name", ["", "a/b", "..\\x", "a b"])
    def test_names_are_plain(self, name: str) -> None:
        with pytest.raises(ModelRefused, match="allowed: letters, digits"):
            tokenizers.publish(MemoryStore(), tokenizers.default_model(), name, "1")


def test_a_release_is_read_from_its_rows_wherever_they_lie() -> None:
    store = MemoryStore()
    store.put("releases/p/v1/train.jsonl.gz", gzip.compress(b'{"text": "one"}\n{"text": "two"}\n'))
    store.put("releases/p/v1/test/all.jsonl", b'{"text": "three"}\n')
    store.put("releases/p/v1/card.md", b"# card")
    assert sorted(map(str, release_texts(store, "p", "v1"))) == ["one", "three", "two"]
    with pytest.raises(CorpusRefused, match="release p/v2: no JSON Lines file"):
        list(release_texts(store, "p", "v2"))


def test_a_tokenizer_is_shared_between_threads() -> None:
    shared = tokenizers.default()
    texts = [f"Nurse {n} for the night shift, {n} 😀" for n in range(200)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(shared.encode, texts)) == [shared.encode(text) for text in texts]
