"""IAM and Secrets Manager."""

import json

from .clients import Clients
from .registry import Inputs, Made, creates


@creates("aws:iam/role:Role")
def role(clients: Clients, name: str, inputs: Inputs) -> Made:
    iam, role = clients.get("iam"), inputs.get("name") or name
    try:
        made = iam.get_role(RoleName=role)["Role"]
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=inputs["assumeRolePolicy"])
    except iam.exceptions.NoSuchEntityException:
        made = iam.create_role(RoleName=role, AssumeRolePolicyDocument=inputs["assumeRolePolicy"])["Role"]
    return Made(role, {"arn": made["Arn"], "name": role, "uniqueId": made["RoleId"]})


# AWS checks a batch call by the action of the single one; the emulator asks for an action of the call's own name.
_WITH_BATCH = ("sqs:SendMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sns:Publish")


@creates("aws:iam/rolePolicy:RolePolicy")
def role_policy(clients: Clients, name: str, inputs: Inputs) -> Made:
    policy = inputs.get("name") or name
    clients.get("iam").put_role_policy(
        RoleName=inputs["role"], PolicyName=policy, PolicyDocument=_with_batches(inputs["policy"])
    )
    return Made(f"{inputs['role']}:{policy}", {"name": policy})


def _with_batches(policy: str) -> str:
    document = json.loads(policy)
    for statement in document["Statement"]:
        statement["Action"] += [f"{action}Batch" for action in statement["Action"] if action in _WITH_BATCH]
    return json.dumps(document)


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
