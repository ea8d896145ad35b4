"""The reference page: drawn by the server from the OpenAPI description, with an example of each operation."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse


def page(request: HttpRequest) -> HttpResponse:
    from labeler.api.urls import api

    schema = api.get_openapi_schema()
    operations = [
        _shown(method, path, operation, schema)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]
    context = {"operations": operations, "title": schema["info"]["title"], "openapi": reverse("api:openapi-json")}
    return render(request, "api/reference.html", context)


def _shown(method: str, path: str, operation: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    example, kind = _example(operation.get("requestBody", {}), schema)
    call = f"curl -X {method.upper()} -H 'Authorization: Bearer lm_…'"
    if example is not None:
        call += f" \\\n  -H 'Content-Type: {kind}' -d '{example}'"
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "tag": ", ".join(operation.get("tags", ())),
        "text": operation.get("description") or operation.get("summary", ""),
        "parameters": operation.get("parameters", ()),
        "call": f"{call} \\\n  https://your-address{path}",
    }


def _example(body: dict[str, Any], schema: dict[str, Any]) -> tuple[str | None, str]:
    for kind, content in body.get("content", {}).items():
        given = content.get("example")
        if given is None:
            name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
            given = schema["components"]["schemas"].get(name, {}).get("example", {})
        return (given.strip() if isinstance(given, str) else json.dumps(given)), kind
    return None, ""
