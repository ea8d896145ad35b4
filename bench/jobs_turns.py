"""A small job beside large ones of others, on one worker of the local AWS."""

import json
import time
from pathlib import Path
from uuid import uuid4

from bench.jobs_work import Bench
from bench.labeler_budgets import Budgets
from pipeline.annotator.child import TURN_SECONDS
from pipeline.jobs import submissions
from pipeline.jobs.heartbeat import LOOK_SECONDS
from pipeline.schema.job import COMPLETED, FREE, RUNNING, Job, Owner

LARGE = 3  # one more than a worker keeps at work behind the others
PATTERNS = 80
TEXT = "q" * 190_000 + "\n"
ROWS = 60
# A first turn of each large one, then its own, which takes a moment; after a cancel, the time until one is looked for.
BUDGETS: Budgets = {
    "small_job_s": (LARGE * TURN_SECONDS + 5, "most"),
    "small_job_after_cancelling_s": (5, "most"),
}


def measure(bench: Bench) -> dict[str, float]:
    """Seconds."""
    rules = "".join(
        json.dumps({"label": "X", "pattern": f"[a-z]+x?{number}[0-9]"}) + "\n" for number in range(PATTERNS)
    )
    large = [_submit(bench, f"large-{number}", TEXT * ROWS, rules) for number in range(LARGE)]
    worker = bench.worker()
    try:
        while not any(bench.now(job).state == RUNNING for job in large):
            time.sleep(0.05)
        began = time.monotonic()
        small = _submit(bench, "small", "You drive a pallet jack.\n", '{"label": "Tool", "phrase": "pallet jack"}\n')
        while bench.now(small).state != COMPLETED:
            time.sleep(0.05)
        waited = time.monotonic() - began
        for job in large:
            submissions.cancel(bench.services, job.user, job.id)
        began = time.monotonic()
        after = _submit(bench, "after", "You drive a pallet jack.\n", '{"label": "Tool", "phrase": "pallet jack"}\n')
        while bench.now(after).state != COMPLETED:
            time.sleep(0.05)
    finally:
        worker.terminate()
        worker.wait()
    return {
        "small_job_s": round(waited, 1),
        "small_job_after_cancelling_s": round(time.monotonic() - began, 1),
        "looks_for_a_cancel_every_s": LOOK_SECONDS,
    }


def _submit(bench: Bench, user: str, text: str, rules: str) -> Job:
    services = bench.services
    services.table.put_owner(Owner(user, 1, FREE, f"{user}@example.org"))
    job = submissions.open_job(
        services, user, services.now(), uuid4().hex,
        file_name="posts.txt", size=0, most=1 << 30, annotator="rules", options={}, own={"rules": "jsonl"},
    )  # fmt: skip
    for key, body in ((job.options["rules"], rules), (job.input_key, text)):
        path = Path(bench.folder) / "given"
        path.write_text(body)
        services.files.upload(path, key, "application/octet-stream")
    return submissions.confirm(services, user, job.id)
