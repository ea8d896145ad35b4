"""The way of a post: from the ingest queue through preprocess to everybody who wants prepared posts."""

from dataclasses import replace

import pulumi

from labelmill_infra import topology
from labelmill_infra.component import Scope
from labelmill_infra.compute.function import QueueFunction
from labelmill_infra.messaging.queue import WorkQueue
from labelmill_infra.messaging.topic import Subscription, Topic

from .store import Store


class Flow:
    def __init__(
        self,
        scope: Scope,
        store: Store,
        *,
        package: str,
        architecture: str,
        archive_window: int,
        alarms: pulumi.Input[str],
    ) -> None:
        """`package`: path of the functions' zip. `archive_window`: seconds that a batch of the archive may fill."""
        archive_spec = replace(topology.ARCHIVE, window=archive_window)
        self.topic = Topic("posts", scope)
        to_preprocess, to_archive = topology.PREPROCESS.visibility, archive_spec.visibility
        self.ingest = WorkQueue("ingest", scope, visibility=to_preprocess, oldest_minutes=30, alarms=alarms)
        self.labeling = WorkQueue(
            "labeling",
            scope,
            visibility=topology.LABELING_VISIBILITY,
            oldest_minutes=60,
            alarms=alarms,
            from_topic=self.topic.arn,
        )
        self.archive = WorkQueue(
            "archive", scope, visibility=to_archive, oldest_minutes=30, alarms=alarms, from_topic=self.topic.arn
        )
        self.work = WorkQueue("work", scope, visibility=topology.WORK_VISIBILITY, oldest_minutes=60, alarms=alarms)
        self.to_labeling = Subscription(
            "posts-to-labeling", scope, topic=self.topic, queue=self.labeling, alarms=alarms
        )
        self.to_archive = Subscription("posts-to-archive", scope, topic=self.topic, queue=self.archive, alarms=alarms)

        posts, labels = store.posts, store.labels
        self.preprocess = QueueFunction(
            topology.PREPROCESS,
            scope,
            package=package,
            architecture=architecture,
            queue=self.ingest,
            environment={
                "POSTS_BUCKET": posts.bucket.id,
                "LABELS_BUCKET": labels.bucket.id,
                "POSTS_TOPIC_ARN": self.topic.arn,
            },
            grants=[
                self.topic.publish(),
                posts.read("handoff/", "tokenizers/"),
                posts.write("handoff/", "refused/"),
                posts.list("handoff/", "tokenizers/"),
                labels.read("projects/"),
                labels.list("projects/"),
            ],
            alarms=alarms,
        )
        self.archiving = QueueFunction(
            archive_spec,
            scope,
            package=package,
            architecture=architecture,
            queue=self.archive,
            environment={"POSTS_BUCKET": posts.bucket.id},
            grants=[posts.read("handoff/"), posts.write("posts/", "refused/", "ended/"), posts.list("handoff/")],
            alarms=alarms,
        )

    def outputs(self) -> dict[str, pulumi.Input[str]]:
        found: dict[str, pulumi.Input[str]] = {
            "posts_topic_arn": self.topic.arn,
            "labeling_subscription_dlq_url": self.to_labeling.dlq.queue.id,
            "archive_subscription_dlq_url": self.to_archive.dlq.queue.id,
        }
        for queue in (self.ingest, self.labeling, self.archive, self.work):
            found |= queue.outputs()
        for function in (self.preprocess, self.archiving):
            found |= function.outputs()
        return found
