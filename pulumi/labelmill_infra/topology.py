"""What runs where, as pure data: the functions, their handlers and limits."""

from dataclasses import dataclass

PYTHON = "3.12"  # of the Lambda runtime: the oldest on Amazon Linux 2023, and supported for longer than 3.11
VISIBILITY_FACTOR = 6  # of a function's timeout, as AWS advises: retries while the function is throttled


@dataclass(frozen=True, kw_only=True)
class FunctionSpec:
    """`timeout` and `window` in seconds, `memory` in MB (a function's share of a CPU grows with it)."""

    name: str
    handler: str
    timeout: int
    batch: int
    concurrency: int
    memory: int = 512
    window: int = 0

    @property
    def visibility(self) -> int:
        """What its queue needs: six time-outs, and the wait for a batch to fill."""
        return VISIBILITY_FACTOR * self.timeout + self.window


PREPROCESS = FunctionSpec(
    name="preprocess",
    handler="pipeline.handlers.preprocess.handler",
    timeout=20,
    memory=1024,
    batch=10,
    window=1,
    concurrency=20,
)
# One object an archive batch: a larger batch is fewer, larger objects, and PUTs are most of the bill.
ARCHIVE = FunctionSpec(
    name="archive",
    handler="pipeline.handlers.archive.handler",
    timeout=30,
    batch=500,
    window=20,
    concurrency=5,
)

NOTIFY = FunctionSpec(
    name="notify",
    handler="pipeline.handlers.notify.handler",
    timeout=20,
    batch=5,
    concurrency=5,
)
# A result of a gigabyte is copied within S3 in seconds; a plan has at most some thousand jobs to ask for.
RETIRE = FunctionSpec(
    name="retire",
    handler="pipeline.handlers.retire.handler",
    timeout=60,
    batch=1,
    concurrency=10,
)
THAW = FunctionSpec(
    name="thaw",
    handler="pipeline.handlers.thaw.handler",
    timeout=300,
    batch=1,
    concurrency=5,
)
THAWED = FunctionSpec(
    name="thawed",
    handler="pipeline.handlers.thawed.handler",
    timeout=60,
    batch=1,
    concurrency=10,
)
SWEEP = FunctionSpec(
    name="sweep",
    handler="pipeline.handlers.sweep.handler",
    timeout=300,
    batch=1,
    concurrency=1,
)
SWEEP_MINUTES = 5
JOBS_VISIBILITY = 120  # seconds; a worker sets its own at each receive, and renews it with each heartbeat
JOBS_RECEIVES = 20  # a job whose workers are killed is no poison before so many

LABELING_VISIBILITY = 120  # seconds; a drain commits its batch and deletes it well within
WORK_VISIBILITY = 15 * 60  # seconds; the worker renews it while a long task runs
