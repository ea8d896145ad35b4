"""The whole infrastructure of one stack: what `pulumi up` makes on AWS, and `pulumi/local.py` on this machine."""

import pulumi
import pulumi_aws as aws

from labelmill_infra.component import Scope
from labelmill_infra.deployment import package
from labelmill_infra.observe.alarms import AlarmTopic, Budget
from labelmill_infra.observe.dashboard import Dashboard
from labelmill_infra.settings import StackSettings
from labelmill_infra.stack.containers import Containers
from labelmill_infra.stack.environments import Environments
from labelmill_infra.stack.flow import Flow
from labelmill_infra.stack.hosting import Hosting
from labelmill_infra.stack.jobs import Jobs
from labelmill_infra.stack.programs import Programs
from labelmill_infra.stack.store import Store
from labelmill_infra.storage.bucket import LogBucket

settings = StackSettings.load()
scope = Scope(
    settings.project, settings.stack, settings.protect, settings.log_retention_days, settings.reserve_concurrency
)
account = aws.get_caller_identity_output().account_id

alarms = AlarmTopic("alarms", scope, account=account, email=settings.alarm_email)
logs = LogBucket("logs", scope, account=account)
store = Store(scope, log_to=logs.bucket.id)
functions = settings.package or str(package.build(settings.architecture))
flow = Flow(
    scope,
    store,
    package=functions,
    architecture=settings.architecture,
    archive_window=settings.archive_window,
    alarms=alarms.arn,
)
hosting = Hosting(scope, settings, account=account, logs=logs, alarms=alarms.arn)
jobs = Jobs(
    scope,
    store,
    settings,
    site_url=hosting.site_url,
    package=functions,
    alarms=alarms.arn,
    log_to=logs.bucket.id,
)
programs = Programs(scope, store, flow, jobs, hosting, source_buckets=settings.source_buckets)

found: dict[str, pulumi.Input[str]] = {"region": settings.region, "endpoint_url": settings.endpoint_url}
for part in (store, flow, jobs, hosting, programs):
    found |= part.outputs()
containers = Containers(
    scope,
    settings,
    hosting.network,
    flow,
    jobs,
    programs,
    account=account,
    environments=Environments(found, hosting.environment()),
    secrets={"SECRET_KEY": hosting.web.secret_key.arn},
    alarms=alarms.arn,
)
Dashboard(
    "overview",
    scope,
    region=settings.region,
    queues={one.noun: one.queue.name for one in (flow.ingest, flow.labeling, flow.archive, flow.work, jobs.jobs)},
    dead_letters={one.noun: one.dlq.queue.name for one in (flow.ingest, flow.labeling, flow.archive, flow.work)},
    functions={one.noun: one.function.name for one in (flow.preprocess, flow.archiving, *jobs.functions)},
    database=hosting.database.cluster.cluster_identifier,
)
Budget("budget", scope, dollars=settings.monthly_budget, topic=alarms.arn, email=settings.alarm_email)

for name, value in {**found, **containers.outputs(), "alarms_topic_arn": alarms.arn}.items():
    pulumi.export(name, value)
