"""Annotation jobs: their bucket, table, topics, queues and functions. The workers are programs, as the scraper is."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pulumi
from pulumi_aws import s3, sesv2

from labelmill_infra import iam, topology
from labelmill_infra.component import Component, Scope
from labelmill_infra.compute.function import QueueFunction
from labelmill_infra.compute.schedules import Schedules
from labelmill_infra.compute.task import TASK_SERVICES
from labelmill_infra.messaging.queue import WorkQueue
from labelmill_infra.messaging.topic import Subscription, Topic
from labelmill_infra.role import Grant, Role
from labelmill_infra.settings import StackSettings
from labelmill_infra.storage.bucket import PrivateBucket
from labelmill_infra.storage.tables import JobsTable
from labelmill_infra.topology import FunctionSpec

from .store import Store

EVERYTHING = "jobs/"


class Jobs:
    def __init__(
        self,
        scope: Scope,
        store: Store,
        settings: StackSettings,
        *,
        site_url: pulumi.Input[str],
        package: str,
        alarms: pulumi.Input[str],
        log_to: pulumi.Input[str],
    ) -> None:
        """`site_url`: of the pages that post files and that mails link to; empty while there are none."""
        self._settings = settings
        self._site_url = site_url
        self.bucket = PrivateBucket("jobs", scope, log_to=log_to)
        self.table = JobsTable("jobs", scope)
        self.requested, self.ended, self.plans = (
            Topic(noun, scope) for noun in ("jobs-requested", "jobs-ended", "jobs-plans")
        )
        self.jobs = WorkQueue(
            "jobs",
            scope,
            visibility=topology.JOBS_VISIBILITY,
            oldest_minutes=60,
            alarms=alarms,
            from_topic=self.requested.arn,
            receives=topology.JOBS_RECEIVES,
        )

        def queue(
            spec: FunctionSpec, topic: Topic | None = None, from_bucket: pulumi.Input[str] | None = None
        ) -> WorkQueue:
            return WorkQueue(
                spec.name,
                scope,
                visibility=spec.visibility,
                oldest_minutes=30,
                alarms=alarms,
                from_topic=topic.arn if topic else None,
                from_bucket=from_bucket,
            )

        self.notify = queue(topology.NOTIFY, self.ended)
        self.thaw = queue(topology.THAW, self.plans)
        self.thawed = queue(topology.THAWED, from_bucket=self.bucket.bucket.arn)
        self.retire, self.sweep = queue(topology.RETIRE), queue(topology.SWEEP)
        self.subscriptions = [
            Subscription(f"{topic.noun}-to-{target.noun}", scope, topic=topic, queue=target, alarms=alarms)
            for topic, target in ((self.requested, self.jobs), (self.ended, self.notify), (self.plans, self.thaw))
        ]
        self.schedules = Schedules("jobs", scope, queues=[self.retire, self.sweep])
        self.schedules.every(topology.SWEEP_MINUTES, self.sweep, {"schema": "sweep/1"})
        sender = Sender("jobs-mail", scope, address=settings.mail_from) if settings.mail_from else None
        if site_url:
            _open_to_browsers(self.bucket, site_url)
            _open_to_browsers(store.posts, site_url)  # files to import
        _tell_restores(self.bucket, self.thawed)
        self._environment = self._shared_environment()
        self.functions = self._functions(scope, store, sender, package, alarms)
        self.annotator = Role("annotator", scope, services=TASK_SERVICES, grants=self._grant_annotator(store))

    def outputs(self) -> dict[str, pulumi.Input[str]]:
        found: dict[str, pulumi.Input[str]] = {name.lower(): value for name, value in self._environment.items()}
        found |= {
            "jobs_plans_topic_arn": self.plans.arn,
            "mail_sender": self._settings.mail_from,
            "jobs_free_bytes": str(self._settings.jobs_free_bytes),
            "jobs_premium_bytes": str(self._settings.jobs_premium_bytes),
            "annotator_role_arn": self.annotator.role.arn,
        }
        for queue in (self.jobs, self.notify, self.thaw, self.thawed, self.retire, self.sweep):
            found |= queue.outputs()
        for subscription in self.subscriptions:
            found[f"{subscription.noun.replace('-', '_')}_subscription_dlq_url"] = subscription.dlq.queue.id
        for function in self.functions:
            found |= function.outputs()
        return found

    def grant_owners(self) -> list[Grant]:
        """What the web application does for the owners of jobs: hand in, follow, cancel, download, delete."""
        return [
            *self._grant_every_end(),
            self.table.remove(),
            self.bucket.write(EVERYTHING),
            self.requested.publish(),
            self.plans.publish(),
            self.notify.send(),  # mails about accounts
        ]

    def _shared_environment(self) -> dict[str, pulumi.Input[str]]:
        """The settings of `pipeline.jobs.wiring`."""
        return {
            "JOBS_BUCKET": self.bucket.bucket.id,
            "JOBS_TABLE": self.table.table.name,
            "JOBS_REQUESTED_TOPIC_ARN": self.requested.arn,
            "JOBS_ENDED_TOPIC_ARN": self.ended.arn,
            "JOBS_SCHEDULE_GROUP": self.schedules.group.name,
            "RETIRE_QUEUE_ARN": self.retire.queue.arn,
            "SCHEDULES_ROLE_ARN": self.schedules.role.role.arn,
            "JOBS_RETENTION_SECONDS": str(self._settings.jobs_retention_seconds),
            "JOBS_ARCHIVE_CLASS": self._settings.jobs_archive_class,
        }

    def _grant_every_end(self) -> list[Grant]:
        """What every end of a job needs: its row, its files, the word that it ended, the schedule for later."""
        return [
            self.table.move(),
            self.bucket.read(EVERYTHING),
            self.bucket.delete(EVERYTHING),
            self.bucket.list(EVERYTHING),
            self.ended.publish(),
            *self.schedules.once(),
        ]

    def _grant_annotator(self, store: Store) -> list[Grant]:
        return [
            *self._grant_every_end(),
            self.bucket.write(EVERYTHING),
            self.jobs.consume(),
            store.posts.read("posts/"),
            store.posts.list("posts/"),
            store.labels.read("annotations/", "gold/", "projects/"),
            store.labels.list("annotations/", "gold/"),
        ]

    def _functions(
        self, scope: Scope, store: Store, sender: "Sender | None", package: str, alarms: pulumi.Input[str]
    ) -> list[QueueFunction]:
        archiving = [*self._grant_every_end(), self.bucket.write(EVERYTHING), self.bucket.restore(EVERYTHING)]

        def function(
            spec: FunctionSpec,
            queue: WorkQueue,
            grants: Sequence[Grant],
            more: Mapping[str, pulumi.Input[str]] = MappingProxyType({}),
        ) -> QueueFunction:
            return QueueFunction(
                spec,
                scope,
                package=package,
                architecture=self._settings.architecture,
                queue=queue,
                environment={**self._environment, "POSTS_BUCKET": store.posts.bucket.id, **more},
                grants=[*grants, store.posts.write("refused/messages/")],  # why a message failed
                alarms=alarms,
            )

        mail = {"MAIL_SENDER": self._settings.mail_from, "SITE_URL": self._site_url}
        return [
            function(topology.NOTIFY, self.notify, [self.table.move(), *([sender.send()] if sender else [])], mail),
            function(topology.RETIRE, self.retire, archiving),
            function(topology.THAW, self.thaw, archiving),
            function(topology.THAWED, self.thawed, archiving),
            function(topology.SWEEP, self.sweep, [*archiving, self.table.remove(), self.requested.publish()]),
        ]


class Sender(Component):
    """The address that mails come from, once its owner has confirmed it to SES."""

    def __init__(self, noun: str, scope: Scope, *, address: str) -> None:
        super().__init__("Sender", noun, scope)
        self.identity = sesv2.EmailIdentity(self.name, email_identity=address, tags=self.tags, opts=self.child())
        self.register_outputs({"address": address})

    def send(self) -> Grant:
        return self.identity.arn.apply(lambda arn: iam.allow(["ses:SendEmail"], [arn]))


def _open_to_browsers(bucket: PrivateBucket, site_url: pulumi.Input[str]) -> None:
    """Lets pages of the site post a file to a signed form; reading goes by links, which need no permission."""
    s3.BucketCorsConfiguration(
        bucket.name,
        bucket=bucket.bucket.id,
        cors_rules=[
            {
                "allowed_methods": ["POST"],
                "allowed_origins": [site_url],
                "allowed_headers": ["*"],  # of a browser that asks before it posts; the form's signature decides
                "max_age_seconds": 3600,
            }
        ],
        opts=bucket.child(),
    )


def _tell_restores(bucket: PrivateBucket, queue: WorkQueue) -> None:
    s3.BucketNotification(
        bucket.name,
        bucket=bucket.bucket.id,
        queues=[{"queue_arn": queue.queue.arn, "events": ["s3:ObjectRestore:Completed"], "filter_prefix": EVERYTHING}],
        opts=bucket.child(depends_on=[queue.policy]),  # or S3 refuses a queue it may not send to
    )
