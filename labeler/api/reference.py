"""The reference page: drawn by the server from the OpenAPI description, with an example of each operation."""

import http
import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from labeler.api.problems import CONTENT_TYPE
from labeler.api.schemas import ProblemOut
from pipeline.schema import Json


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


def _shown(method: str, path: str, operation: Json, schema: Json) -> Json:
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


def _example(body: Json, schema: Json) -> tuple[str | None, str]:
    for kind, content in body.get("content", {}).items():
        given = content.get("example")
        if given is None:
            name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
            given = schema["components"]["schemas"].get(name, {}).get("example", {})
        return (given.strip() if isinstance(given, str) else json.dumps(given)), kind
    return None, ""


ERRORS = (400, 401, 403, 404, 409, 413, 422, 429, 503)


class Api(NinjaAPI):
    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**options)
        schema["components"]["schemas"]["Problem"] = ProblemOut.model_json_schema()
        content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        errors = {code: {"description": http.HTTPStatus(code).phrase, "content": content} for code in ERRORS}
        for methods in schema["paths"].values():
            for operation in methods.values():
                operation["responses"] |= errors
        return schema
