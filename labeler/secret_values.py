"""Secrets by their names in Secrets Manager: the value in force, and the one before it while it is being replaced."""

from collections.abc import Callable, Mapping

STAGES = ("AWSCURRENT", "AWSPREVIOUS")

Read = Callable[[str, Mapping[str, str]], list[str]]


def read(arn: str, env: Mapping[str, str]) -> list[str]:
    """The value in force first, then the one before it, if there was one. `env` names region and endpoint.

    Raises `StoreUnavailable` where Secrets Manager does not give the one in force.
    """
    from pipeline.adapters import aws  # boto3 takes 0.3 s to import: only who needs it pays

    manager = aws.clients(env).client("secretsmanager")
    found: list[str] = []
    for stage in STAGES:
        with aws.unavailable(f"GetSecretValue {arn} {stage}"):
            try:
                answer = manager.get_secret_value(SecretId=arn, VersionStage=stage)
            except manager.exceptions.ResourceNotFoundException:
                if not found:
                    raise
                break
        if "SecretString" in answer:  # a secret may be made first, and given a value later
            found.append(answer["SecretString"])
    return found
