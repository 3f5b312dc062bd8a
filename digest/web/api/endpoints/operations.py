"""Runs of jobs, webhooks, the token itself, and whether the program is well."""

from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from digest.client.wire.common import MAX_ID, ApiHealth, ApiList, ApiTokenInfo
from digest.client.wire.operations import (
    ApiCreatedWebhook,
    ApiNewWebhook,
    ApiRequestedRun,
    ApiRun,
    ApiRunRequest,
    ApiWebhook,
    ApiWebhookList,
)
from digest.core.access.scopes import Scope
from digest.core.access.webhooks import SECRET_BYTES, WebhookEvent
from digest.pipeline.access import runs, webhooks
from digest.pipeline.access.refusals import RefusalKind, RequestRefused
from digest.store.access import pages
from digest.store.access import webhooks as webhook_store
from digest.store.access.webhooks import Webhook
from digest.version import __version__
from digest.web.api.endpoints import converting
from digest.web.api.endpoints.converting import MAX_PAGE, PRINTABLE
from digest.web.api.routing import ApiEndpoint, Parts, Token, own_path

_LIST = "runs"
WebhookId = Annotated[int, Path(ge=1, le=MAX_ID, description="The number of the webhook.")]


def read_health(parts: Parts) -> ApiHealth:
    """Read whether the program is well. The status is 200 also if it is not."""
    return ApiHealth(status=parts.status(), version=__version__)


def read_token(token: Token) -> ApiTokenInfo:
    """Read what the token allows."""
    return ApiTokenInfo(
        name=token.name,
        scopes=[scope.value for scope in token.scopes],
        expires_at=token.expires_at.isoformat() if token.expires_at else None,
        requests=token.requests,
    )


def read_document(request: Request) -> JSONResponse:
    """Read this description of the API (OpenAPI)."""
    return JSONResponse(request.app.openapi())


def list_runs(
    parts: Parts,
    job: Annotated[
        str | None, Query(max_length=40, pattern=PRINTABLE, description="Only those of this job.")
    ] = None,
    cursor: Annotated[str | None, Query(max_length=64, description="`next` of a page.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Entries of a page.")] = 50,
) -> ApiList[ApiRun]:
    """List runs of jobs, newest first."""
    before = converting.position(_LIST, cursor)
    with parts.store.read() as tx:
        items = pages.runs_before(tx, before, limit=limit + 1, job=job)
    found = [
        ApiRun(
            id=item.run_id,
            job=item.job,
            slot=item.slot,
            started_at=item.started_at,
            finished_at=item.finished_at,
            outcome=item.outcome,
            problems=list(item.problems),
        )
        for item in items
    ]
    return converting.page(_LIST, found, limit=limit, last=[item.run_id for item in items])


def request_run(parts: Parts, body: ApiRunRequest) -> ApiRequestedRun:
    """Ask the scheduler to run a job as soon as possible."""
    runs.request(parts.store, body.job, now=parts.clock())
    return ApiRequestedRun(job=body.job, state="requested")


def list_webhooks(parts: Parts) -> ApiWebhookList:
    """List all webhooks."""
    with parts.store.read() as tx:
        items = [
            _webhook(item, waiting=webhook_store.waiting(tx, item.webhook_id))
            for item in webhook_store.all_webhooks(tx)
        ]
    return ApiWebhookList(items=items)


def add_webhook(
    parts: Parts, request: Request, response: Response, body: ApiNewWebhook
) -> ApiCreatedWebhook:
    """Add a webhook. Its secret is shown only now."""
    number, secret = webhooks.create(
        parts.store,
        url=body.url,
        events=[WebhookEvent(name) for name in body.events],
        secret=parts.random_bytes(SECRET_BYTES),
        now=parts.clock(),
    )
    response.headers["Location"] = own_path(request, f"/webhooks/{number}")
    return ApiCreatedWebhook(id=number, secret=secret)


def read_webhook(parts: Parts, webhook: WebhookId) -> ApiWebhook:
    """Read a webhook, without its secret."""
    with parts.store.read() as tx:
        found = webhook_store.find(tx, webhook)
        if found is None:
            raise _no_webhook()
        return _webhook(found, waiting=webhook_store.waiting(tx, webhook))


def resume_webhook(parts: Parts, webhook: WebhookId) -> ApiWebhook:
    """Switch a webhook on again; it is told what happens from now on, and what waits for it."""
    if not webhooks.resume(parts.store, webhook, now=parts.clock()):
        raise _no_webhook()
    return read_webhook(parts, webhook)


def remove_webhook(parts: Parts, webhook: WebhookId) -> Response:
    """Remove a webhook, and what waits for it."""
    if not webhooks.remove(parts.store, webhook):
        raise _no_webhook()
    return Response(status_code=204)


def _no_webhook() -> RequestRefused:
    return RequestRefused(RefusalKind.MISSING, "there is no such webhook")


def _webhook(item: Webhook, *, waiting: int) -> ApiWebhook:
    return ApiWebhook(
        id=item.webhook_id,
        url=item.url,
        events=[event.value for event in item.events],
        created_at=item.created_at,
        waiting=waiting,
        failing_since=item.failing_since,
        problem=item.problem,
        disabled_at=item.disabled_at,
    )


_HOOK = "/webhooks/{webhook}"
_WRITE = Scope.WEBHOOKS_WRITE
ENDPOINTS = (
    ApiEndpoint(method="GET", path="/health", scope=None, call=read_health),
    ApiEndpoint(method="GET", path="/token", scope=None, call=read_token),
    ApiEndpoint(method="GET", path="/openapi.json", scope=None, call=read_document),
    ApiEndpoint(method="GET", path="/runs", scope=Scope.RUNS_READ, call=list_runs),
    ApiEndpoint(method="POST", path="/runs", scope=Scope.RUNS_WRITE, call=request_run, status=202),
    ApiEndpoint(method="GET", path="/webhooks", scope=_WRITE, call=list_webhooks),
    ApiEndpoint(method="POST", path="/webhooks", scope=_WRITE, call=add_webhook, status=201),
    ApiEndpoint(method="GET", path=_HOOK, scope=_WRITE, call=read_webhook),
    ApiEndpoint(method="POST", path=f"{_HOOK}/resume", scope=_WRITE, call=resume_webhook),
    ApiEndpoint(method="DELETE", path=_HOOK, scope=_WRITE, call=remove_webhook, status=204),
)
