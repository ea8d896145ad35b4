"""Takes jobs from the queue, one at a time, and annotates them."""

import json
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline import logs
from pipeline.annotator import registry
from pipeline.annotator.child import TURN_SECONDS, run_apart
from pipeline.annotator.plugin import Annotator, BadInput
from pipeline.annotator.run import LOG
from pipeline.jobs import states
from pipeline.jobs.finalization import finalize
from pipeline.jobs.heartbeat import Heartbeat, Overtaken, Stopped
from pipeline.jobs.services import JobServices
from pipeline.jobs.transitions import move, write
from pipeline.ports import ObjectChanged, ObjectMissing, ObjectStore, Queue, Received, StoreUnavailable
from pipeline.schema import SchemaError
from pipeline.schema.job import COMPLETED, FAILED, PENDING, REQUESTED, RUNNING, Job, JobMessage
from pipeline.tokens import Tokenizer

Examples = Callable[[str, Path, Job], None]  # writes what a project's labels say into a file, for a job

# A worker that is told to stop ends its poll first: cut short, it could take a message along, unseen for a while.
POLL_SECONDS = 5
BEATS = 6  # in one heartbeat time: so many may be missed before the job is taken for lost
MOST_HELD = 2  # jobs at work beside the one whose turn it is
SHOWN_LABELS = 50  # of a summary kept in the table, which takes 400 KB an item; the bundle has all


@dataclass
class Worker:
    services: JobServices
    queue: Queue
    tokenizer: Tokenizer
    examples: Examples
    name: str
    folder: Path  # for files of the job at hand
    heartbeat_seconds: float = states.HEARTBEAT_SECONDS
    poll_seconds: int = POLL_SECONDS
    protect: Callable[[bool], None] = lambda is_at_work: None  # told before each job, and when none is left

    def work(self, stop: threading.Event, once: bool = False) -> int:
        """Until `stop` is set, or with `once` until no message waits. How many messages were dealt with."""
        done = 0
        held: list[_Turn] = []  # jobs that go on behind the others
        try:
            while not stop.is_set():
                held = [turn for turn in held if turn.is_alive()]
                try:
                    received = self.queue.receive(1, 0 if once else self.poll_seconds, int(self.heartbeat_seconds) + 1)
                except StoreUnavailable as error:
                    self._away(error)
                    stop.wait(1)
                    continue
                self.protect(bool(received or held))
                if not received and once and not held:
                    break
                if not received:
                    stop.wait(0.05)
                for message in received:
                    turn = _Turn(self, message)
                    turn.start()
                    done += 1
                    if turn.goes_on(stop):
                        held.append(turn)
                        if len(held) > MOST_HELD:  # its work so far is lost, but nobody waits for it
                            turn.over.set()
                            turn.join()
        finally:
            for turn in held:
                turn.over.set()
            for turn in held:
                turn.join()
        return done

    def _away(self, error: StoreUnavailable) -> None:
        self._say("error", "AWS is away", reason=str(error))

    def handle(self, received: Received, stop: threading.Event) -> None:
        """One message. It stays in the queue while its job may need it."""
        try:
            request = JobMessage.read(json.loads(received.body), REQUESTED)
        except (ValueError, SchemaError) as error:
            self._say("error", "no request", reason=str(error))
            return  # to the dead-letter queue, in time
        job = self.services.table.get(request.user, request.job)
        if job is not None and job.state == RUNNING:
            job = self._lost(job)
        if job is not None and job.state == RUNNING:  # somebody is at it
            self.queue.release(received.receipt, int(self.heartbeat_seconds))
            return
        if job is not None and job.state == PENDING:
            taken = write(self.services.table, job, states.take(job, self.services.now(), self.name))
            if taken is None:
                self.queue.release(received.receipt, 1)  # others moved it just now: look again
                return
            if not self._attempt(taken, received, stop):
                self.queue.release(received.receipt)
                return
        elif job is not None and job.state in (COMPLETED, FAILED) and not job.announced_at:
            finalize(self.services, job)
        self.queue.delete([received.receipt])

    def _say(self, level: str, event: str, job: Job | None = None, **fields: object) -> None:
        about = {"user": job.user, "job": job.id, "attempt": job.attempt} if job else {}
        trace = job.trace_id if job else ""
        logs.say(logs.line(level, event, self.services.now(), trace, worker=self.name, **about, **fields))

    def _lost(self, job: Job) -> Job:
        try:
            return move(
                self.services.table,
                job.user,
                job.id,
                lambda old: states.lose(old, self.services.now(), self.heartbeat_seconds),
            )
        except states.NotAllowed:
            return self.services.table.get(job.user, job.id) or job

    def _attempt(self, job: Job, received: Received, stop: threading.Event) -> bool:
        """False when the message is needed again."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        extend = partial(self.queue.release, received.receipt, int(self.heartbeat_seconds) + 1)
        now, attempt = self.services.now, job.attempt
        try:
            try:
                with Heartbeat(self.services, job, self.heartbeat_seconds / BEATS, extend, stop) as heartbeat:
                    summary = self._annotate(job, folder, heartbeat)
                ended = self._moved(job, lambda old: states.complete(old, attempt, now(), summary))
            except BadInput as error:
                reason = str(error)
                self._upload_log(job, folder)
                ended = self._moved(job, lambda old: states.fail(old, attempt, now(), reason))
            except Stopped:
                self._moved(job, lambda old: states.give_back(old, attempt, now()))
                return False
            except (Overtaken, states.NotAllowed, StoreUnavailable):
                raise
            except Exception as error:  # an annotator's code may raise anything
                reason = f"Annotator {job.annotator} broke: {error!r:.300}"
                self._upload_log(job, folder)
                ended = self._moved(job, lambda old: states.strike(old, attempt, now(), reason))
                if ended.state == PENDING:
                    return False
            finalize(self.services, ended)
            self._say("info", "job ended", ended, state=ended.state, reason=ended.reason)
        except (Overtaken, states.NotAllowed):
            self._say("info", "job overtaken", job)
            self._withdraw(job)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return True

    def _moved(self, job: Job, change: states.Change) -> Job:
        return move(self.services.table, job.user, job.id, change)

    def _annotate(self, job: Job, folder: Path, heartbeat: Heartbeat) -> dict[str, object]:
        source = folder / f"input.{job.format}"
        try:
            annotator = registry.find(job.annotator)
            self.services.files.download(job.input_key, source, job.etag)
        except registry.UnknownAnnotator as error:
            raise BadInput(str(error)) from error
        except (ObjectChanged, ObjectMissing) as error:
            raise BadInput("The file is not the one that was submitted; submit it again.") from error
        options = fetch_options(job, annotator, self.services.files, self.examples, folder)
        (folder / "out").mkdir()
        summary = run_apart(
            annotator, source, options, folder / "out", self.tokenizer, folder / "bundle.zip", heartbeat.progress
        )
        heartbeat.progress(summary.rows, summary.rows)  # nothing is written for a job that is no longer ours
        self.services.files.upload(folder / "bundle.zip", job.key(job.attempt, "bundle.zip"), "application/zip")
        self._upload_log(job, folder)
        shown = summary.to_json()
        shown["labels"] = dict(list(shown["labels"].items())[:SHOWN_LABELS])
        shown["refused"] = dict(list(shown["refused"].items())[:SHOWN_LABELS])
        shown["refusals"] = shown["refusals"][:10]
        shown["bytes"] = (folder / "bundle.zip").stat().st_size
        return shown

    def _upload_log(self, job: Job, folder: Path) -> None:
        log = folder / "out" / LOG
        if log.exists():
            self.services.files.upload(log, job.key(job.attempt, "log.txt"), "text/plain; charset=utf-8")

    def _withdraw(self, job: Job) -> None:
        """Takes away what an overtaken attempt has written."""
        for listed in list(self.services.files.list(job.key(job.attempt, ""))):
            self.services.files.delete(listed.key)


class _Turn(threading.Thread):
    """One message at work, in a thread of its own, so that the next need not wait for its end."""

    def __init__(self, worker: Worker, message: Received) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self._worker, self._message = worker, message

    def run(self) -> None:
        try:
            self._worker.handle(self._message, self.over)
        except StoreUnavailable as error:
            self._worker._away(error)
            self.over.wait(1)

    def goes_on(self, stop: threading.Event) -> bool:
        """Waits until its end, or that of its turn, or `stop`; whether it is still at work."""
        ends = time.monotonic() + TURN_SECONDS
        while self.is_alive() and time.monotonic() < ends and not stop.is_set():
            self.join(0.02)
        return self.is_alive()


def fetch_options(
    job: Job, annotator: Annotator, files: ObjectStore, examples: Examples, folder: Path
) -> Mapping[str, Path]:
    """Option → file. Raises `BadInput` for an option the annotator does not have, or a file that is not there."""
    kinds = {option.name: option.kind for option in annotator.options}
    found = {}
    for name, given in job.options.items():
        if name not in kinds:
            raise BadInput(f"option {name!r}: annotator {annotator.name} has {', '.join(kinds) or 'none'}")
        if kinds[name] == "examples":
            path = folder / f"{name}.jsonl"
            examples(given, path, job)
        else:
            path = folder / f"{name}-{Path(given).name}"
            try:
                files.download(given, path)
            except ObjectMissing as error:
                raise BadInput(f"option {name!r}: its file never arrived") from error
        found[name] = path
    return found
