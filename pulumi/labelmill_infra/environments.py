"""What each program finds in its environment: names out of the stack's outputs, in upper case, and nothing else."""

from collections.abc import Mapping, Sequence

import pulumi

Environment = dict[str, pulumi.Input[str]]

SCRAPER = ("posts_bucket", "seen_table", "ingest_queue_url")
ANNOTATOR = (
    "posts_bucket",
    "labels_bucket",
    "jobs_queue_url",
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
# The labeler and its worker may use all that any part names: its pages and commands reach everywhere.


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
        return {**self._of(labeler_names(self._outputs)), **self._database}

    def _of(self, names: Sequence[str]) -> Environment:
        return {name.upper(): self._outputs[name] for name in ("region", *names)}


def labeler_names(outputs: Mapping[str, object]) -> list[str]:
    """The outputs that the labeler reads: buckets, tables, queues, topics and what jobs are configured by."""
    ends = ("_bucket", "_table", "_queue_url", "_dlq_url", "_topic_arn", "_queue_arn", "_schedule_group", "_role_arn")
    named = [name for name in outputs if name.endswith(ends) and not _is_of_another(name)]
    return sorted([*named, *(name for name in outputs if name.startswith(("jobs_retention", "jobs_archive")))])


def _is_of_another(name: str) -> bool:
    """Roles and buckets of the deployment itself are nothing the labeler works with."""
    return name in ("deploy_bucket", "static_bucket") or (name.endswith("_role_arn") and name != "schedules_role_arn")
