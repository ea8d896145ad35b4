"""The page where jobs are submitted: asked for, a job opened, its upload confirmed; on the local AWS, in process."""

import os
import re
import time
from collections.abc import Callable
from typing import Any

from bench.jobs_work import Bench

ASKED = 100  # times each


def measure(bench: Bench, jobs: int) -> dict[str, float]:
    """Milliseconds of a user who has so many jobs already."""
    os.environ.update({"LABELMILL_STATE": str(bench.state), "DJANGO_SETTINGS_MODULE": "labeler.settings"})
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import Client

    from labeler.accounts.models import User

    call_command("migrate", verbosity=0)
    user = User.objects.create_user("bench-page")
    bench.submit(jobs, "page", user.labeler_id)
    client = Client()
    client.force_login(user)
    found: dict[str, float] = {}
    pages = [_timed(lambda: client.get("/jobs/", HTTP_HOST="127.0.0.1")) for _ in range(ASKED)]
    _figures(found, "list", [took for took, _ in pages])
    token = re.search(r'name="page" value="([^"]+)"', pages[-1][1].content.decode())
    assert token
    opened, confirmed = [], []
    for number in range(ASKED):
        form = {"page": token[1], "key": str(number), "annotator": "rules", "name": "a.txt", "size": "15"}
        took, answer = _timed(lambda form=form: client.post("/jobs/open", form, HTTP_HOST="127.0.0.1"))  # type: ignore[misc]
        opened.append(took)
        made = answer.json()
        bench.put(made["fields"]["key"], b"We need Python\n")
        address = f"/jobs/{made['job']}/confirm"
        took, answer = _timed(
            lambda address=address: client.post(  # type: ignore[misc]
                address, HTTP_HOST="127.0.0.1", HTTP_ACCEPT="application/json"
            )
        )
        assert answer.status_code == 200, answer.content
        confirmed.append(took)
    _figures(found, "open", opened)
    _figures(found, "confirm", confirmed)
    return found


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    answer = work()
    return 1000 * (time.perf_counter() - began), answer


def _figures(found: dict[str, float], name: str, took: list[float]) -> None:
    ordered = sorted(took)
    found[f"{name}_p50_ms"] = round(ordered[len(ordered) // 2], 1)
    found[f"{name}_p95_ms"] = round(ordered[int(len(ordered) * 0.95)], 1)
