"""A recorded stack as Terraform's JSON: the same resources, as the provider that pulumi-aws wraps calls them.

Names and nesting come from the provider's own schema; the tables hold the few that differ by more than case and plural.
"""

import re
from collections.abc import Iterator
from typing import Any

from labelmill_infra.recorded import RecordedStack, Resource

Body = dict[str, Any]

# Pulumi's type → Terraform's, where neither `aws_<module>_<class>` nor `aws_<class>` is it.
TYPES = {
    "lambda:EventSourceMapping": "aws_lambda_event_source_mapping",
    "rds:SubnetGroup": "aws_db_subnet_group",
    "sqs:RedriveAllowPolicy": "aws_sqs_queue_redrive_allow_policy",
}
# Pulumi's property → Terraform's, in camelCase; None is dropped.
RENAMED: dict[str, dict[str, str | None]] = {
    "aws_cloudwatch_metric_alarm": {"name": "alarmName"},
    "aws_lambda_function": {"name": "functionName", "code": None},
    "aws_sns_topic_subscription": {"topic": "topicArn"},
}
# What Pulumi gives a name of its own where the program gives none, if that is not `name`.
NAMED_BY = {
    "aws_cloudwatch_metric_alarm": "alarm_name",
    "aws_lambda_function": "function_name",
    "aws_rds_cluster": "cluster_identifier",
    "aws_rds_cluster_instance": "identifier",
    "aws_s3_bucket": "bucket",
}
UNNAMED = ("aws_acm_certificate",)
SUFFIX = "-1a2b3c4"  # as Pulumi appends it
# New in the provider's version 6: each resource may be of another region than its provider.
ONLY_IN_NEWER = {"region"}
PLURALS = (("indexes", "index"), ("ies", "y"), ("sses", "ss"), ("es", ""), ("s", ""))


class NotInSchema(LookupError):
    """The provider has no such type, or a type no such property."""


def write_terraform(stack: RecordedStack, schemas: dict[str, Any]) -> Body:
    """The `resource` part of a Terraform file. `schemas`: type → schema, as `terraform providers schema` has them."""
    found: Body = {}
    for one in stack.resources:
        if one.kind.startswith("aws:"):
            kind = _find_type(one, schemas)
            found.setdefault(kind, {})[re.sub(r"[^\w-]", "_", one.name)] = _write_resource(one, kind, schemas[kind])
    return found


def _find_type(one: Resource, schemas: dict[str, Any]) -> str:
    module, _, rest = one.kind.removeprefix("aws:").partition("/")
    name = rest.rpartition(":")[2]
    guesses = [f"aws_{_snake(module)}_{_snake(name)}", f"aws_{_snake(name)}"]
    if module in ("ec2", "vpc"):
        guesses.reverse()
    for guess in (TYPES.get(f"{module}:{name}"), *guesses):
        if guess in schemas:
            return guess
    raise NotInSchema(f"{one}: no type of the provider is called {' or '.join(guesses)}")


def _write_resource(one: Resource, kind: str, schema: Body) -> Body:
    renamed = RENAMED.get(kind, {})
    inputs = {renamed.get(key, key): value for key, value in one.inputs.items()}
    body = _write_block({key: value for key, value in inputs.items() if key}, schema["block"], kind)
    named_by = NAMED_BY.get(kind, "name")
    attribute = schema["block"]["attributes"].get(named_by, {})
    if kind not in UNNAMED and (attribute.get("required") or attribute.get("optional")):
        body.setdefault(named_by, one.name + SUFFIX)
    if kind == "aws_lambda_function":
        body["filename"] = "functions.zip"
    return body


def _write_block(inputs: Body, schema: Body, where: str) -> Body:
    attributes, blocks = schema.get("attributes", {}), schema.get("block_types", {})
    made: Body = {}
    for key, value in inputs.items():
        name = next((one for one in _spellings(_snake(str(key))) if one in attributes or one in blocks), None)
        if name is None:
            if key in ONLY_IN_NEWER:
                continue
            raise NotInSchema(f"{where}.{key}: the provider has no such property")
        if value is None:
            continue
        nested = blocks[name]["block"] if name in blocks else attributes[name].get("nested_type")
        if nested:
            made[name] = [_write_block(one, nested, f"{where}.{name}") for one in _listed(value)]
        else:
            made[name] = _write_value(value, attributes[name]["type"])
    return made


def _write_value(value: Any, kind: Any) -> Any:
    """`kind`: a type by its name, or a list of `list`, `set` or `map` and what is in it."""
    if isinstance(kind, list) and kind[0] in ("list", "set"):
        inner = kind[1]
        if isinstance(inner, list) and inner[0] == "object":
            spelled = [{_snake(key): one for key, one in each.items()} for each in _listed(value)]
            return [{key: each.get(key) for key in inner[1]} for each in spelled]
        return _literal(_listed(value))
    return _literal(value)


def _literal(value: Any) -> Any:
    """As text that Terraform does not take for one of its own expressions."""
    if isinstance(value, dict):
        return {key: _literal(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_literal(one) for one in value]
    return value.replace("${", "$${").replace("%{", "%%{") if isinstance(value, str) else value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def _spellings(name: str) -> Iterator[str]:
    """A name, then its singulars: Pulumi calls what there may be many of by the plural."""
    yield name
    for end, instead in PLURALS:
        if name.endswith(end):
            yield name.removesuffix(end) + instead
