"""Does what a request asked for, when the reader has confirmed it by the link or the code."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from digest.config.profiles import loader as profile_loader
from digest.config.profiles.loader import LoadedProfiles
from digest.core.models.subscribers import SubscriptionOrigin
from digest.core.signup.consent_wording import site_consent
from digest.core.signup.link_tokens import CODE_TRIES, is_code
from digest.core.subscribers.due_times import AT_ONCE
from digest.core.subscribers.reconcile import address_key
from digest.pipeline.profiles.profile_sources import ProfileSource, with_email
from digest.pipeline.signup import undo
from digest.pipeline.signup.asking import RequestKind
from digest.pipeline.subscribers import leavings
from digest.pipeline.subscribers.administration import AddOutcome, add_checked
from digest.store.database.store import Connection, Store
from digest.store.signup import addresses, requests
from digest.store.signup.requests import SiteRequest
from digest.store.subscribers import bounces as bounce_store
from digest.store.subscribers import subscriptions


class ConfirmOutcome(StrEnum):
    """The result of a confirmation."""

    DONE = "done"
    EXPIRED = "expired"  # the request is not stored any more
    WRONG = "wrong"  # the code is not right
    USED_UP = "used up"  # too many codes were tried
    IMPOSSIBLE = "impossible"  # such as a new address that gets a digest already


class Confirmed(NamedTuple):
    """A request that was confirmed, and the result."""

    outcome: ConfirmOutcome
    subscription_id: int | None = None  # that it made or changed
    kind: RequestKind | None = None


def check_code(
    store: Store, request_id: int, typed: str, *, keys: Sequence[bytes]
) -> tuple[ConfirmOutcome, SiteRequest | None]:
    """Looks at a typed code; five may be tried for a request.

    Args:
        store: The database.
        request_id: The request.
        typed: The code, as typed.
        keys: All keys.
    """
    with store.write() as tx:
        request = requests.find(tx, request_id)
        if request is None:
            return ConfirmOutcome.EXPIRED, None
        if not requests.take_try(tx, request_id, limit=CODE_TRIES):
            return ConfirmOutcome.USED_UP, None
    if is_code(typed, request_id, at=request.asked_at, secrets=keys):
        return ConfirmOutcome.DONE, request
    used_up = request.tries + 1 >= CODE_TRIES
    return ConfirmOutcome.USED_UP if used_up else ConfirmOutcome.WRONG, None


def confirm(
    store: Store,
    request_id: int,
    *,
    way: str,
    keys: Sequence[bytes],
    profiles: LoadedProfiles,
    now: datetime,
) -> Confirmed:
    """Does what a request asked for; a second call changes nothing and succeeds.

    Args:
        store: The database.
        request_id: The request.
        way: How it was confirmed: `link` or `code`.
        keys: All keys.
        profiles: The profile files.
        now: The current time.

    """
    with store.write(durable=True) as tx:
        request = requests.find(tx, request_id)
        if request is None:
            return Confirmed(ConfirmOutcome.EXPIRED)
        kind = RequestKind(request.kind)
        if request.done_at is not None:
            return Confirmed(ConfirmOutcome.DONE, request.result_id, kind)
        if request.kind == RequestKind.SIGNUP:
            result = _sign_up(tx, request, way=way, keys=keys, profiles=profiles, now=now)
        elif request.kind == RequestKind.ADDRESS:
            result = _change_address(tx, request, keys=keys, now=now)
        elif request.kind == RequestKind.UNDO:
            result = undo.undo(tx, request, now=now)
        else:
            result = request.subscription_id
        if result is None:
            return Confirmed(ConfirmOutcome.IMPOSSIBLE, kind=kind)
        requests.finish(tx, request_id, result_id=result, now=now)
    return Confirmed(ConfirmOutcome.DONE, result, kind)


def _sign_up(
    tx: Connection,
    request: SiteRequest,
    *,
    way: str,
    keys: Sequence[bytes],
    profiles: LoadedProfiles,
    now: datetime,
) -> int | None:
    text, name = str(request.wish["profile"]), str(request.wish["name"])
    list_name = request.wish.get("list")
    parsed = profile_loader.parse(with_email(text, request.email), file=name).profile
    wording = str(request.wish["wording"])
    added = add_checked(
        tx,
        email=request.email,
        profile=ProfileSource(
            name=name, text=text, file=request.wish.get("file"), list_name=list_name
        ),
        parsed=parsed,
        now=now,
        keys=keys,
        profiles=profiles,
        consent=site_consent(wording, way=way, asked_at=request.asked_at, now=now),
        cause=f"sign-up on the site, the list {list_name}" if list_name else "sign-up on the site",
        origin=SubscriptionOrigin.WEB,
        due_at=AT_ONCE,
    )
    if added.outcome in (AddOutcome.LEFT, AddOutcome.HAS_FILE):
        return None
    live = subscriptions.live_subscriptions(tx, email=request.email)
    found = [
        item.subscription_id
        for item in live
        if (item.list_name == list_name if list_name else item.name == name)
    ]
    return found[-1] if found else None


def _change_address(
    tx: Connection, request: SiteRequest, *, keys: Sequence[bytes], now: datetime
) -> int | None:
    subscription = (
        bounce_store.find_subscription(tx, request.subscription_id)
        if request.subscription_id is not None
        else None
    )
    if subscription is None:
        return None
    old = subscription.email
    # A file would subscribe the old address again.
    live = subscriptions.live_subscriptions(tx, email=subscription.email)
    if any(item.origin is SubscriptionOrigin.FILE for item in live):
        return None
    # The reader may have changed the address again meanwhile.
    if old != request.wish["old"] or not addresses.change_email(tx, old, request.email, now=now):
        return None
    leavings.forget(tx, request.email, keys=keys)
    # An erasure of the new address would not find these.
    requests.remove_of_address(tx, address_key(old))
    requests.add(
        tx,
        kind=RequestKind.MOVED,
        email=old,
        wish={"language": request.wish.get("language", "")},
        now=now,
        with_mail=True,
        subscription_id=subscription.subscription_id,
    )
    return subscription.subscription_id
