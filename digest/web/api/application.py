"""The HTTP API as an ASGI application."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from digest.errors import ProfileError, StoreError, UsageError
from digest.pipeline.access.refusals import RefusalKind, RequestRefused
from digest.version import __version__
from digest.web.api.endpoints import (
    editions,
    feedback,
    operations,
    papers,
    profiles,
    subscriptions,
)
from digest.web.api.openapi import DESCRIPTION, SERVERS, complete
from digest.web.api.parts import ApiParts
from digest.web.api.problems import problem, unavailable
from digest.web.api.ranking_queue import RankingQueue
from digest.web.api.routing import SCOPE_KEY, ApiEndpoint, GuardedRoute

ENDPOINTS: tuple[ApiEndpoint, ...] = (
    *operations.ENDPOINTS,
    *papers.ENDPOINTS,
    *profiles.ENDPOINTS,
    *subscriptions.ENDPOINTS,
    *feedback.ENDPOINTS,
    *editions.ENDPOINTS,
)
"""All methods of all resources, below /api/v1."""

_STATUS: Mapping[RefusalKind, int] = {
    RefusalKind.MISSING: 404,
    RefusalKind.CONFLICT: 409,
    RefusalKind.CHANGED: 412,
    RefusalKind.INVALID: 422,
}


def build_api(parts: ApiParts | None) -> FastAPI:
    """Returns the application.

    Args:
        parts: its dependencies; None: only its description is asked for.
    """
    app = FastAPI(
        title="Paper Digest",
        version=__version__,
        description=DESCRIPTION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        servers=SERVERS,
    )
    app.state.parts = parts
    app.state.queue = RankingQueue()
    app.router.route_class = GuardedRoute
    for endpoint in ENDPOINTS:
        _add(app, endpoint)
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)
    describe = app.openapi
    app.openapi = lambda: complete(describe(), ENDPOINTS)  # type: ignore[method-assign]
    return app


def _add(app: FastAPI, endpoint: ApiEndpoint) -> None:
    is_json = endpoint.media_type == "application/json"
    name: str = endpoint.call.__name__
    more: dict[str, Any] = {} if is_json else {"response_class": _Bytes, "response_model": None}
    if endpoint.status == 204:
        more = {"response_class": Response, "response_model": None}
    app.add_api_route(
        endpoint.path,
        endpoint.call,
        methods=[endpoint.method],
        status_code=endpoint.status,
        operation_id=name,
        openapi_extra={SCOPE_KEY: endpoint.scope.value} if endpoint.scope else None,
        **more,
    )


class _Bytes(Response):
    """An answer whose media type is described by hand."""


async def _refused(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, RequestRefused)  # noqa: S101 - how it is registered
    return problem(_STATUS[error.kind], _sentence(str(error)))


async def _wrong_profile(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, ProfileError)  # noqa: S101 - how it is registered
    place: dict[str, Any] = {"where": "body.profile", "problem": error.problem}
    if error.line is not None:
        place |= {"line": error.line, "column": error.column}
    return problem(422, "The profile cannot be used.", errors=[place])


async def _wrong_usage(request: Request, error: Exception) -> Response:
    del request
    return problem(422, _sentence(str(error)))


async def _no_database(request: Request, error: Exception) -> Response:
    parts: ApiParts = request.app.state.parts
    parts.log(f"serve: {error}")
    return unavailable()


async def _invalid(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, RequestValidationError)  # noqa: S101 - how it is registered
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return problem(400, "The body is no JSON.")
    # Without the values, which may name a reader.
    places = [
        {"where": ".".join(str(part) for part in item["loc"]), "problem": item["msg"]}
        for item in found
    ]
    return problem(422, errors=places)


async def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - how it is registered
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_allowed(request))
    # What Starlette and FastAPI say by themselves is no sentence.
    detail = error.detail if error.detail.endswith(".") else ""
    return problem(error.status_code, detail, headers=headers)


async def _bug(request: Request, error: Exception) -> Response:
    parts: ApiParts = request.app.state.parts
    # Without its text, which may contain what the client sent.
    parts.log(f"serve: the API failed: {_place(error)}")
    return problem(500)


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{where}"


def _allowed(request: Request) -> Iterator[str]:
    """Yields the methods of a resource."""
    for route in request.app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            for method in sorted(route.methods or ()):
                yield method
                if method == "GET":
                    yield "HEAD"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


_HANDLERS: Mapping[type[Exception], Any] = {
    RequestRefused: _refused,
    ProfileError: _wrong_profile,
    UsageError: _wrong_usage,
    StoreError: _no_database,
    RequestValidationError: _invalid,
    HTTPException: _failed,
    Exception: _bug,
}
