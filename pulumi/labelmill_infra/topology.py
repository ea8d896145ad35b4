"""What runs where, as pure data: the functions, their handlers and limits."""

from dataclasses import dataclass

from .queue import VISIBILITY_FACTOR


@dataclass(frozen=True, kw_only=True)
class FunctionSpec:
    """`timeout` and `window` in seconds, `memory` in MB (a function's share of a CPU grows with it)."""

    name: str
    handler: str
    timeout: int
    memory: int
    batch: int
    window: int
    concurrency: int

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
    memory=512,
    batch=500,
    window=20,
    concurrency=5,
)

LABELING_VISIBILITY = 120  # seconds; a drain commits its batch and deletes it well within
WORK_VISIBILITY = 15 * 60  # seconds; the worker renews it while a long task runs
