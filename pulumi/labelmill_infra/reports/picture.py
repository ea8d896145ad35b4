"""A picture of a stack as Mermaid text, drawn from what the program registers: who sends what where, by rights."""

from collections.abc import Iterator

from labelmill_infra.recorded import RecordedStack, Resource, statements

# Type → how it is drawn: Mermaid's brackets around the name.
_SHAPES = {
    "aws:s3/bucket:Bucket": ("[(", ")]"),
    "aws:dynamodb/table:Table": ("[(", ")]"),
    "aws:rds/cluster:Cluster": ("[(", ")]"),
    "aws:sqs/queue:Queue": ("[/", "/]"),
    "aws:sns/topic:Topic": ("{{", "}}"),
    "aws:iam/role:Role": ("[", "]"),
    "aws:cloudfront/distribution:Distribution": ("([", "])"),
}
_KINDS = {
    "aws:s3/bucket:Bucket": "S3",
    "aws:dynamodb/table:Table": "DynamoDB",
    "aws:rds/cluster:Cluster": "Aurora",
    "aws:sqs/queue:Queue": "SQS",
    "aws:sns/topic:Topic": "SNS",
    "aws:iam/role:Role": "",
    "aws:cloudfront/distribution:Distribution": "CloudFront",
}
# What an action says of the direction; reading and writing beside each other are drawn as both.
_OUT = ("sqs:SendMessage", "sns:Publish", "s3:PutObject", "dynamodb:PutItem", "dynamodb:UpdateItem", "rds-db:connect")
_IN = ("sqs:ReceiveMessage", "s3:GetObject", "dynamodb:GetItem", "dynamodb:Query")
# Queues that a program only puts back from rest, and topics of alarms, would cross every other line.
_LEFT_OUT = ("-dlq", "-alarms")


def draw(stack: RecordedStack) -> str:
    """Programs (by their roles), what they keep, and what runs between them."""
    drawn = {one.outputs["arn"]: one for kind in _SHAPES for one in stack.of(kind) if not _is_left_out(one)}
    programs = {one.outputs["id"]: one for one in stack.of("aws:iam/role:Role")}
    lines = sorted(set(_subscriptions(stack, drawn)) | set(_rights(stack, drawn, programs)) | set(_edge(stack, drawn)))
    used = {node for line in lines for node in (line.split()[0], line.split()[-1])}
    nodes = sorted(_node(stack, one) for one in drawn.values() if _id(stack, one) in used)
    return "\n".join(["flowchart LR", *(f"  {line}" for line in nodes + lines)]) + "\n"


def _rights(stack: RecordedStack, drawn: dict[str, Resource], programs: dict[str, Resource]) -> Iterator[str]:
    for policy in stack.of("aws:iam/rolePolicy:RolePolicy"):
        program = programs.get(policy.inputs["role"])
        if program is None:
            continue
        reached: dict[str, set[str]] = {}
        for statement in statements(policy, "policy"):
            for resource in statement["Resource"]:
                target = _target(drawn, resource)
                if target is not None and target is not program:
                    reached.setdefault(_id(stack, target), set()).update(statement["Action"])
        for target_id, actions in reached.items():
            goes, comes = bool(actions & set(_OUT)), bool(actions & set(_IN))
            if goes and comes:
                yield f"{_id(stack, program)} <--> {target_id}"
            elif goes:
                yield f"{_id(stack, program)} --> {target_id}"
            elif comes:
                yield f"{target_id} --> {_id(stack, program)}"


def _subscriptions(stack: RecordedStack, drawn: dict[str, Resource]) -> Iterator[str]:
    for one in stack.of("aws:sns/topicSubscription:TopicSubscription"):
        topic, queue = drawn.get(one.inputs["topic"]), drawn.get(one.inputs["endpoint"])
        if topic and queue:
            yield f"{_id(stack, topic)} --> {_id(stack, queue)}"


def _edge(stack: RecordedStack, drawn: dict[str, Resource]) -> Iterator[str]:
    for one in stack.of("aws:cloudfront/distribution:Distribution"):
        for origin in one.inputs["origins"]:
            name = origin["originId"]
            for other in drawn.values():
                if _noun(stack, other) == name and other.kind in ("aws:iam/role:Role", "aws:s3/bucket:Bucket"):
                    yield f"{_id(stack, one)} --> {_id(stack, other)}"


def _target(drawn: dict[str, Resource], arn: str) -> Resource | None:
    """What a statement's resource is of: a bucket's objects are its own, a table's indexes too."""
    if ":dbuser:" in arn:
        return next((one for one in drawn.values() if one.kind == "aws:rds/cluster:Cluster"), None)
    return drawn.get(arn) or drawn.get(arn.split("/")[0]) or drawn.get("/".join(arn.split("/")[:2]))


def _is_left_out(one: Resource) -> bool:
    return one.name.endswith(_LEFT_OUT)


def _noun(stack: RecordedStack, one: Resource) -> str:
    return one.name.removeprefix(f"labelmill-{stack.name}-")


def _id(stack: RecordedStack, one: Resource) -> str:
    kind = _KINDS[one.kind].lower() or "program"
    return f"{kind}_{_noun(stack, one)}".replace("-", "_")


def _node(stack: RecordedStack, one: Resource) -> str:
    before, after = _SHAPES[one.kind]
    kind = _KINDS[one.kind]
    return f'{_id(stack, one)}{before}"{f"{kind} " if kind else ""}{_noun(stack, one)}"{after}'
