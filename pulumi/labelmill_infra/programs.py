"""The roles of the programs that no queue starts: scraper, labeler, worker. Each lists all that it may do."""

import pulumi

from .component import Scope
from .flow import Flow
from .hosting import Hosting
from .jobs import Jobs
from .role import Grant, Role
from .store import Store

# Lambda runs the labeler, API Gateway calls it by the same role, EventBridge is what Zappa schedules by.
LABELER_SERVICES = ("lambda.amazonaws.com", "apigateway.amazonaws.com", "events.amazonaws.com")
TASK_SERVICES = ("ecs-tasks.amazonaws.com",)


class Programs:
    def __init__(self, scope: Scope, store: Store, flow: Flow, jobs: Jobs, hosting: Hosting) -> None:
        self.scraper = Role("scraper", scope, services=TASK_SERVICES, grants=_scraping(store, flow))
        self.labeler = Role(
            "labeler",
            scope,
            services=LABELER_SERVICES,
            grants=[*_labeling(store, flow), *jobs.owning(), *hosting.running()],
        )
        self.worker = Role(
            "worker",
            scope,
            services=TASK_SERVICES,
            grants=[*_working(store, flow), *jobs.owning(), hosting.connect],
        )

    def outputs(self) -> dict[str, pulumi.Input[str]]:
        return {f"{one.noun}_role_arn": one.role.arn for one in (self.scraper, self.labeler, self.worker)}


def _scraping(store: Store, flow: Flow) -> list[Grant]:
    kept = ("raw/", "sources/", "crawls/", "handoff/")
    return [
        store.seen.claim(),
        flow.ingest.send(),
        store.posts.read(*kept),
        store.posts.write(*kept),
        store.posts.list(*kept),
    ]


def _labeling(store: Store, flow: Flow) -> list[Grant]:
    labels = ("annotations/", "gold/", "projects/")
    return [
        store.labels.read(*labels),
        store.labels.write(*labels),
        store.labels.list(*labels),
        store.posts.read("posts/", "handoff/", "tokenizers/", "raw/"),
        store.posts.write("posts/", "handoff/", "tokenizers/"),
        store.posts.list("posts/", "handoff/", "tokenizers/", "raw/"),
        store.releases.read("releases/"),
        store.releases.list("releases/"),
        flow.ingest.send(),
        flow.labeling.consume(),
        flow.work.send(),
    ]


def _working(store: Store, flow: Flow) -> list[Grant]:
    """The labeler's background half: all that the labeler may, what takes longer, and redriving what failed."""
    dead = [queue.dlq for queue in (flow.ingest, flow.labeling, flow.archive, flow.work)]
    dead += [flow.to_labeling.dlq, flow.to_archive.dlq]
    return [
        *_labeling(store, flow),
        flow.work.consume(),
        flow.labeling.send(),
        flow.archive.send(),
        store.posts.read("crawls/", "refused/"),
        store.posts.list("crawls/", "refused/"),
        store.seen.claim(),
        store.releases.write("releases/"),
        *(queue.redrive() for queue in dead),
    ]
