"""Subscriptions: list, start, read, change the profile, pause, resume, stop."""

from typing import Annotated

from fastapi import Header, Path, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from digest.client.wire.common import MAX_ID, ApiList
from digest.client.wire.subscriptions import (
    ApiChanged,
    ApiNewSubscription,
    ApiPause,
    ApiProfileText,
    ApiStarted,
    ApiStoredProfile,
    ApiSubscription,
)
from digest.core.access.scopes import Scope
from digest.core.models.subscribers import SubscriptionOrigin
from digest.pipeline.access import subscriptions
from digest.pipeline.access.subscriptions import StoredText
from digest.store.access import pages
from digest.store.access.pages import ListedSubscription
from digest.web.api.endpoints import converting
from digest.web.api.endpoints.converting import MAX_PAGE, PRINTABLE
from digest.web.api.routing import ApiEndpoint, Parts, Token, etag, own_path

_LIST = "subscriptions"
SubscriptionId = Annotated[
    int, Path(ge=1, le=MAX_ID, description="The number of the subscription.")
]
_MAX_MATCH = 1000  # characters of an If-Match


def list_subscriptions(
    parts: Parts,
    *,
    email: Annotated[
        str | None,
        Query(max_length=254, pattern=PRINTABLE, description="Only those of this address."),
    ] = None,
    reader: Annotated[
        int | None, Query(ge=1, le=MAX_ID, description="Only those of the address of this number.")
    ] = None,
    ended: Annotated[bool, Query(description="Also those that have ended.")] = False,
    cursor: Annotated[str | None, Query(max_length=64, description="`next` of a page.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Entries of a page.")] = 50,
) -> ApiList[ApiSubscription]:
    """List subscriptions, oldest first."""
    after = converting.position(_LIST, cursor) or 0
    with parts.store.read() as tx:
        items = pages.subscriptions_after(
            tx, after, limit=limit + 1, email=email, reader=reader, ended=ended
        )
    return converting.page(
        _LIST,
        [_subscription(item) for item in items],
        limit=limit,
        last=[item.subscription.subscription_id for item in items],
    )


def start_subscription(
    parts: Parts, token: Token, request: Request, response: Response, body: ApiNewSubscription
) -> ApiStarted:
    """Start a subscription, with the consent of its reader.

    A reader who has left comes back only by a consent that is newer. The answer is 200 if the
    address had this subscription already.
    """
    result = subscriptions.start(
        parts.store,
        email=body.email,
        name=body.name,
        text=body.profile,
        consent=body.consent,
        token=token.name,
        keys=parts.keys,
        files=parts.load_profiles(),
        now=parts.clock(),
    )
    if not result.is_new:
        response.status_code = 200
    response.headers["Location"] = own_path(request, f"/subscriptions/{result.subscription_id}")
    return ApiStarted(id=result.subscription_id, created=result.is_new)


def read_subscription(parts: Parts, subscription: SubscriptionId) -> ApiSubscription:
    """Read a subscription, live or ended."""
    return _subscription(subscriptions.find(parts.store, subscription))


def read_profile(
    parts: Parts, response: Response, subscription: SubscriptionId
) -> ApiStoredProfile:
    """Read the profile of a subscription. Its ETag is needed to change it."""
    return _profile(subscriptions.profile_of(parts.store, subscription), response)


def change_profile(
    parts: Parts,
    response: Response,
    subscription: SubscriptionId,
    body: ApiProfileText,
    if_match: Annotated[
        str | None,
        Header(max_length=_MAX_MATCH, description="The ETag of the profile that was read."),
    ] = None,
) -> ApiStoredProfile:
    """Give a subscription another profile, unless it was changed meanwhile."""
    if if_match is None:
        raise HTTPException(428)
    changed = subscriptions.change_profile(
        parts.store,
        subscription,
        body.profile,
        # A weak tag keeps its `W/`, so it matches nothing (RFC 9110, 13.1.1).
        versions={part.strip().strip('"') for part in if_match.split(",")},
        now=parts.clock(),
    )
    return _profile(changed, response)


def pause_subscription(parts: Parts, subscription: SubscriptionId, body: ApiPause) -> ApiChanged:
    """Pause a subscription, until a moment or until it is resumed."""
    subscriptions.pause(parts.store, subscription, until=body.until, now=parts.clock())
    return ApiChanged(id=subscription, state="paused")


def resume_subscription(parts: Parts, subscription: SubscriptionId) -> ApiChanged:
    """Resume a subscription, with the papers from now on."""
    subscriptions.resume(parts.store, subscription, now=parts.clock())
    return ApiChanged(id=subscription, state="active")


def stop_subscription(parts: Parts, subscription: SubscriptionId) -> ApiChanged:
    """End a subscription. With the last one of an address, its reader has left."""
    subscriptions.stop(parts.store, subscription, now=parts.clock())
    return ApiChanged(id=subscription, state="stopped")


def _subscription(item: ListedSubscription) -> ApiSubscription:
    known = item.subscription
    return ApiSubscription(
        id=known.subscription_id,
        reader=item.address_id,
        email=known.email,
        name=known.name,
        origin=known.origin.value,
        status=known.status.value,
        paused=known.paused,
        mailing_list=known.list_name,
        follows_file=known.origin is SubscriptionOrigin.FILE or known.profile_file is not None,
        created_at=item.created_at,
        ended_at=item.ended_at,
        next_due=item.next_due if item.ended_at is None else None,
    )


def _profile(stored: StoredText, response: Response) -> ApiStoredProfile:
    response.headers["ETag"] = etag(stored.version)
    return ApiStoredProfile(profile=stored.text)


def _of(method: str, path: str, scope: Scope, call: object, status: int = 200) -> ApiEndpoint:
    return ApiEndpoint(
        method=method,
        path=f"/subscriptions{path}",
        scope=scope,
        call=call,  # type: ignore[arg-type]
        status=status,
    )


ENDPOINTS = (
    _of("GET", "", Scope.SUBSCRIPTIONS_READ, list_subscriptions),
    _of("POST", "", Scope.SUBSCRIPTIONS_WRITE, start_subscription, 201),
    _of("GET", "/{subscription}", Scope.SUBSCRIPTIONS_READ, read_subscription),
    _of("GET", "/{subscription}/profile", Scope.SUBSCRIPTIONS_READ, read_profile),
    _of("PUT", "/{subscription}/profile", Scope.SUBSCRIPTIONS_WRITE, change_profile),
    _of("POST", "/{subscription}/pause", Scope.SUBSCRIPTIONS_WRITE, pause_subscription),
    _of("POST", "/{subscription}/resume", Scope.SUBSCRIPTIONS_WRITE, resume_subscription),
    _of("POST", "/{subscription}/stop", Scope.SUBSCRIPTIONS_WRITE, stop_subscription),
)
