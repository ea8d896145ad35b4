"""What runs in containers: the scraper on a schedule in the public subnet, worker and annotators in the private ones.

Locally all are ordinary processes.
"""

from collections.abc import Mapping
from functools import partial

import pulumi

from labelmill_infra.component import Scope
from labelmill_infra.compute.fleet import Cluster, Fleet
from labelmill_infra.compute.schedules import Crawls
from labelmill_infra.compute.service import Backlog, QueueService
from labelmill_infra.compute.task import SCRATCH_FOLDER, ImageRepository, Task
from labelmill_infra.network.vpc import Network
from labelmill_infra.settings import StackSettings

from .environments import Environments
from .flow import Flow
from .jobs import Jobs
from .programs import Programs

SCRAPER_MEMORY, WORKER_MEMORY = 1400, 900  # MiB; a machine of 2 GiB holds one of them
MOST_SCRAPERS = 2
# Waiting that is borne ÷ time that one message takes: commands 5 min ÷ 10 s, prepared posts 10 min ÷ 0.1 s, files
# 10 min ÷ 30 s.
COMMANDS_PER_WORKER, POSTS_PER_WORKER, JOBS_PER_ANNOTATOR = 30, 6000, 20


class Containers:
    def __init__(
        self,
        scope: Scope,
        settings: StackSettings,
        network: Network,
        flow: Flow,
        jobs: Jobs,
        programs: Programs,
        *,
        account: pulumi.Input[str],
        environments: Environments,
        secrets: Mapping[str, pulumi.Input[str]],
        alarms: pulumi.Input[str],
    ) -> None:
        enabled = bool(settings.image_tag)
        cluster = Cluster("cluster", scope)
        self._cluster = cluster.cluster
        self.scraper_images, self.worker_images = ImageRepository("scraper", scope), ImageRepository("worker", scope)
        firewall = network.firewall
        fleet = partial(
            Fleet,
            scope=scope,
            cluster=cluster.cluster,
            instance_type=settings.instance_type,
            architecture=settings.architecture,
            spot=settings.spot,
        )
        scrapers = fleet(
            "scraper-machines",
            subnets=[network.public.id],
            group=firewall.scraper.id,
            public=True,
            most=MOST_SCRAPERS,
        )
        workers = fleet(
            "worker-machines",
            subnets=[subnet.id for subnet in network.private],
            group=firewall.worker.id,
            public=False,
            most=2 * settings.most_workers + 1,  # workers, annotators, and a migration beside them
        )
        offered = cluster.offers([scrapers.provider, workers.provider])
        task = partial(Task, scope=scope, tag=settings.image_tag, architecture=settings.architecture)
        scraper = task(
            "scraper",
            images=self.scraper_images,
            command=["due"],  # of the image's entry point, `python -m scraper`
            role=programs.scraper,
            memory=SCRAPER_MEMORY,
            environment={
                **environments.scraper(),
                "LABELMILL_CONTACT": settings.scraper_contact,
                # A container may make no namespaces, which Chromium's own sandbox is made of: the container is it.
                "CHROMIUM_SANDBOX": "off",
                "HOME": SCRATCH_FOLDER,  # where Chromium keeps what it writes
            },
        )
        self._worker = task(
            "worker",
            images=self.worker_images,
            command=["python", "manage.py", "worker"],
            role=programs.worker,
            memory=WORKER_MEMORY,
            environment=environments.worker(),
            secrets=secrets,
        )
        if settings.scraper_contact:  # without it the scraper asks no public site
            Crawls(
                "crawls",
                scope,
                expression=settings.scraper_schedule,
                cluster=cluster.cluster,
                fleet=scrapers,
                task=scraper,
                account=account,
                enabled=enabled,
                alarms=alarms,
            )
        annotator = task(
            "annotator",
            images=self.worker_images,
            command=["python", "-m", "pipeline.annotator"],
            role=jobs.annotator,
            memory=WORKER_MEMORY,
            environment=environments.annotator(),
        )
        self._services = [
            QueueService(
                program.noun,
                scope,
                cluster=cluster.cluster,
                fleet=workers,
                task=program,
                backlogs=backlogs,
                least=least,
                most=settings.most_workers,
                enabled=enabled,
                offered=offered,
            )
            for program, backlogs, least in (
                # One always: it stores waiting answers even when nothing waits in a queue.
                (
                    self._worker,
                    [Backlog(flow.work.queue, COMMANDS_PER_WORKER), Backlog(flow.labeling.queue, POSTS_PER_WORKER)],
                    1,
                ),
                (annotator, [Backlog(jobs.jobs.queue, JOBS_PER_ANNOTATOR)], 0),
            )
        ]

    def outputs(self) -> dict[str, pulumi.Input[str]]:
        return {
            "cluster_name": self._cluster.name,
            **{f"{one.noun}_service_name": one.service.name for one in self._services},
            "worker_task_family": self._worker.definition.family,
            **{f"{one.noun}_task_definition": one.definition for one in self._services},
            "worker_capacity_provider": self._services[0].provider,
            "scraper_repository_url": self.scraper_images.url,
            "worker_repository_url": self.worker_images.url,
        }
