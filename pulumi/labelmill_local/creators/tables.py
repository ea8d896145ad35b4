"""DynamoDB."""

from labelmill_local.clients import Clients

from .registry import Inputs, Made, creates


@creates("aws:dynamodb/table:Table")
def table(clients: Clients, name: str, inputs: Inputs) -> Made:
    dynamodb, table = clients.get("dynamodb"), inputs.get("name") or name
    try:
        arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
    except dynamodb.exceptions.ResourceNotFoundException:
        keys = [{"AttributeName": inputs["hashKey"], "KeyType": "HASH"}]
        if inputs.get("rangeKey"):
            keys.append({"AttributeName": inputs["rangeKey"], "KeyType": "RANGE"})
        made = dynamodb.create_table(
            TableName=table,
            AttributeDefinitions=[
                {"AttributeName": one["name"], "AttributeType": one["type"]} for one in inputs["attributes"]
            ],
            KeySchema=keys,
            BillingMode=inputs["billingMode"],
            **_indexes(inputs),
        )
        arn = made["TableDescription"]["TableArn"]
        dynamodb.get_waiter("table_exists").wait(TableName=table)
    dynamodb.update_continuous_backups(
        TableName=table,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": inputs["pointInTimeRecovery"]["enabled"]},
    )
    if ttl := inputs.get("ttl"):
        there = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
        if there["TimeToLiveStatus"] == "DISABLED":  # switching it on twice is refused
            wanted = {"Enabled": True, "AttributeName": ttl["attributeName"]}
            dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=wanted)
    return Made(table, {"arn": arn, "name": table})


def _indexes(inputs: Inputs) -> Inputs:
    made = [
        {
            "IndexName": one["name"],
            "KeySchema": [
                {"AttributeName": one["hashKey"], "KeyType": "HASH"},
                {"AttributeName": one["rangeKey"], "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": one["projectionType"]},
        }
        for one in inputs.get("globalSecondaryIndexes") or []
    ]
    return {"GlobalSecondaryIndexes": made} if made else {}
