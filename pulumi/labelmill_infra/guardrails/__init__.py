"""Rules that hold for every resource of every stack. Pure: each takes what was recorded and yields its findings."""

from collections.abc import Callable, Iterator

from labelmill_infra.recorded import RecordedStack

from . import data, exposure, messages, operation, permissions

Guardrail = Callable[[RecordedStack], Iterator[str]]

GUARDRAILS: tuple[Guardrail, ...] = (
    messages.queues_have_dead_letters,
    messages.queues_ring_alarms,
    messages.subscriptions_have_dead_letters,
    messages.messages_are_encrypted,
    messages.messages_travel_by_tls,
    messages.visibility_outlasts_retries,
    messages.batches_fail_in_part,
    messages.functions_are_observed,
    data.buckets_are_private,
    data.buckets_are_encrypted,
    data.buckets_take_tls_only,
    data.lifecycle_rules_are_whole,
    data.files_are_posted_from_the_site,
    data.labels_are_versioned,
    data.tables_recover,
    data.databases_are_closed,
    data.databases_outlive_minor_versions,
    data.production_data_is_protected,
    exposure.nothing_is_reached_from_outside,
    exposure.private_programs_reach_what_they_use,
    exposure.networks_are_watched,
    exposure.machines_keep_their_role,
    exposure.images_are_checked,
    exposure.containers_are_confined,
    exposure.visitors_come_by_tls,
    exposure.nothing_else_invokes_the_labeler,
    permissions.actions_are_named,
    permissions.resources_are_named,
    permissions.principals_are_named,
    permissions.roles_are_passed_narrowly,
    permissions.rights_come_with_what_they_need,
    operation.logs_end,
    operation.access_is_logged,
    operation.everything_is_tagged,
    operation.environments_hold_no_secrets,
    operation.names_differ,
)


def check(stack: RecordedStack) -> list[str]:
    """All findings, each led by its guardrail's name; empty when the stack is sound."""
    return [f"{rule.__name__}: {finding}" for rule in GUARDRAILS for finding in rule(stack)]
