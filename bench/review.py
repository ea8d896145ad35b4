"""`python -m bench.review`: the admin at a million posts, agreement, and bulk actions, on PostgreSQL.

Works on a cluster of its own. Exits with 1 when a budget is missed.
"""

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from typing import Any
from urllib.parse import quote

from tests.postgresql_cluster import NotInstalled, cluster

ASKED = 20  # times that each page is asked for
P95_MS = 150
# What a reviewer opens, and the address; {far}: a key near the end of the list.
PAGES = {
    "dashboard": "/admin/",
    "posts": "/admin/labeling/post/",
    "posts, near the end": "/admin/labeling/post/?after={far}",
    "posts by words": "/admin/labeling/post/?q=welder+77777",
    "posts by id": "/admin/labeling/post/?q={post}",
    "posts by words that none has": "/admin/labeling/post/?q=nowhere",
    "posts, done": "/admin/labeling/post/?state=done",
    "posts, stale": "/admin/labeling/post/?state=stale",
    "posts, deleted": "/admin/labeling/post/?state=deleted",
    "posts in dispute": "/admin/labeling/post/?agreement=disputed",
    "posts decided": "/admin/labeling/post/?agreement=decided",
    "posts with a label": "/admin/labeling/post/?label=Role",
    "posts with a label that none has": "/admin/labeling/post/?label=Benefit",
    "posts in German": "/admin/labeling/post/?language=de",
    "posts of a source": "/admin/labeling/post/?source=board-7",
    "posts in dispute, of a source": "/admin/labeling/post/?agreement=disputed&source=board-10",
    "near-duplicates": "/admin/labeling/post/?near=yes",
    "a post": "/admin/labeling/post/{key}/change/",
    "annotations": "/admin/labeling/annotation/",
    "annotations by label": "/admin/labeling/annotation/?label=Role",
    "annotations by phrase": '/admin/labeling/annotation/?q="phrase+777"',
    "annotations of a labeler": "/admin/labeling/annotation/?q=bob",
    "annotations, skipped": "/admin/labeling/annotation/?kind__exact=skip",
    "annotations, flagged": "/admin/labeling/annotation/?flagged__exact=1",
    "annotations, waiting for S3": "/admin/labeling/annotation/?stored=no",
    "comparisons": "/admin/adjudication/comparison/?state__exact=disputed",
    "decisions": "/admin/adjudication/gold/",
    "audit log": "/admin/audit/auditentry/",
    "audit log of a user": "/admin/audit/auditentry/?q=user+person-77",
    "users": "/admin/accounts/user/",
    "projects": "/admin/labeling/project/",
    "bulk actions": "/admin/operations/bulkaction/",
    "review": "/review/",
    "a phrase everywhere": "/review/bench/phrases/?phrase=phrase+777",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.review", description=__doc__)
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--answers", type=int, default=500_000)
    parser.add_argument("--json", action="store_true", help="figures as one JSON object")
    options = parser.parse_args()
    try:
        with cluster() as url, tempfile.TemporaryDirectory() as state:
            os.environ |= {"DATABASE_URL": url, "LABELMILL_STATE": state, "DJANGO_SETTINGS_MODULE": "labeler.settings"}
            figures, missed = measure(options.posts, options.answers)
    except NotInstalled as error:
        print(f"no figures: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps({"figures": figures, "missed": missed}))
    else:
        for name, value in figures.items():
            print(name.ljust(40), value)
        print("\n".join(missed) or "every budget is kept")
    return 1 if missed else 0


def measure(posts: int, answers: int) -> tuple[dict[str, Any], list[str]]:
    import django

    django.setup()
    from django.contrib.auth.models import Group
    from django.core.management import call_command
    from django.test import Client

    from bench import review_bulk
    from bench.review_seed import seed
    from labeler import services as wiring
    from labeler.accounts.models import User
    from labeler.labeling import projects
    from labeler.operations import figures as agreement_figures
    from labeler.services import Cloud
    from tests.fakes.memory import MemoryClock, MemoryQueue, MemoryStore

    queue = MemoryQueue(MemoryClock())
    wiring.wire(Cloud(MemoryStore(), MemoryStore(), MemoryStore(), queue, queue))
    call_command("migrate", verbosity=0)
    project, _ = projects.create("bench", "Bench")
    people = [User.objects.create_user(name) for name in ("ann", "bob", "chief")]
    people[2].groups.add(Group.objects.get(name="admin"))
    told(f"{posts} posts, {answers} answers …")
    began = time.perf_counter()
    seed(posts, answers, project.pk, [one.pk for one in people], project.settings.tokenizer.to_json())
    figures: dict[str, Any] = {"seeded_s": round(time.perf_counter() - began, 1)}
    told("agreement …")
    before, began = peak(), time.perf_counter()
    body = agreement_figures.record(project).body
    figures["agreement_posts"] = body["agreement"]["posts"]
    figures["agreement_s"] = round(time.perf_counter() - began, 1)
    figures["agreement_grew_mb"] = round(peak() - before)
    told(f"{figures}")
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(people[2])
    missed = pages(client, figures, posts)
    told("a bulk action …")
    bulk = review_bulk.measure(project, people[2], min(posts // 4, 100_000))
    if not bulk["bulk_done_once"]:
        missed.append("a bulk action, killed and begun again, did not deal with each post once")
    return figures | bulk, missed


def pages(client: Any, figures: dict[str, Any], posts: int) -> list[str]:
    from django.db import connection

    from labeler.labeling.models import Post
    from labeler.pagination import Key

    last = Post.objects.order_by("pk")[50]
    far = quote(Key.of(Post, ("-pk",)).written(last))
    missed = []
    for name, address in PAGES.items():
        address = address.format(post="4711".zfill(26), far=far, key=last.pk + posts // 2)
        counted: list[str] = []

        def count(execute: Any, sql: str, *rest: Any, seen: list[str] = counted) -> Any:
            seen.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(count):
            status = client.get(address).status_code
        times = []
        busy = time.process_time()
        for _ in range(ASKED):
            began = time.perf_counter()
            client.get(address)
            times.append((time.perf_counter() - began) * 1000)
        busy = (time.process_time() - busy) * 1000 / ASKED
        p95 = statistics.quantiles(times, n=20)[-1]
        figures[f"{name}, p95 ms"] = round(p95, 1)
        # Without the database's own time, and without that of other programs on the machine.
        figures[f"{name}, processor ms"] = round(busy, 1)
        figures[f"{name}, queries"] = len(counted)
        told(f"{name}: p95 {p95:.0f} ms, processor {busy:.0f} ms, {len(counted)} queries")
        if status != 200:
            missed.append(f"{name}: {address} answers {status}")
        if p95 > P95_MS:
            missed.append(f"{name}: p95 is {p95:.0f} ms, the budget says {P95_MS}")
    return missed


def peak() -> float:
    """Megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def told(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
