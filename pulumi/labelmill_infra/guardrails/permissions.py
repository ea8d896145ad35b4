"""Who may do what: every policy document of the stack, the roles' and the resources' own."""

from collections.abc import Iterator
from typing import Any

from labelmill_infra.recorded import RecordedStack, Resource, statements

_DOCUMENTS = ("policy", "assumeRolePolicy", "accessPolicy", "keyPolicy")
# Actions that know no resources: AWS takes `*` alone.
WITHOUT_RESOURCE = {
    "xray:PutTraceSegments": "traces",
    "xray:PutTelemetryRecords": "traces",
    "ecr:GetAuthorizationToken": "the log-in to the registry",
    "ecs:DiscoverPollEndpoint": "where the agent reports to",
    "logs:DescribeLogGroups": "where flow logs look for their group",
    # Lambda makes them in the function's name when it starts; neither interface nor subnet can be named before.
    "ec2:CreateNetworkInterface": "a function's way into the network",
    "ec2:DeleteNetworkInterface": "a function's way into the network",
    "ec2:DescribeNetworkInterfaces": "a function's way into the network",
    "ec2:DescribeSubnets": "a function's way into the network",
    "ec2:AssignPrivateIpAddresses": "a function's way into the network",
    "ec2:UnassignPrivateIpAddresses": "a function's way into the network",
}
NEEDED = {
    "s3:PutObject": "s3:AbortMultipartUpload",  # or the parts of an upload that failed stay, and are billed
    "ec2:CreateNetworkInterface": "ec2:DescribeSubnets",
}
# The policy of a key names the key itself by `*`.
_NAMES_ITSELF = ("aws:kms/key:Key",)
_OWN_POLICIES = ("aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy")


def actions_are_named(stack: RecordedStack) -> Iterator[str]:
    for one, statement in _allowed(stack):
        if "NotAction" in statement:
            yield f"{one} allows all actions but some"
        for action in _list(statement.get("Action")):
            if "*" in action:
                yield f"{one} allows {action}"


def resources_are_named(stack: RecordedStack) -> Iterator[str]:
    for one, statement in _allowed(stack):
        if one.kind not in _OWN_POLICIES:
            continue
        if "NotResource" in statement:
            yield f"{one} allows all resources but some"
        if "*" not in _list(statement.get("Resource")):
            continue
        for action in _list(statement.get("Action")):
            if action not in WITHOUT_RESOURCE:
                yield f"{one} allows {action} on every resource"


def principals_are_named(stack: RecordedStack) -> Iterator[str]:
    for one, statement in _allowed(stack):
        principal = statement.get("Principal", {})
        named = (
            [principal] if isinstance(principal, str) else [who for some in principal.values() for who in _list(some)]
        )
        if "*" in named or "NotPrincipal" in statement:
            yield f"{one} lets everybody in"


def roles_are_passed_narrowly(stack: RecordedStack) -> Iterator[str]:
    for one, statement in _allowed(stack):
        if "iam:PassRole" not in _list(statement.get("Action")):
            continue
        if any("*" in resource for resource in _list(statement.get("Resource"))):
            yield f"{one} passes roles it does not name"
        if "iam:PassedToService" not in statement.get("Condition", {}).get("StringEquals", {}):
            yield f"{one} passes roles to any service"


def rights_come_with_what_they_need(stack: RecordedStack) -> Iterator[str]:
    """Those that are missed only when something fails, or when AWS looks for a thing before it uses it."""
    for one, statement in _allowed(stack):
        actions = _list(statement.get("Action"))
        for action, needed in NEEDED.items():
            if one.kind in _OWN_POLICIES and action in actions and needed not in actions:
                yield f"{one} allows {action} without {needed}"


def _allowed(stack: RecordedStack) -> Iterator[tuple[Resource, dict[str, Any]]]:
    for one in stack.resources:
        for statement in statements(one, *_DOCUMENTS):
            if statement.get("Effect") == "Allow":
                yield one, statement


def _list(value: object) -> list[str]:
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
