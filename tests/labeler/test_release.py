"""Releases: immutable, proven by reading back, split by employer and near-duplicate, rebuilt from where they broke."""

import hashlib
import io
import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command

from labeler.adjudication import decisions
from labeler.datasets.models import Release
from labeler.datasets.releases import builder, plan, verification
from labeler.datasets.releases.options import Options
from labeler.datasets.releases.splits import Group, Groups, assign
from labeler.labeling.labels import relabeling
from labeler.labeling.models import Annotation, Post, Project, Task
from pipeline import labelset
from pipeline.formats.catalog import FORMATS, WRITTEN
from pipeline.formats.record import Mark, Record
from pipeline.signature import signature

_TALK = "welder forklift night shift Lyon depot team lead nurse Python drawing licence clean safe early weekly"
WORDS = _TALK.split()


@pytest.fixture
def labelled(db: None, cloud: Any, tmp_path: Path) -> Project:
    """60 posts of 12 employers with nested spans, in a project of its own."""
    rows = []
    for n in range(60):
        text = f"Post {n} " + " ".join(WORDS[(n * k + k * k) % len(WORDS)] for k in range(1, 30)) + " 😀 end."
        spans = [[0, 4, "A"], [0, 6, "B"], [text.index("end"), text.index("end") + 3, "C"]]
        rows.append({"id": str(n), "text": text, "spans": spans, "company": f"Firm {n % 12}"})
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    call_command("import", "ds", str(file), "--format", "jsonl", "--create", stdout=io.StringIO())
    return Project.objects.get(slug="ds")


def released(*options: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("release", "ds", "--json", *options, stdout=out)
    return dict(json.loads(out.getvalue()))


def stored(cloud: Any, key: str) -> bytes:
    return bytes(cloud.releases.get(f"releases/ds/{key}").body)


def test_a_release_is_whole_and_names_where_each_answer_lies(labelled: Project, cloud: Any) -> None:
    summary = released("--licence", "CC-BY-4.0")
    manifest = json.loads(stored(cloud, "v1/manifest.json"))
    assert (summary["version"], summary["posts"], summary["spans"], summary["dropped"]) == ("v1", 60, 180, 0)
    assert manifest["licence"] == "CC-BY-4.0"
    assert {one["format"] for one in manifest["files"]} == {"jsonl", "conll", "docbin", "parquet"}
    for file in manifest["files"]:
        assert len(stored(cloud, f"v1/{file['key']}")) == file["bytes"]
        if file["format"] == "jsonl":
            for line in stored(cloud, f"v1/{file['key']}").splitlines():
                answer = json.loads(line)["answer"]
                body = cloud.labels.get(answer["key"]).body
                assert hashlib.sha256(body).hexdigest() == answer["sha256"]


def test_spans_whose_label_is_being_split_keep_it(labelled: Project, cloud: Any, tmp_path: Path) -> None:
    relabeling.operate(labelled, labelset.Operation("split", ("A",), ("A1", "A2")), "tester")
    assert released()["spans"] == 180
    bodies = [
        stored(cloud, f"v1/{file['key']}")
        for file in json.loads(stored(cloud, "v1/manifest.json"))["files"]
        if file["format"] == "parquet"
    ]
    for number, options in enumerate(([], ["--release", "v1"])):
        file = tmp_path / f"{number}.parquet"
        call_command("export", "ds", "--format", "parquet", "-o", str(file), *options, stdout=io.StringIO())
        bodies.append(file.read_bytes())
    for body in bodies:
        features = json.loads(pq.read_schema(io.BytesIO(body)).metadata[b"huggingface"])["info"]["features"]
        assert {"B-A", "B-A1", "B-A2", "B-B"} < set(features["ner_tags"]["feature"]["names"])


def test_neither_employer_nor_near_duplicate_crosses_a_split(labelled: Project, cloud: Any) -> None:
    released()
    splits = defaultdict(set)
    for file in json.loads(stored(cloud, "v1/manifest.json"))["files"]:
        if file["format"] == "jsonl":
            for line in stored(cloud, f"v1/{file['key']}").splitlines():
                row = json.loads(line)
                splits[row["company"]].add(row["split"])
    assert len(splits) == 12
    assert all(len(found) == 1 for found in splits.values())


def test_a_later_release_keeps_posts_in_their_splits(labelled: Project, cloud: Any) -> None:
    released("--seed", "3")
    released("--seed", "4")
    plans = [dict(_places(stored(cloud, f"v{n}/plan.jsonl.gz"))) for n in (1, 2)]
    assert plans[0] == plans[1]


def _places(body: bytes) -> list[tuple[str, str]]:
    return [(one.post_id, one.split) for one in plan.read(body)[1]]


def test_gold_goes_before_answers_and_disagreement_is_left_out_and_counted(
    labelled: Project, cloud: Any, person: Callable[..., Any]
) -> None:
    tasks = list(Task.objects.select_related("post").order_by("pk")[:3])
    other = person("other")
    for task in tasks[:2]:  # somebody who sees no labels in two of the posts
        first = Annotation.objects.get(task=task)
        first.pk, first.labeler, first.spans, first.idempotency_key = None, other, [], f"x-{task.pk}"
        first.save()
    decided = decisions.decide(tasks[0], [(0, 1, "A")], other.labeler_id)
    assert decided.stored_at
    summary = released()
    assert (summary["posts"], summary["excluded"]) == (59, {"undecided": 1})
    manifest = json.loads(stored(cloud, "v1/manifest.json"))
    assert manifest["agreement"]["posts"] == 2
    assert manifest["agreement"]["spans"] == {"unit": "span", "count": 6, "f1_exact": 0.0, "f1_partial": 0.0}
    rows = {row["id"]: row for row in _rows(cloud, "v1")}
    assert rows[tasks[0].post.post_id]["answer"]["kind"] == "gold"
    assert [one["label"] for one in rows[tasks[0].post.post_id]["spans"]] == ["A"]
    assert tasks[1].post.post_id not in rows
    assert released("--gold")["posts"] == 1


def _rows(cloud: Any, version: str) -> list[dict[str, Any]]:
    files = json.loads(stored(cloud, f"{version}/manifest.json"))["files"]
    keys = [one["key"] for one in files if one["format"] == "jsonl"]
    return [json.loads(line) for key in keys for line in stored(cloud, f"{version}/{key}").splitlines()]


def test_a_release_goes_on_where_it_broke_with_what_was_planned(
    labelled: Project, cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builder, "SHARD", 10)
    job = builder.ask(labelled, Options())

    class Crash(Exception):
        pass

    seen = []

    def crash(count: int) -> None:
        seen.append(count)
        if len(seen) == 63:  # the plan counts posts one by one, then files
            raise Crash

    with pytest.raises(Crash):
        builder.Build(job, crash).run()
    before = {one.key: one.etag for one in cloud.releases.list("releases/ds/v1/")}
    assert before
    assert "releases/ds/v1/manifest.json" not in before
    decisions.decide(Task.objects.order_by("pk")[0], [], "late")  # decided after the plan: for the next release
    assert released()["version"] == "v1"
    after = {one.key: one.etag for one in cloud.releases.list("releases/ds/v1/")}
    assert {key: after[key] for key in before} == before
    assert {row["answer"]["kind"] for row in _rows(cloud, "v1")} == {"annotation"}
    assert len(_rows(cloud, "v1")) == 60


def test_a_file_that_lost_a_label_is_not_published(
    labelled: Project, cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = cloud.releases.put

    def lossy(key: str, body: bytes, kind: str = "") -> None:
        whole(key, body.replace(b"B-A", b"O", 1) if key.endswith(".conll") else body, kind)

    monkeypatch.setattr(cloud.releases, "put", lossy)
    with pytest.raises(CommandError, match=r"v1 is not published: data/conll/\S+: 1 labels are not there"):
        released()
    assert Release.objects.get().state == Release.State.FAILED
    monkeypatch.undo()
    assert released()["version"] == "v2"


def test_nothing_to_release_is_said(project: Project) -> None:
    with pytest.raises(CommandError, match=r"posts with an answer: given .none \(no posts at all\)"):
        call_command("release", "jobs")


@pytest.mark.parametrize("given", ["train=1,test=0", "train=0.5", "x", "a b=1"])
def test_shares_that_do_not_add_up_are_refused(labelled: Project, given: str) -> None:
    with pytest.raises(CommandError, match="shares: given"):
        released("--shares", given)


def test_a_card_says_what_is_in_it_and_is_no_markup(labelled: Project, cloud: Any) -> None:
    from labeler.labeling import projects

    projects.edit(labelled, {"name": "<script>x</script> | jobs"}, "system")
    released()
    page, text = stored(cloud, "v1/card.html").decode(), stored(cloud, "v1/README.md").decode()
    assert "<script" not in page
    assert page.count("<svg") == 2
    assert "| A | 48" in text or "| A |" in text
    assert 'license: "unknown"' in text
    assert "path: data/parquet/train-*.parquet" in text


def test_the_released_folder_loads_as_a_dataset(
    labelled: Project, cloud: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    released()
    for one in cloud.releases.list("releases/ds/v1/"):
        target = tmp_path / "v1" / one.key.removeprefix("releases/ds/v1/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(cloud.releases.get(one.key).body)
    loaded = datasets.load_dataset(str(tmp_path / "v1"), cache_dir=str(tmp_path / "cache"))
    assert {name: len(split) for name, split in loaded.items()} == {"train": 48, "validation": 6, "test": 6} or sum(
        len(split) for split in loaded.values()
    ) == 60
    assert loaded["train"].features["ner_tags"].feature.names[:3] == ["O", "B-A", "I-A"]


@pytest.mark.parametrize("form", WRITTEN)
def test_a_release_is_exported_in_every_format(labelled: Project, form: str, tmp_path: Path) -> None:
    released()
    Annotation.objects.update(current=False)  # today's answers play no part
    out = io.StringIO()
    options = ["--release", "v1", "--format", form, "-o", str(tmp_path / "out"), "--json"]
    call_command("export", "ds", *options, stdout=out)
    assert json.loads(out.getvalue())["posts"] == 60
    assert (tmp_path / "out").stat().st_size


def test_a_release_that_is_not_there_says_which_are(labelled: Project) -> None:
    released()
    with pytest.raises(CommandError, match="release: given 'v9', allowed: v1"):
        call_command("export", "ds", "--release", "v9")


def test_spans_are_aligned_to_another_tokenizer_and_misfits_are_named(labelled: Project, tmp_path: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    out, said = io.StringIO(), io.StringIO()
    options = [
        "--tokenizer",
        str(tmp_path / "tokenizer.json"),
        "--format",
        "conll",
        "-o",
        str(tmp_path / "out"),
        "--json",
    ]
    call_command("export", "ds", *options, stdout=out, stderr=said)
    assert json.loads(out.getvalue())["off_tokens_changed"] == 60 + 50  # `end` in `end.`, `Post 1` in `Post 12`
    assert "row 1, span: given" in said.getvalue()
    assert "\nend.\tB-C" in (tmp_path / "out").read_text()


# The pure parts


def test_near_duplicates_and_employers_make_one_group() -> None:
    text = " ".join(f"word{n}" for n in range(200))
    groups = Groups()
    near = [groups.add(signature(text), ""), groups.add(signature(text.replace("word77", "other")), "")]
    apart = groups.add(signature(" ".join(f"else{n}" for n in range(200))), "Acme  Ltd")
    same = groups.add((), "ACME ltd")
    assert groups.of(near[0]) == groups.of(near[1])
    assert groups.of(apart) == groups.of(same)
    assert groups.of(near[0]) != groups.of(apart)
    groups.close()


def test_splits_come_near_their_shares_and_large_groups_stay_whole() -> None:
    groups = [Group(f"g{n}", 50 if n == 0 else 1, {}) for n in range(151)]
    found = assign(groups, {"train": 0.8, "test": 0.2}, seed=1)
    sizes: dict[str, int] = defaultdict(int)
    for group in groups:
        sizes[found[group.name]] += group.size
    assert sizes == {"train": 160, "test": 40}
    assert assign(groups, {"train": 0.8, "test": 0.2}, seed=2) != found


def test_a_group_goes_where_most_of_it_was() -> None:
    groups = [Group("a", 3, {"test": 2, "train": 1}), Group("b", 97, {})]
    assert assign(groups, {"train": 0.8, "test": 0.2}, seed=1)["a"] == "test"


@pytest.mark.parametrize("form", [name for name in WRITTEN if name != "lines"])
def test_the_proof_counts_each_label_that_is_missing(form: str) -> None:
    from pipeline.formats import writing

    record = Record("one two", (Mark(0, 3, "A"), Mark(4, 7, "B")), "1")
    less = Record("one two", (Mark(0, 3, "A"),), "1")
    out = io.BytesIO()
    writing.write(FORMATS[form], lambda: [less], out, {"": ("A", "B")})
    out.seek(0)
    assert verification.dropped(FORMATS[form], [record], out, "word") == 1


def test_posts_are_counted_once(labelled: Project) -> None:
    assert Post.objects.count() == 60
