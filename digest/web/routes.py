"""The HTTP endpoints as an ASGI application, which `digest serve` runs.

GET and HEAD change nothing, because link scanners of mail providers send them. A POST changes a
subscription by its token alone, without login, cookie or redirect (RFC 8058). The answer to a POST
depends on the signature of the token alone, never on the database, so it does not tell whether an
address or a subscription exists.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message
from urllib.parse import parse_qsl

import anyio
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from digest.app.message_headers import UNSUBSCRIBE_PATH
from digest.core.subscribers import signed_tokens
from digest.errors import StoreError
from digest.pipeline.subscribers import unsubscribe
from digest.store.database.store import Store
from digest.web.health import FRESH_SECONDS, Health
from digest.web.pages import Pages

_MAX_BODY = 4096  # bytes; a one-click POST has 26, or about 200 as multipart
_MAX_FIELDS = 20  # of a form; ours have one
_BODY_SECONDS = 10
_ONE_CLICK = ("List-Unsubscribe", "One-Click")
_CHALLENGE_LENGTHS = range(16, 65)
_UNAUTHORIZED = "Send the token: Authorization: Bearer DIGEST_METRICS_TOKEN\n"
# A 401 must name the scheme (RFC 9110, 11.6.1).
_UNAUTHORIZED_HEADERS = {
    "WWW-Authenticate": 'Bearer realm="metrics"',
    "Content-Type": "text/plain; charset=utf-8",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The dependencies of the endpoints."""

    store: Store
    keys: Sequence[bytes]
    pages: Pages
    clock: Callable[[], datetime]
    log: Callable[[str], None]  # takes one line for the operator, without tokens
    # The state of the scheduler in this process, for /healthz; None: there is no scheduler.
    scheduler: Callable[[], str] | None = None
    queue_limit: timedelta = timedelta(hours=6)  # how long an edition may wait to be sent
    metrics_token: str | None = None  # required to read /metrics; None: there is no /metrics
    fresh_seconds: float = FRESH_SECONDS  # how long the cached state is used


def create_app(site: Site, *, prefix: str = "") -> Starlette:
    """Returns the application.

    Args:
        site: the dependencies of the endpoints.
        prefix: the path of DIGEST_BASE_URL; requests are accepted with it and without it.
    """
    health = Health(
        site.store,
        clock=site.clock,
        queue_limit=site.queue_limit,
        log=site.log,
        fresh_seconds=site.fresh_seconds,
    )
    routes = [
        Route(f"{start}{path}", endpoint, methods=[method])
        for start in dict.fromkeys(("", prefix))
        for path, method, endpoint in (
            (UNSUBSCRIBE_PATH + "{token}", "GET", _page(site)),
            (UNSUBSCRIBE_PATH + "{token}", "POST", _change(site)),
            ("/healthz", "GET", _health(site, health)),
            ("/metrics", "GET", _metrics(site, health)),
        )
    ]
    missing = {404: _missing(site), 405: _missing(site)}
    application = Starlette(routes=routes, exception_handlers=missing)
    # A mail provider follows no redirect; without this, a link with "/" at its end gets one.
    application.router.redirect_slashes = False
    application.state.health = health
    return application


Endpoint = Callable[[Request], Awaitable[Response]]


def _page(site: Site) -> Endpoint:
    async def page(request: Request) -> Response:
        # The page of a wrong token has no button, because the button could not do anything.
        if not _is_signed(site, request):
            return site.pages.answer("incomplete", status=404)
        return site.pages.answer("unsubscribe")

    return page


def _change(site: Site) -> Endpoint:
    async def change(request: Request) -> Response:
        # Anybody can send a POST, so its time and size are limited.
        try:
            with anyio.fail_after(_BODY_SECONDS):
                body = await _body(request)
        except (TimeoutError, ClientDisconnect):
            return site.pages.answer("again", status=408)
        if body is None:
            return site.pages.answer("again", status=413)
        wish = _parse_wish(request.headers.get("content-type", ""), body)
        if wish is None:
            return site.pages.answer("again", status=400)
        if not _is_signed(site, request):
            # Not a redirect and not a success: a mail provider would tell its user that it worked.
            return site.pages.answer("incomplete", status=404)
        try:
            # In a thread, because the database would block all other requests.
            await run_in_threadpool(_apply, site, wish, request.path_params["token"])
        except StoreError as error:
            site.log(f"serve: {error}")
            return site.pages.answer("later", status=503, headers={"Retry-After": "300"})
        return site.pages.answer("left" if wish == "one-click" else wish)

    return change


def _health(site: Site, health: Health) -> Endpoint:
    async def answer_health(request: Request) -> Response:
        challenge = request.query_params.get("challenge", "")
        answer = {"status": await run_in_threadpool(health.status)}
        if site.scheduler is not None:
            answer["scheduler"] = site.scheduler()
        # Proves to `digest doctor` that this site has the same DIGEST_SECRET, without revealing it.
        if challenge.isascii() and challenge.isalnum() and len(challenge) in _CHALLENGE_LENGTHS:
            answer["proof"] = signed_tokens.proof_of_key(challenge, secret=site.keys[0])
        code = 200 if answer["status"] == "ok" else 503
        return JSONResponse(answer, status_code=code, headers={"Cache-Control": "no-store"})

    return answer_health


def _metrics(site: Site, health: Health) -> Endpoint:
    async def answer_metrics(request: Request) -> Response:
        if site.metrics_token is None:
            return site.pages.answer("missing", status=404)
        # Not 404: the operator of Prometheus must see that the token is wrong, not the address. That
        # there is a /metrics is no secret; it is in the documentation.
        if not _may_read(request, site.metrics_token):
            return Response(_UNAUTHORIZED, status_code=401, headers=_UNAUTHORIZED_HEADERS)
        from digest.web import metrics  # imported only if it is used

        page = await run_in_threadpool(metrics.exposition, health.snapshot)
        headers = {"Content-Type": metrics.CONTENT_TYPE, "Cache-Control": "no-store"}
        return Response(page, headers=headers)

    return answer_metrics


def _may_read(request: Request, token: str) -> bool:
    # The name of the scheme ignores case (RFC 9110, 11.1).
    scheme, _, request_token = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and signed_tokens.constant_time_equal(
        request_token.strip(), token
    )


def _missing(site: Site) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def missing(_: Request, error: Exception) -> Response:
        return site.pages.answer("missing", status=getattr(error, "status_code", 404))

    return missing


def _is_signed(site: Site, request: Request) -> bool:
    """Tells whether this installation signed the token; does not look into the database."""
    token = request.path_params["token"]
    return signed_tokens.verify(signed_tokens.UNSUBSCRIBE, token, secrets=site.keys) is not None


def _apply(site: Site, wish: str, token: str) -> None:
    if wish in ("left", "one-click"):
        origin = "web" if wish == "left" else wish
        unsubscribe.unsubscribe(site.store, token, keys=site.keys, origin=origin, now=site.clock())
    else:
        unsubscribe.set_paused(site.store, token, keys=site.keys, paused=wish == "paused")


async def _body(request: Request) -> bytes | None:
    """Returns the body; None if it is longer than any form of ours."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY:
            return None
    return body


def _parse_wish(content_type: str, body: bytes) -> str | None:
    """Returns what a POST asks for: left, one-click, paused or resumed; else None."""
    try:
        fields = dict(_form_fields(content_type, body))
    except ValueError:  # no form that a mail provider or one of our pages sends
        return None
    if fields.get(_ONE_CLICK[0]) == _ONE_CLICK[1]:
        return "one-click"
    wish = fields.get("wish")
    return wish if wish in ("left", "paused", "resumed") else None


def _form_fields(content_type: str, body: bytes) -> list[tuple[str, str]]:
    """Returns the fields of a form, urlencoded or multipart (RFC 7578); RFC 8058 allows both.

    Raises:
        ValueError: the form cannot be read, or has more than `_MAX_FIELDS` fields.
    """
    if not content_type.lower().startswith("multipart/form-data"):
        return parse_qsl(body.decode("utf-8", "replace"), max_num_fields=_MAX_FIELDS)
    head = b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n"
    # A multipart form has the syntax of a multipart e-mail.
    payload = message_from_bytes(head + body).get_payload()
    parts = payload if isinstance(payload, list) else []
    if len(parts) > _MAX_FIELDS:
        raise ValueError("too many fields")
    return [
        (str(part.get_param("name", header="content-disposition")), _value(part))
        for part in parts
        if isinstance(part, Message)
    ]


def _value(part: Message) -> str:
    value = part.get_payload(decode=True)
    return value.decode("utf-8", "replace").strip() if isinstance(value, bytes) else ""
