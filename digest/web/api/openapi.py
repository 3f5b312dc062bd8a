"""The description of the HTTP API: what FastAPI knows, with tokens, scopes, headers and problems."""

from collections.abc import Sequence
from typing import Any

from digest.client.wire.common import ApiProblem
from digest.core.access.scopes import MEANINGS
from digest.web.api.idempotency import HEADER, MAX_KEY
from digest.web.api.problems import MEDIA_TYPE
from digest.web.api.routing import ApiEndpoint

SERVERS: list[dict[str, Any]] = [{"url": "/api/v1"}]
DESCRIPTION = """\
The API of an installation of Paper Digest. Every request needs a token, which the operator makes with
`digest token create`. The page "The HTTP API" of the documentation explains it.
"""
_IDEMPOTENT = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "With the same key, the same request is done once. Kept for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY, "pattern": "^[ -~]+$"},
}
_TAG = {"description": "The version of the answer.", "schema": {"type": "string"}}


def complete(document: dict[str, Any], endpoints: Sequence[ApiEndpoint]) -> dict[str, Any]:
    """Returns the description with what FastAPI does not know.

    Args:
        document: the description by FastAPI; it is changed.
        endpoints: all methods of all resources.
    """
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = ApiProblem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs", {})
    schemas["ApiProblem"] = problem
    reference = {"$ref": "#/components/schemas/ApiProblem"}
    components["responses"] = {
        "Problem": {
            "description": "The request failed (RFC 9457).",
            "content": {MEDIA_TYPE: {"schema": reference}},
        }
    }
    rights = "".join(f"\n- `{scope}`: {meaning}" for scope, meaning in MEANINGS.items())
    components["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": f"A token of `digest token create`. Its scopes:{rights}",
        }
    }
    for endpoint in endpoints:
        _complete_operation(document["paths"][endpoint.path][endpoint.method.lower()], endpoint)
    components["schemas"] = dict(sorted(schemas.items()))
    return document


def _complete_operation(operation: dict[str, Any], endpoint: ApiEndpoint) -> None:
    scopes = [endpoint.scope.value] if endpoint.scope else []
    operation["security"] = [{"token": scopes}]
    responses = operation["responses"]
    responses.pop("422", None)
    responses["default"] = {"$ref": "#/components/responses/Problem"}
    done = responses[str(endpoint.status)]
    done["description"] = "Done."
    if endpoint.media_type != "application/json":
        done["content"] = {endpoint.media_type: {"schema": {"type": "string"}}}
    if endpoint.method == "GET":
        done["headers"] = {"ETag": dict(_TAG)}
        responses["304"] = {"description": "The client has this version (If-None-Match)."}
    if endpoint.method == "POST":
        parameters = operation.setdefault("parameters", [])
        if not any(item["name"] == HEADER for item in parameters):
            parameters.append(dict(_IDEMPOTENT))
    if endpoint.call.__name__ == "start_subscription":
        responses["200"] = {**done, "description": "The address had this subscription already."}
