"""Lambda."""

import base64
import hashlib
import os
from pathlib import Path
from typing import Any

from .clients import Clients
from .registry import Inputs, Made, creates

# Each is a process of this machine; more of them than it has cores only wait for each other. (Lambda's own least is 2.)
MOST_AT_ONCE = max(2, os.cpu_count() or 2)


@creates("aws:lambda/function:Function")
def function(clients: Clients, name: str, inputs: Inputs) -> Made:
    client, function = clients.get("lambda"), inputs.get("name") or name
    code = Path(inputs["code"].path).read_bytes()
    settings: dict[str, Any] = {
        "FunctionName": function,
        "Runtime": inputs["runtime"],
        "Handler": inputs["handler"],
        "Role": inputs["role"],
        "Timeout": inputs["timeout"],
        "MemorySize": inputs["memorySize"],
        "Environment": {"Variables": inputs["environment"]["variables"]},
    }
    try:
        there = client.get_function_configuration(FunctionName=function)
    except client.exceptions.ResourceNotFoundException:
        arn = client.create_function(**settings, Code={"ZipFile": code}, Architectures=inputs["architectures"])[
            "FunctionArn"
        ]
    else:
        arn = there["FunctionArn"]
        # Replacing equal code would stop the warm workers for nothing.
        if there["CodeSha256"] != base64.b64encode(hashlib.sha256(code).digest()).decode():
            client.update_function_code(FunctionName=function, ZipFile=code)
        if any(there.get(key) != value for key, value in settings.items() if key != "FunctionName"):
            client.update_function_configuration(**settings)
    if inputs.get("reservedConcurrentExecutions", -1) >= 0:
        client.put_function_concurrency(
            FunctionName=function, ReservedConcurrentExecutions=inputs["reservedConcurrentExecutions"]
        )
    invoke_arn = f"arn:aws:apigateway:{clients.region}:lambda:path/2015-03-31/functions/{arn}/invocations"
    return Made(function, {"arn": arn, "name": function, "invokeArn": invoke_arn})


@creates("aws:lambda/eventSourceMapping:EventSourceMapping")
def event_source_mapping(clients: Clients, name: str, inputs: Inputs) -> Made:
    client = clients.get("lambda")
    settings: dict[str, Any] = {
        "BatchSize": inputs["batchSize"],
        "MaximumBatchingWindowInSeconds": inputs["maximumBatchingWindowInSeconds"],
        "FunctionResponseTypes": inputs["functionResponseTypes"],
    }
    if scaling := inputs.get("scalingConfig"):
        settings["ScalingConfig"] = {"MaximumConcurrency": min(scaling["maximumConcurrency"], MOST_AT_ONCE)}
    there = client.list_event_source_mappings(
        EventSourceArn=inputs["eventSourceArn"], FunctionName=inputs["functionName"]
    )["EventSourceMappings"]
    if there:
        made = there[0]
        if any(made.get(key) != value for key, value in settings.items()):
            client.update_event_source_mapping(UUID=made["UUID"], **settings)
    else:
        made = client.create_event_source_mapping(
            EventSourceArn=inputs["eventSourceArn"], FunctionName=inputs["functionName"], **settings
        )
    return Made(made["UUID"], {"uuid": made["UUID"], "functionArn": made["FunctionArn"]})
