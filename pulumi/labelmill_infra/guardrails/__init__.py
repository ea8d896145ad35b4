"""Rules that hold for every resource of every stack. Pure: each takes what was recorded and yields its findings."""

from collections.abc import Callable, Iterator

from labelmill_infra.recorded import RecordedStack

from . import data, messaging, network, operation, permissions

Guardrail = Callable[[RecordedStack], Iterator[str]]

GUARDRAILS: tuple[Guardrail, ...] = (
    messaging.queues_have_dead_letters,
    messaging.queues_ring_alarms,
    messaging.subscriptions_have_dead_letters,
    messaging.messages_are_encrypted,
    messaging.messages_travel_by_tls,
    messaging.visibility_outlasts_retries,
    messaging.batches_fail_in_part,
    messaging.functions_are_observed,
    data.buckets_are_private,
    data.buckets_are_encrypted,
    data.buckets_take_tls_only,
    data.labels_are_versioned,
    data.tables_recover,
    data.databases_are_closed,
    data.production_data_is_protected,
    network.nothing_is_reached_from_outside,
    network.private_programs_reach_what_they_use,
    network.networks_are_watched,
    network.machines_keep_their_role,
    network.images_are_checked,
    network.visitors_come_by_tls,
    network.nothing_else_invokes_the_labeler,
    permissions.actions_are_named,
    permissions.resources_are_named,
    permissions.principals_are_named,
    permissions.roles_are_passed_narrowly,
    operation.logs_end,
    operation.access_is_logged,
    operation.everything_is_tagged,
    operation.environments_hold_no_secrets,
    operation.names_differ,
)


def check(stack: RecordedStack) -> list[str]:
    """All findings, each led by its guardrail's name; empty when the stack is sound."""
    return [f"{rule.__name__}: {finding}" for rule in GUARDRAILS for finding in rule(stack)]
