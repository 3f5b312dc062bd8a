"""Answers that say why a request failed: problem details by RFC 9457. They name no reader."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from digest.logs import redactor

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 60  # after the database could not be used

_WORDS: Mapping[int, str] = {
    400: "The request cannot be read.",
    401: "Send a valid token: Authorization: Bearer pdt_…",
    403: "The token does not allow this.",
    404: "There is no such resource.",
    405: "The resource does not allow this method; the header Allow names those that it does.",
    408: "The body came too slowly.",
    409: "The state of the resource does not allow this.",
    412: "The resource was changed meanwhile; read it again.",
    413: "The body is too large.",
    415: "The body must be JSON: Content-Type: application/json",
    422: "The request is wrong.",
    428: "Send If-Match with the ETag of what you read.",
    429: "The token sent too many requests in this minute.",
    500: "This is a bug. The log of the server has the details.",
    503: "The database cannot be used now; try again later.",
}


def problem(
    status: int,
    detail: str = "",
    *,
    errors: Sequence[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Returns the answer to a request that failed.

    Args:
        status: the HTTP status.
        detail: what is wrong, and what to do; empty: the usual words for the status.
        errors: the parts of the request that are wrong.
        headers: more headers.
    """
    said = detail or _WORDS.get(status, HTTPStatus(status).phrase)
    value = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        # A problem of a profile quotes what is wrong in it.
        "detail": redactor(said, always=True),
        **({"errors": [_masked(item) for item in errors]} if errors else {}),
    }
    return Response(
        json.dumps(value, ensure_ascii=False).encode(),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers=dict(headers or {}),
    )


def _masked(item: Mapping[str, Any]) -> dict[str, Any]:
    return {**item, "problem": redactor(str(item["problem"]), always=True)}


def unauthorized() -> Response:
    """Returns the answer to a request without a valid token."""
    # A 401 must name the scheme (RFC 9110, 11.6.1).
    return problem(401, headers={"WWW-Authenticate": 'Bearer realm="api"'})


def unavailable() -> Response:
    """Returns the answer while the database cannot be used."""
    return problem(503, headers={"Retry-After": str(RETRY_SECONDS)})
