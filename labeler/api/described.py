"""The OpenAPI description: what the operations say of themselves, and the errors that all of them may answer with."""

import http
from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from labeler.api.problems import CONTENT_TYPE
from labeler.api.schemas import ProblemOut

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
