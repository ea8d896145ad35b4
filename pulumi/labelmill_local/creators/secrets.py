"""Secrets Manager."""

from labelmill_local.clients import Clients

from .registry import Inputs, Made, creates


@creates("aws:secretsmanager/secret:Secret")
def secret(clients: Clients, name: str, inputs: Inputs) -> Made:
    client, secret = clients.get("secretsmanager"), inputs.get("name") or name
    try:
        arn = client.describe_secret(SecretId=secret)["ARN"]
    except client.exceptions.ResourceNotFoundException:
        arn = client.create_secret(Name=secret, Description=inputs.get("description") or "")["ARN"]
    return Made(arn, {"arn": arn, "name": secret})


@creates("aws:secretsmanager/secretVersion:SecretVersion")
def secret_version(clients: Clients, name: str, inputs: Inputs) -> Made:
    """A new version only where the value differs: each is kept."""
    client = clients.get("secretsmanager")
    try:
        there = client.get_secret_value(SecretId=inputs["secretId"])
        if there.get("SecretString") == inputs["secretString"]:
            return Made(there["VersionId"], {"arn": there["ARN"], "versionId": there["VersionId"]})
    except client.exceptions.ResourceNotFoundException:
        pass
    made = client.put_secret_value(SecretId=inputs["secretId"], SecretString=inputs["secretString"])
    return Made(made["VersionId"], {"arn": made["ARN"], "versionId": made["VersionId"]})
