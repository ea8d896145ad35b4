"""What each program finds in its environment: names out of the stack's outputs, in upper case, and nothing else."""

from collections.abc import Mapping, Sequence

import pulumi

Environment = dict[str, pulumi.Input[str]]

# What every page and command about jobs works with: the settings of `pipeline.jobs.wiring`.
_JOBS = (
    "jobs_bucket",
    "jobs_table",
    "jobs_requested_topic_arn",
    "jobs_ended_topic_arn",
    "jobs_schedule_group",
    "retire_queue_arn",
    "schedules_role_arn",
    "jobs_retention_seconds",
    "jobs_archive_class",
)

SCRAPER = ("posts_bucket", "seen_table", "ingest_queue_url")
ANNOTATOR = ("posts_bucket", "labels_bucket", "jobs_queue_url", *_JOBS)
# Where what failed rests, and where it goes back to.
_REDRIVEN = (
    *("ingest_queue_url", "archive_queue_url"),
    *(f"{queue}_dlq_url" for queue in ("ingest", "labeling", "archive", "work")),
    *("labeling_subscription_dlq_url", "archive_subscription_dlq_url"),
)
LABELER = (
    *("posts_bucket", "labels_bucket", "releases_bucket", "labeling_queue_url", "work_queue_url"),
    *("jobs_plans_topic_arn", "notify_queue_url", "jobs_free_bytes", "jobs_premium_bytes", "site_url"),
    *_JOBS,
    *_REDRIVEN,
)


class Environments:
    def __init__(self, outputs: Mapping[str, pulumi.Input[str]], database: Mapping[str, pulumi.Input[str]]) -> None:
        """`database`: how the labeler finds its database."""
        self._outputs = outputs
        self._database = database

    def scraper(self) -> Environment:
        return self._of(SCRAPER)

    def annotator(self) -> Environment:
        return self._of(ANNOTATOR)

    def worker(self) -> Environment:
        """The labeler's too: its commands reach all that its pages do."""
        return {**self._of(LABELER), **self._database}

    def _of(self, names: Sequence[str]) -> Environment:
        return {name.upper(): self._outputs[name] for name in ("region", *names)}
