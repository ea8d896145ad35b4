"""The whole infrastructure of one stack: what `pulumi up` makes on AWS, and `pulumi/local.py` on this machine."""

import pulumi
import pulumi_aws as aws

from labelmill_infra import package
from labelmill_infra.alarms import AlarmTopic
from labelmill_infra.component import Scope
from labelmill_infra.flow import Flow
from labelmill_infra.jobs import Jobs
from labelmill_infra.jobs_settings import JobsSettings
from labelmill_infra.programs import Programs
from labelmill_infra.settings import StackSettings
from labelmill_infra.store import Store

settings = StackSettings.load()
scope = Scope(settings.project, settings.stack, settings.protect, settings.log_retention_days)

alarms = AlarmTopic("alarms", scope, account=aws.get_caller_identity_output().account_id)
store = Store(scope)
functions = settings.package or str(package.build(settings.architecture))
flow = Flow(
    scope,
    store,
    package=functions,
    architecture=settings.architecture,
    archive_window=settings.archive_window,
    alarms=alarms.arn,
)
jobs = Jobs(
    scope,
    store,
    JobsSettings.load(),
    package=functions,
    architecture=settings.architecture,
    alarms=alarms.arn,
)
programs = Programs(scope, store, flow, jobs)

pulumi.export("region", settings.region)
pulumi.export("endpoint_url", settings.endpoint_url)
for part in (store, flow, jobs, programs):
    for name, value in part.outputs().items():
        pulumi.export(name, value)
