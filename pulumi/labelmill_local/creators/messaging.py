"""SQS, SNS, SES and EventBridge Scheduler."""

import json

from .clients import Clients
from .registry import Inputs, Made, creates

_QUEUE_ATTRIBUTES = {
    "visibilityTimeoutSeconds": "VisibilityTimeout",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "redrivePolicy": "RedrivePolicy",
}
_SUBSCRIPTION_ATTRIBUTES = {
    "rawMessageDelivery": "RawMessageDelivery",
    "redrivePolicy": "RedrivePolicy",
    "filterPolicy": "FilterPolicy",
}


@creates("aws:sqs/queue:Queue")
def queue(clients: Clients, name: str, inputs: Inputs) -> Made:
    sqs, queue = clients.get("sqs"), inputs.get("name") or name
    wanted = _attributes(inputs, _QUEUE_ATTRIBUTES)
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


@creates("aws:sns/topic:Topic")
def topic(clients: Clients, name: str, inputs: Inputs) -> Made:
    attributes = {"KmsMasterKeyId": inputs["kmsMasterKeyId"]} if inputs.get("kmsMasterKeyId") else {}
    topic = inputs.get("name") or name
    # Creating a topic whose name is taken returns the one there.
    arn = clients.get("sns").create_topic(Name=topic, Attributes=attributes)["TopicArn"]
    return Made(arn, {"arn": arn, "name": topic})


@creates("aws:sns/topicPolicy:TopicPolicy")
def topic_policy(clients: Clients, name: str, inputs: Inputs) -> Made:
    clients.get("sns").set_topic_attributes(
        TopicArn=inputs["arn"], AttributeName="Policy", AttributeValue=inputs["policy"]
    )
    return Made(inputs["arn"])


@creates("aws:sns/topicSubscription:TopicSubscription")
def subscription(clients: Clients, name: str, inputs: Inputs) -> Made:
    sns = clients.get("sns")
    wanted = _attributes(inputs, _SUBSCRIPTION_ATTRIBUTES)
    for page in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=inputs["topic"]):
        for one in page["Subscriptions"]:
            if one["Protocol"] == inputs["protocol"] and one["Endpoint"] == inputs["endpoint"]:
                arn = one["SubscriptionArn"]
                for attribute, value in wanted.items():
                    sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName=attribute, AttributeValue=value)
                return Made(arn, {"arn": arn})
    arn = sns.subscribe(
        TopicArn=inputs["topic"],
        Protocol=inputs["protocol"],
        Endpoint=inputs["endpoint"],
        Attributes=wanted,
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    return Made(arn, {"arn": arn})


@creates("aws:scheduler/scheduleGroup:ScheduleGroup")
def schedule_group(clients: Clients, name: str, inputs: Inputs) -> Made:
    scheduler, group = clients.get("scheduler"), inputs.get("name") or name
    try:
        arn = scheduler.get_schedule_group(Name=group)["Arn"]
    except scheduler.exceptions.ResourceNotFoundException:
        arn = scheduler.create_schedule_group(Name=group)["ScheduleGroupArn"]
    return Made(group, {"arn": arn, "name": group})


@creates("aws:scheduler/schedule:Schedule")
def schedule(clients: Clients, name: str, inputs: Inputs) -> Made:
    scheduler, target = clients.get("scheduler"), inputs["target"]
    wanted = {
        "Name": name,
        "GroupName": inputs["groupName"],
        "ScheduleExpression": inputs["scheduleExpression"],
        "FlexibleTimeWindow": {"Mode": inputs["flexibleTimeWindow"]["mode"]},
        "Target": {"Arn": target["arn"], "RoleArn": target["roleArn"], "Input": target["input"]},
    }
    try:
        arn = scheduler.get_schedule(Name=name, GroupName=inputs["groupName"])["Arn"]
        scheduler.update_schedule(**wanted)
    except scheduler.exceptions.ResourceNotFoundException:
        arn = scheduler.create_schedule(**wanted)["ScheduleArn"]
    return Made(f"{inputs['groupName']}/{name}", {"arn": arn, "name": name})


@creates("aws:sesv2/emailIdentity:EmailIdentity")
def email_identity(clients: Clients, name: str, inputs: Inputs) -> Made:
    ses, address = clients.get("sesv2"), inputs["emailIdentity"]
    try:
        ses.get_email_identity(EmailIdentity=address)
    except ses.exceptions.NotFoundException:
        ses.create_email_identity(EmailIdentity=address)
    return Made(address, {"arn": f"arn:aws:ses:{clients.region}:000000000000:identity/{address}"})


def _attributes(inputs: Inputs, names: dict[str, str]) -> dict[str, str]:
    """The inputs that are given, by AWS's names and as text."""
    return {ours: _text(inputs[theirs]) for theirs, ours in names.items() if inputs.get(theirs) is not None}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
