"""The roles of the programs that no queue starts: scraper, labeler, worker. Each lists all that it may do."""

from collections.abc import Sequence

import pulumi

from labelmill_infra import iam
from labelmill_infra.component import Scope
from labelmill_infra.compute.task import TASK_SERVICES
from labelmill_infra.role import Grant, Role

from .flow import Flow
from .hosting import Hosting
from .jobs import Jobs
from .store import Store

# Lambda runs the labeler, API Gateway calls it by the same role, EventBridge is what Zappa schedules by.
LABELER_SERVICES = ("lambda.amazonaws.com", "apigateway.amazonaws.com", "events.amazonaws.com")


class Programs:
    def __init__(
        self, scope: Scope, store: Store, flow: Flow, jobs: Jobs, hosting: Hosting, *, source_buckets: Sequence[str]
    ) -> None:
        self.scraper = Role(
            "scraper",
            scope,
            services=TASK_SERVICES,
            grants=[*_grant_scraper(store, flow), *_grant_sources(source_buckets)],
        )
        self.labeler = Role(
            "labeler",
            scope,
            services=LABELER_SERVICES,
            grants=[*_grant_labeler(store, flow), *jobs.grant_owners(), *hosting.grant_labeler()],
        )
        self.worker = Role(
            "worker",
            scope,
            services=TASK_SERVICES,
            grants=[*_grant_worker(store, flow), *jobs.grant_owners(), hosting.connect],
        )

    def outputs(self) -> dict[str, pulumi.Input[str]]:
        return {f"{one.noun}_role_arn": one.role.arn for one in (self.scraper, self.labeler, self.worker)}


def _grant_scraper(store: Store, flow: Flow) -> list[Grant]:
    kept = ("raw/", "sources/", "crawls/", "handoff/")
    return [
        store.seen.claim(),
        flow.ingest.send(),
        store.posts.read(*kept),
        store.posts.write(*kept),
        store.posts.list(*kept),
    ]


def _grant_sources(buckets: Sequence[str]) -> list[Grant]:
    """Files of others, named by sources as s3://BUCKET/PREFIX."""
    if not buckets:
        return []
    arns = [f"arn:aws:s3:::{bucket}" for bucket in buckets]
    return [iam.allow(["s3:ListBucket"], arns), iam.allow(["s3:GetObject"], [f"{arn}/*" for arn in arns])]


def _grant_labeler(store: Store, flow: Flow) -> list[Grant]:
    labels = ("annotations/", "gold/", "projects/", "reviews/", "audit/", "suggestions/")
    posts = ("posts/", "handoff/", "tokenizers/", "sources/")
    seen = (*posts, "raw/", "crawls/", "refused/", "ended/")
    failures = "refused/messages/"  # why a message could not be taken in
    dead = [queue.dlq for queue in (flow.ingest, flow.labeling, flow.archive, flow.work)]
    return [
        store.labels.read(*labels),
        store.labels.write(*labels),
        store.labels.list(*labels),
        store.posts.read(*seen),
        store.posts.write(*posts, failures),
        store.posts.list(*seen),
        store.releases.read("releases/"),
        store.releases.list("releases/"),
        flow.labeling.consume(),
        # Admins see what failed on the dashboard, and send it back to where it failed.
        *(queue.send() for queue in (flow.ingest, flow.labeling, flow.archive, flow.work)),
        *(queue.redrive() for queue in (*dead, flow.to_labeling.dlq, flow.to_archive.dlq)),
    ]


def _grant_worker(store: Store, flow: Flow) -> list[Grant]:
    """The labeler's background half: all that the labeler may, the work queue, and making releases."""
    return [
        *_grant_labeler(store, flow),
        flow.work.consume(),
        store.releases.write("releases/"),
    ]
