"""The commands over the local AWS, as an operator calls them."""

import argparse
import json
import subprocess
import sys
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demo.site import Site
from pipeline import archive, messages, tokenizers
from pipeline.commands import posts, redrive, replay, tokenizer
from pipeline.ports import Message
from pipeline.schema import Gates
from tests.fakes.memory import MemoryStore
from tests.pipeline.mill import settings
from tests.pipeline.test_local_aws import Stage, eventually

ROOT = Path(__file__).resolve().parents[2]


def test_what_is_no_archive_among_it_is_named_and_the_rest_read(capsys: pytest.CaptureFixture[str]) -> None:
    whole = dict.fromkeys(archive.NAMED, "x")
    store, line, short = MemoryStore(), messages.dumps(whole), messages.dumps({**whole, "text": None})
    store.put("posts/p/notes.txt", b"put there by hand")
    for one in (line, short):
        store.put(archive.key(archive.POSTS, "p", datetime.now(UTC), [one]), archive.compress([one]))
    options = argparse.Namespace(project="p", refused=False, since="")
    assert list(posts._rows(store, options)) == [whole]
    told = capsys.readouterr().err
    assert "left out: posts/p/notes.txt" in told
    assert "field 'text': given None, allowed: text" in told


@pytest.fixture
def stage(stack: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A project of its own, and the environment that the commands find it by."""
    for name, value in stack.items():
        monkeypatch.setenv(name, value)
    return Stage(f"commands-{uuid.uuid4().hex[:8]}", stack)


def output(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_archive_is_read_and_replayed(
    stage: Stage, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [stage.post(number, f"Equal opportunity.\nNurse number {number} for the night shift") for number in range(6)]
    stage.scrape(*sent, stage.post(9, ""))
    eventually(lambda: len(stage.archived()) == 6)

    assert posts.main(["count", stage.project]) == 0
    assert output(capsys) == [{"posts": 6, "revisions": 6, "prepared": 6, "rows": 6, "languages": {"en": 6}}]
    eventually(lambda: posts.main(["count", stage.project, "--refused"]) == 0 and output(capsys)[0]["posts"] == 1)
    assert posts.main(["get", stage.project, sent[3].post_id]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == sent[3].text
    assert posts.main(["get", stage.project, "nobody"]) == 1
    assert posts.main(["cat", stage.project, "--since", "2999-01-01"]) == 0
    assert "no post nobody" in (err := capsys.readouterr().err)
    assert "0 rows" in err
    assert posts.main(["boilerplate", stage.project]) == 0
    assert output(capsys) == [{stage.project: {"posts": 6, "lines": 1}}]

    stage.set(replace(settings(), project=stage.project, n=2, gates=Gates(min_chars=3)))
    assert replay.main([stage.project, "--dry-run"]) == 0
    assert output(capsys)[0]["sent"] == 7
    assert replay.main([stage.project, "--rate", "500", "--report", str(tmp_path / "report.jsonl")]) == 0
    assert output(capsys)[0]["sent"] == 7
    eventually(lambda: len(stage.archived()) == 12)
    assert len({one.preparation for one in stage.archived()}) == 2
    assert replay.main(["nobodys"]) == 1
    assert "project 'nobodys' has no settings" in capsys.readouterr().err

    # What raw pages hold, as the scraper would print it: one archived, one refused, one lost.
    lines = "\n".join(json.dumps(one.to_json()) for one in (sent[0], stage.post(9, ""), stage.post(10, "Lost")))
    monkeypatch.setattr(replay, "RAW_POSTS", ["printf", "%s\\n", *lines.split("\n")])
    monkeypatch.setattr(replay, "raw_sources", lambda store: ["{broken"])  # printed last, as the source asked for
    assert replay.main(["--missing"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"posts": 3, "sent": 1, "jobs": 0}
    assert "left out: not JSON" in captured.err
    eventually(lambda: "Lost" in {one.post.text for one in stage.archived()})


def test_a_replay_fails_when_the_raw_pages_cannot_be_read(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(replay, "RAW_POSTS", ["false"])
    monkeypatch.setattr(replay, "raw_sources", lambda store: ["example.org"])
    assert replay.main(["--missing", "--dry-run"]) == 1
    assert "ended with 1; run this again" in capsys.readouterr().err


def test_sources_are_those_that_raw_pages_lie_under() -> None:
    store = MemoryStore()
    for key in ("raw/b/1.warc.gz", "raw/a:x/1.warc.gz", "raw/b/2.warc.gz", "posts/c/1.jsonl.gz"):
        store.put(key, b"")
    assert replay.raw_sources(store) == ["a:x", "b"]


@pytest.mark.slow
def test_posts_that_the_archive_lost_come_back_from_the_raw_pages(
    stage: Stage, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scraper reads what it stored, in a process of its own."""
    with Site() as site:
        crawl = ["crawl", site.url, "--allow-loopback", "--project", stage.project, "--source", stage.project]
        command = [sys.executable, "-m", "scraper", *crawl, "--limit", "5", "--json"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    sent = json.loads(done.stdout.splitlines()[-1])["sent"]
    eventually(lambda: len(stage.archived()) == sent == 5)
    for one in archive.objects(stage.posts, archive.POSTS, stage.project):
        stage.posts.delete(one.key)
    monkeypatch.setattr(replay, "raw_sources", lambda store: [stage.project])
    assert replay.main(["--missing"]) == 0
    assert json.loads(capfd.readouterr().out) == {"posts": 5, "sent": 5, "jobs": 0}
    eventually(lambda: len(stage.archived()) == 5)


def test_dead_letters_are_listed_shown_and_moved(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    trace = uuid.uuid4().hex
    bodies = [f'{{"schema": "work/1", "n": {number}}}' for number in range(3)]
    stage.queue("WORK_DLQ_URL").send([Message(body, {"trace_id": trace}) for body in bodies])

    assert redrive.main(["list"]) == 0
    assert "archive-subscription" in capsys.readouterr().out
    assert redrive.main(["show", "work", "--trace", trace, "--body"]) == 0
    assert sorted(str(one["body"]) for one in output(capsys)) == bodies
    assert redrive.main(["move", "work", "--trace", trace, "--dry-run"]) == 0
    assert "3 messages would be moved from work" in capsys.readouterr().err
    assert redrive.main(["move", "work", "--trace", trace, "--text", '"n": 1', "--rate", "1000"]) == 0
    assert "1 messages found, 1 moved" in capsys.readouterr().err
    assert redrive.main(["show", "work", "--trace", trace]) == 0
    assert len(output(capsys)) == 2

    # The queue is shared with whatever other tests left for a worker: look past that, then let it go again.
    work = stage.queue("WORK_QUEUE_URL")
    moved: list[str] = []
    others: list[str] = []
    while not moved and (batch := work.receive()):
        for one in batch:
            if one.attributes.get("trace_id") == trace:
                moved.append(one.body)
                work.delete([one.receipt])
            else:
                others.append(one.receipt)
    for receipt in others:
        work.release(receipt)
    assert moved == [bodies[1]]
    assert redrive.main(["move", "work", "--trace", trace, "--rate", "1000"]) == 0


def test_a_tokenizer_is_published_and_found_by_its_name(
    stage: Stage, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    model = tmp_path / "m.model"
    model.write_bytes(tokenizers.default_model())
    name = f"t-{stage.project}"
    assert tokenizer.main(["publish", str(model), "--name", name, "--as-version", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["published"] is True
    assert tokenizer.main(["inspect", "--model", f"{name}/1", "--text", "nurse"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == name
    assert tokenizer.main(["inspect", "--model", f"{name}/2"]) == 1
    assert "tokenizers" in capsys.readouterr().err
