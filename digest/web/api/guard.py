"""Stands before the HTTP API: tokens, limits, sizes, headers. Nothing else runs without a token.

FastAPI reads the body of a request before it asks whether it is allowed, so this is asked here.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import cache

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest.core.access.tokens import ApiToken, bearer_token
from digest.errors import StoreError
from digest.pipeline.access import tokens
from digest.pipeline.access.allowance import RequestAllowance
from digest.web.api.parts import ApiParts
from digest.web.api.problems import problem, unauthorized, unavailable
from digest.web.security.forms import BodyRefused, read_body
from digest.web.security.headers import data_headers

MAX_BODY = 131_072  # bytes: a profile of the largest size, each character escaped once
TOKEN = "digest.token"  # noqa: S105 - the key of the token in the scope of a request
_WITH_BODY = ("POST", "PUT", "PATCH", "DELETE")


class ApiGuard:
    """An ASGI application that lets requests with a valid token through.

    Args:
        parts: the dependencies of the API.
        build: returns the application behind it; called once, when the first valid token comes.
    """

    def __init__(self, parts: ApiParts, build: Callable[[ApiParts], ASGIApp]) -> None:
        self._parts = parts
        self._allowance = RequestAllowance(parts.store)
        self._build = cache(lambda: build(parts))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        send = _finished(scope, send)
        request = Request(scope, receive)
        try:
            refusal = await self._refusal(request)
            if refusal is not None:
                await refusal(scope, receive, send)
                return
            body = await _body(request)
            app = await run_in_threadpool(self._build)
        except BodyRefused as refused:
            await problem(refused.status)(scope, receive, send)
            return
        except StoreError as error:
            self._parts.log(f"serve: {error}")
            await unavailable()(scope, receive, send)
            return
        # An unexpected error is logged and answered by then (`digest.web.api.application`).
        with suppress(Exception):
            await app(scope, _repeated(body, receive), send)

    async def _refusal(self, request: Request) -> Response | None:
        text = bearer_token(request.headers.get("authorization", ""))
        now = self._parts.clock()
        token, wait = await run_in_threadpool(self._checked, text, now)
        if token is None:
            return unauthorized()
        if wait:
            return problem(429, headers={"Retry-After": str(wait)})
        request.scope[TOKEN] = token
        return None

    def _checked(self, text: str | None, now: datetime) -> tuple[ApiToken | None, int]:
        """Returns the valid token, and how many seconds it must wait."""
        token = tokens.find_valid(self._parts.store, text, now=now)
        return token, 0 if token is None else self._allowance.take(token, now=now)


async def _body(request: Request) -> bytes:
    if request.method not in _WITH_BODY:
        return b""
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and (len(length) > 9 or int(length) > MAX_BODY):
        raise BodyRefused(413)
    return await read_body(request, max_body=MAX_BODY)


def _repeated(body: bytes, receive: Receive) -> Receive:
    """Returns what gives an application the body that was read already."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def repeat() -> Message:
        return messages.pop() if messages else await receive()

    return repeat


def _finished(scope: Scope, send: Send) -> Send:
    """Returns a `send` that adds the headers of every answer, and no body to that of a HEAD."""
    is_head = scope["method"] == "HEAD"
    if is_head:
        # Every resource with GET has HEAD (RFC 9110, 9.1).
        scope["method"] = "GET"

    async def finish(message: Message) -> None:
        if message["type"] == "http.response.start":
            _add_headers(MutableHeaders(scope=message), data_headers())
        elif is_head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return finish


def _add_headers(headers: MutableHeaders, more: Mapping[str, str]) -> None:
    for name, value in more.items():
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", "private, no-cache")
    headers.add_vary_header("Authorization")
