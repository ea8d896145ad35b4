"""A bulk action as a worker does it, in a process that can be killed: `python -m bench.review_bulk ACTION POSTS`."""

import os
import signal
import subprocess
import sys
import time
from typing import Any


def measure(project: Any, by: Any, posts: int) -> dict[str, Any]:
    """Deletes posts, killed with SIGKILL half-way and begun again. Rows a second leave out what starting takes."""
    from labeler.adjudication.models import Touched
    from labeler.operations.models import BulkAction

    action = BulkAction.objects.create(
        project=project, kind="delete", by=by, reason="bench", filters={"state": "open", "language": "de"}
    )

    def seen() -> int:
        return int(BulkAction.objects.values_list("seen", flat=True).get(pk=action.pk))

    spent, processor, measured = 0.0, 0.0, 0
    for limit in (posts // 2, posts):
        done = seen()
        before = os.times()
        worker = subprocess.Popen([sys.executable, "-m", "bench.review_bulk", str(action.pk), str(posts)])
        while seen() == done and worker.poll() is None:
            time.sleep(0.01)
        began, first = time.perf_counter(), seen()
        while (now := seen()) < limit and worker.poll() is None:
            time.sleep(0.02)
        spent, measured = spent + time.perf_counter() - began, measured + now - first
        if limit < posts:
            worker.send_signal(signal.SIGKILL)
        worker.wait()
        after = os.times()
        processor += after.children_user + after.children_system - before.children_user - before.children_system
    touched = Touched.objects.filter(event__action=action)
    action.refresh_from_db()
    return {
        "bulk_posts": action.seen,
        "bulk_done_once": touched.count() == touched.values("task").distinct().count() == action.changed,
        "bulk_posts_per_s": round(measured / spent) if spent else None,
        "bulk_worker_cpu_s": round(processor, 1),
        "bulk_killed_at": posts // 2,
    }


def main() -> None:
    import django

    django.setup()
    from labeler import services as wiring
    from labeler.operations import bulk
    from labeler.operations.models import BulkAction
    from labeler.services import Cloud
    from tests.fakes.memory import MemoryClock, MemoryQueue, MemoryStore

    queue = MemoryQueue(MemoryClock())
    wiring.wire(Cloud(MemoryStore(), MemoryStore(), MemoryStore(), queue, queue))
    action, most = int(sys.argv[1]), int(sys.argv[2])
    while bulk.step(action) and BulkAction.objects.get(pk=action).seen < most:
        pass


if __name__ == "__main__":
    main()
