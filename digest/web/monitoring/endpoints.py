"""The endpoints of /healthz and /metrics."""

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from digest.core.subscribers import signed_tokens
from digest.web.monitoring.health import Health
from digest.web.site import Site

_CHALLENGE_LENGTHS = range(16, 65)
_UNAUTHORIZED = "Send the token: Authorization: Bearer DIGEST_METRICS_TOKEN\n"
# A 401 must name the scheme (RFC 9110, 11.6.1).
_UNAUTHORIZED_HEADERS = {
    "WWW-Authenticate": 'Bearer realm="metrics"',
    "Content-Type": "text/plain; charset=utf-8",
    "Cache-Control": "no-store",
}


def health_endpoint(site: Site, health: Health) -> Callable[[Request], Awaitable[Response]]:
    """Returns the endpoint of /healthz."""

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


def metrics_endpoint(site: Site, health: Health) -> Callable[[Request], Awaitable[Response]]:
    """Returns the endpoint of /metrics."""

    async def answer_metrics(request: Request) -> Response:
        if site.metrics_token is None:
            return site.pages.for_request(request).answer("missing", status=404)
        # Not 404: the operator of Prometheus must see that the token is wrong, not the address. That
        # there is a /metrics is no secret; it is in the documentation.
        if not _may_read(request, site.metrics_token):
            return Response(_UNAUTHORIZED, status_code=401, headers=_UNAUTHORIZED_HEADERS)
        from digest.web.monitoring import metrics  # imported only if it is used

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
