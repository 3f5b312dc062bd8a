"""The routes of the HTTP API: each has a scope, and the same rules for headers.

FastAPI calls the handler of a route before it reads the body, so scope and media type are checked
first, and a request with an Idempotency-Key is done once.
"""

import hashlib
from collections.abc import Callable, Coroutine, Mapping
from typing import Annotated, Any

from fastapi import Depends
from fastapi.routing import APIRoute
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from digest.core.access.scopes import Scope
from digest.core.access.tokens import ApiToken
from digest.web.api.guard import TOKEN
from digest.web.api.idempotency import done_once
from digest.web.api.parts import ApiParts
from digest.web.api.problems import problem

SCOPE_KEY = "x-scope"  # in the OpenAPI document
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class ApiEndpoint(Struct, frozen=True, kw_only=True):
    """One method of one resource."""

    method: str
    path: str
    scope: Scope | None  # None: any valid token
    call: Callable[..., Any]
    status: int = 200
    media_type: str = "application/json"  # of the answer


async def _parts(request: Request) -> ApiParts:
    parts: ApiParts = request.app.state.parts
    return parts


async def _token(request: Request) -> ApiToken:
    token: ApiToken = request.scope[TOKEN]
    return token


Parts = Annotated[ApiParts, Depends(_parts)]
Token = Annotated[ApiToken, Depends(_token)]


class GuardedRoute(APIRoute):
    """A route with a scope, ETags and idempotent POSTs."""

    def get_route_handler(self) -> Handler:
        """Returns the handler with the checks before it."""
        handle = super().get_route_handler()
        scope: str | None = (self.openapi_extra or {}).get(SCOPE_KEY)
        wants_json = self.body_field is not None

        async def guarded(request: Request) -> Response:
            token: ApiToken = request.scope[TOKEN]
            if scope is not None and scope not in token.scopes:
                return problem(403, f"The token does not have the scope {scope}.")
            if wants_json and not _is_json(request.headers.get("content-type", "")):
                return problem(415, headers={"Accept": "application/json"})
            if request.method == "POST":
                return await done_once(request, handle, parts=await _parts(request), token=token)
            response = await handle(request)
            return _validated(request, response) if request.method == "GET" else response

        return guarded


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


def _validated(request: Request, response: Response) -> Response:
    """Returns the answer with its ETag, or 304 if the client has it (RFC 9110, 13.1.2)."""
    if response.status_code != 200:
        return response
    tag = response.headers.get("etag") or etag(hashlib.sha256(response.body).hexdigest()[:32])
    response.headers["ETag"] = tag
    if matches(request.headers.get("if-none-match", ""), tag):
        kept: Mapping[str, str] = {"ETag": tag}
        return Response(status_code=304, headers=dict(kept))
    return response


def own_path(request: Request, path: str) -> str:
    """Returns the path of a resource on this site, as a client asks for it."""
    return f"{request.scope.get('root_path', '')}{path}"


def etag(version: str) -> str:
    """Returns the strong ETag of a version."""
    return f'"{version}"'


def matches(header: str, tag: str) -> bool:
    """Whether an If-Match or If-None-Match names an ETag, or accepts any."""
    given = [part.strip().removeprefix("W/") for part in header.split(",")]
    return "*" in given or tag in given
