"""SQS."""

import json

from labelmill_local.clients import Clients

from .registry import Inputs, Made, creates

_ATTRIBUTES = {
    "visibilityTimeoutSeconds": "VisibilityTimeout",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "redrivePolicy": "RedrivePolicy",
}


@creates("aws:sqs/queue:Queue")
def queue(clients: Clients, name: str, inputs: Inputs) -> Made:
    sqs, queue = clients.get("sqs"), inputs.get("name") or name
    wanted = {ours: _text(inputs[theirs]) for theirs, ours in _ATTRIBUTES.items() if inputs.get(theirs) is not None}
    try:
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes=wanted)
    except sqs.exceptions.QueueDoesNotExist:
        url = sqs.create_queue(QueueName=queue, Attributes=wanted, tags=inputs.get("tags") or {})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return Made(url, {"arn": arn, "name": queue, "url": url})


@creates("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy")
def redrive_allow_policy(clients: Clients, name: str, inputs: Inputs) -> Made:
    clients.get("sqs").set_queue_attributes(
        QueueUrl=inputs["queueUrl"], Attributes={"RedriveAllowPolicy": inputs["redriveAllowPolicy"]}
    )
    return Made(inputs["queueUrl"])


@creates("aws:sqs/queuePolicy:QueuePolicy")
def queue_policy(clients: Clients, name: str, inputs: Inputs) -> Made:
    clients.get("sqs").set_queue_attributes(
        QueueUrl=inputs["queueUrl"], Attributes={"Policy": without_tls(inputs["policy"])}
    )
    return Made(inputs["queueUrl"])


def without_tls(policy: str) -> str:
    """A policy without its refusal of plain HTTP, which is what the emulator speaks on the loopback."""
    document = json.loads(policy)
    in_the_clear = {"Bool": {"aws:SecureTransport": "false"}}
    kept = [one for one in document["Statement"] if one.get("Condition") != in_the_clear]
    # Empty removes the policy: a document without statements is refused.
    return json.dumps({**document, "Statement": kept}) if kept else ""


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
