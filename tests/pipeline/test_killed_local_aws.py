"""The real parts, with Lambdas that raise and an AWS that is killed: what was sent is in the archive at the end."""

import fcntl
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import archive, stack, tokenizers
from pipeline.adapters.aws import clients
from pipeline.dead_letters import Filter, letters
from pipeline.ports import Message
from pipeline.replayer import ArchiveIndex, Pace, send_missing
from tests.pipeline.mill import settings
from tests.pipeline.test_local_aws import Stage, eventually

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]


class Supervised:
    """A local AWS of this test's own, that can be killed with all its children."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.project = f"killed-{uuid.uuid4().hex[:8]}"
        self._process: subprocess.Popen[bytes] | None = None
        self.used = (state / "in-use").open("a")
        fcntl.flock(self.used, fcntl.LOCK_SH)  # it ends when nobody uses it

    def start(self) -> Stage:
        command = [sys.executable, str(ROOT / "pulumi" / "local.py"), "serve", "--state", str(self.state)]
        self._process = subprocess.Popen(command, start_new_session=True)
        eventually(lambda: (self.state / "stack.json").exists() and stack.is_running(self.state))
        env = stack.environment({"LABELMILL_STATE": str(self.state)})
        # Retries in seconds instead of minutes.
        clients(env).sqs.set_queue_attributes(QueueUrl=env["INGEST_QUEUE_URL"], Attributes={"VisibilityTimeout": "4"})
        return Stage(self.project, env)

    def kill(self) -> None:
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
        stack.release(self.state, wait_seconds=0)


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervised]:
    made = Supervised(tmp_path)
    yield made
    made.kill()
    made.used.close()


def test_raising_lambdas_and_a_killed_aws_lose_nothing(supervised: Supervised) -> None:
    stage = supervised.start()
    broken = replace(settings(), project=stage.project, tokenizer=replace(tokenizers.default_id(), sha256="0" * 64))
    stage.set(broken)
    first = [stage.post(number, f"Nurse number {number} for the night shift") for number in range(30)]
    assert stage.scrape(*first).sent == 30
    eventually(lambda: len(list(stage.posts.list("refused/messages/"))) == 30)
    assert stage.archived() == []

    stage.set(replace(settings(), project=stage.project))
    eventually(lambda: {one.post.post_id for one in stage.archived()} == {one.post_id for one in first})
    assert stage.queue("INGEST_DLQ_URL").depth() == (0, 0)

    second = [stage.post(number, f"Nurse number {number} for the night shift") for number in range(100, 160)]
    assert stage.scrape(*second).sent == 60
    supervised.kill()

    stage = supervised.start()
    catalog = ArchiveIndex()
    for _, rows in archive.rows(stage.posts, archive.objects(stage.posts, archive.POSTS, stage.project)):
        catalog.add(rows)
    # As `python -m pipeline.replay --missing` does with the raw pages.
    send_missing(first + second, lambda project: catalog, Pace(stage.queue("INGEST_QUEUE_URL"), stage.posts, 1000))
    wanted = {one.identity for one in first + second}
    eventually(lambda: {one.post.identity for one in stage.archived()} == wanted)
    assert stage.queue("INGEST_DLQ_URL").depth() == (0, 0)


def test_poison_rests_in_its_dead_letter_queue_with_its_reason(supervised: Supervised) -> None:
    stage = supervised.start()
    stage.queue("INGEST_QUEUE_URL").send([Message("{nope", {"trace_id": "poison"})])
    dead = stage.queue("INGEST_DLQ_URL")
    eventually(lambda: dead.depth()[0] == 1, seconds=120)
    (letter,) = letters(dead, stage.posts, Filter(trace_id="poison"))
    assert "not JSON" in letter.reason
    assert letter.received.body == "{nope"
