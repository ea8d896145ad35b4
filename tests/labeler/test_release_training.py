"""A small token classifier learns from a release, as it is downloaded, with labels on the right tokens."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

ROLES = ("welder", "nurse", "baker", "driver")
TOWNS = ("Lyon", "Ulm", "Gent", "Turin")


@pytest.mark.slow
def test_the_loss_falls(db: None, cloud: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    torch = pytest.importorskip("torch", reason="torch, a large download, is not installed here")
    transformers = pytest.importorskip("transformers")
    datasets = pytest.importorskip("datasets")
    rows = []
    for n in range(160):
        role, town = ROLES[n % 4], TOWNS[n // 4 % 4]
        text = f"Post {n}: we look for a {role} in {town}."
        spans = [
            [text.index(word), text.index(word) + len(word), label] for word, label in ((role, "Role"), (town, "Town"))
        ]
        rows.append({"text": text, "spans": spans})
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    call_command("import", "ds", str(file), "--format", "jsonl", "--create", stdout=io.StringIO())
    call_command("release", "ds", "--format", "parquet", "--unit", "piece", stdout=io.StringIO())
    for one in cloud.releases.list("releases/ds/v1/"):
        target = tmp_path / "v1" / one.key.removeprefix("releases/ds/v1/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(cloud.releases.get(one.key).body)
    train = datasets.load_dataset(str(tmp_path / "v1"), cache_dir=str(tmp_path / "cache"))["train"]

    names = train.features["ner_tags"].feature.names
    for row in train:
        labelled = [token for token, tag in zip(row["tokens"], row["ner_tags"], strict=True) if names[tag] != "O"]
        assert "".join(labelled) in {role + town for role in ROLES for town in TOWNS}

    vocabulary = {token: at for at, token in enumerate(sorted({t for row in train for t in row["tokens"]}), 1)}
    longest = max(map(len, train["tokens"]))

    def padded(values: list[int], filler: int) -> list[int]:
        return values + [filler] * (longest - len(values))

    inputs = torch.tensor([padded([vocabulary[t] for t in row["tokens"]], 0) for row in train])
    labels = torch.tensor([padded(list(row["ner_tags"]), -100) for row in train])
    torch.manual_seed(1)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary) + 1, hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
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
