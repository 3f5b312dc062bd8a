"""Generates the pages about the HTTP API: its description, and who may do what."""

import json
from collections.abc import Iterator
from http import HTTPStatus

_INTRO = """\
# The resources of the HTTP API

This page is generated from the code. [The HTTP API](../http-api.md) explains how to use it;
[openapi.json](openapi.json) describes every request and answer. All paths are below `/api/v1`.

| request | what it does | scope of the token |
| --- | --- | --- |
"""

_RIGHTS = """
## Scopes

| scope | what it allows |
| --- | --- |
"""

_MATRIX = """
## Who is let through

A test sends every request of the table above with every kind of token. The token is checked before
anything else of a request is read.

| the request has | answer |
| --- | --- |
| no token, or something else in `Authorization` | 401 |
| a token that is unknown, expired or revoked | 401 |
| the token of a link in a message to a reader | 401 |
| a valid token without the scope of the request | 403 |
| a valid token with the scope | what the request gives |
| a valid token, for a request that needs no scope | what the request gives |

## Answers

| status | when |
| --- | --- |
"""

_STATUSES = {
    200: "done",
    201: "something was made; `Location` leads to it",
    202: "asked for; the scheduler does it",
    204: "done, and there is nothing to say",
    304: "the client has this version (`If-None-Match`)",
    400: "the body is no JSON",
    401: "there is no valid token",
    403: "the token does not have the scope",
    404: "there is no such resource",
    405: "the resource does not have this method; `Allow` names those that it has",
    408: "the body came too slowly",
    409: "the state of the resource does not allow this",
    412: "the profile was changed meanwhile (`If-Match`)",
    413: "the body is larger than 128 KB",
    415: "the body is no `application/json`",
    422: "a part of the request is wrong; `errors` names it",
    428: "`If-Match` is missing",
    429: "too many requests in this minute; `Retry-After` says how long to wait",
    500: "a bug, which the log of the server describes",
    503: "the database cannot be used, or many rankings wait; `Retry-After` says how long to wait",
}


def description() -> str:
    """Returns docs/reference/openapi.json."""
    from digest.web.api.application import build_api

    return json.dumps(build_api(None).openapi(), ensure_ascii=False, indent=1) + "\n"


def resources_page() -> str:
    """Returns docs/reference/http-api.md."""
    from digest.core.access.scopes import MEANINGS

    rights = "".join(f"| `{scope}` | {meaning} |\n" for scope, meaning in MEANINGS.items())
    statuses = "".join(
        f"| {status} {HTTPStatus(status).phrase} | {when} |\n" for status, when in _STATUSES.items()
    )
    return "".join((_INTRO, *_rows(), _RIGHTS, rights, _MATRIX, statuses))


def _rows() -> Iterator[str]:
    from digest.web.api.application import ENDPOINTS

    for endpoint in sorted(ENDPOINTS, key=lambda item: (item.path, item.method)):
        summary = (endpoint.call.__doc__ or "").partition("\n")[0].rstrip(".")
        scope = f"`{endpoint.scope}`" if endpoint.scope else "any"
        yield f"| `{endpoint.method} {endpoint.path}` | {summary} | {scope} |\n"
