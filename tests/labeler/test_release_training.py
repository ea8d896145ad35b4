"""A small token classifier learns from a release: its labels stand on the tokens of the model's own tokenizer."""

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

ROLES = ("welder", "nurse", "baker", "driver")
TOWNS = ("Lyon", "Ulm", "Gent", "Turin")
WHY = "requirements/test-slow.txt is not installed"


def texts() -> list[tuple[str, list[tuple[str, str]]]]:
    """Texts with the words that are labelled in them."""
    found = []
    for n in range(160):
        role, town = ROLES[n % 4], TOWNS[n // 4 % 4]
        found.append((f"Post {n}: we look for a {role} in {town}.", [(role, "Role"), (town, "Town")]))
    return found


def small_tokenizer(path: Path, lines: Iterable[str]) -> None:
    """A `tokenizer.json` that cuts most words into several pieces."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    made = Tokenizer(models.BPE(unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.BpeTrainer(vocab_size=60, special_tokens=["[PAD]", "[UNK]"], show_progress=False)
    made.train_from_iterator(lines, trainer)
    made.save(str(path))


@pytest.mark.slow
def test_the_loss_falls(db: None, cloud: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    torch = pytest.importorskip("torch", reason=WHY)
    transformers = pytest.importorskip("transformers", reason=WHY)
    datasets = pytest.importorskip("datasets")
    file = tmp_path / "rows.jsonl"
    with file.open("w") as out:
        for text, words in texts():
            spans = [[text.index(word), text.index(word) + len(word), label] for word, label in words]
            out.write(json.dumps({"text": text, "spans": spans}) + "\n")
    call_command("import", "ds", str(file), "--format", "jsonl", "--create", stdout=io.StringIO())
    call_command("release", "ds", "--format", "jsonl", stdout=io.StringIO())
    small_tokenizer(tmp_path / "tokenizer.json", (text for text, _ in texts()))
    wanted = ("--release", "v1", "--split", "train", "--tokenizer", str(tmp_path / "tokenizer.json"))
    train_file = tmp_path / "train.parquet"
    call_command("export", "ds", *wanted, "--format", "parquet", "-o", str(train_file), stdout=io.StringIO())
    train = datasets.load_dataset("parquet", data_files=str(train_file), cache_dir=str(tmp_path / "cache"))["train"]
    assert len(train) > 100

    names = train.features["ner_tags"].feature.names
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(tmp_path / "tokenizer.json"), pad_token="[PAD]", unk_token="[UNK]"
    )
    given = [tokenizer(row["text"], add_special_tokens=False)["input_ids"] for row in train]
    for row, ids in zip(train, given, strict=True):
        assert tokenizer.convert_ids_to_tokens(ids) == row["tokens"]
        on_labels: dict[str, str] = {}
        for token, tag in zip(row["tokens"], row["ner_tags"], strict=True):
            label = names[tag].removeprefix("B-").removeprefix("I-")
            on_labels[label] = on_labels.get(label, "") + token
        assert on_labels["Role"] in ROLES
        assert on_labels["Town"] in TOWNS
    assert any(names[tag].startswith("I-") for row in train for tag in row["ner_tags"])

    longest = max(map(len, given))
    inputs = torch.tensor([ids + [0] * (longest - len(ids)) for ids in given])
    labels = torch.tensor([list(tags) + [-100] * (longest - len(tags)) for tags in train["ner_tags"]])
    torch.manual_seed(1)
    config = transformers.BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=64, num_labels=len(names),
    )  # fmt: skip
    model = transformers.BertForTokenClassification(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    losses = []
    for _ in range(40):
        found = model(input_ids=inputs, attention_mask=(inputs > 0).long(), labels=labels)
        optimizer.zero_grad()
        found.loss.backward()
        optimizer.step()
        losses.append(found.loss.item())
    assert losses[-1] < losses[0] / 4
