"""SNS."""

from labelmill_local.clients import Clients

from .registry import Inputs, Made, creates

_SUBSCRIPTION_ATTRIBUTES = {
    "rawMessageDelivery": "RawMessageDelivery",
    "redrivePolicy": "RedrivePolicy",
    "filterPolicy": "FilterPolicy",
}


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
    wanted = {
        ours: str(inputs[theirs]).lower() if isinstance(inputs[theirs], bool) else inputs[theirs]
        for theirs, ours in _SUBSCRIPTION_ATTRIBUTES.items()
        if inputs.get(theirs) is not None
    }
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
