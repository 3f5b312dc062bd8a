"""Unsubscribes, pauses and resumes subscriptions for readers who follow a link in a message.

Whoever has the token of a message may do this. With a token that is not or no longer valid, these
functions do nothing; they do not tell the caller, so that nobody can try out tokens.
"""

from collections.abc import Sequence
from datetime import datetime

from digest.core.models.subscribers import AddressStatus
from digest.core.subscribers import signed_tokens
from digest.core.subscribers.reconcile import CLOSED
from digest.store.database.store import Store
from digest.store.mailing_lists import memberships
from digest.store.signup import pauses
from digest.store.subscribers import bounces as bounce_store
from digest.store.subscribers import subscriptions


def unsubscribe(
    store: Store,
    token: str,
    *,
    keys: Sequence[bytes],
    origin: str,
    now: datetime,
    everything: bool = False,
) -> str | None:
    """Ends all mail to the address of the token's subscription, or leaves its mailing list.

    The commit survives a power failure. A second call changes nothing.

    Args:
        store: The database.
        token: The token, as received.
        keys: All keys whose signatures are accepted.
        origin: How the request came, for the consent log: `one-click`, `web` or `mailto`.
        now: The current time.
        everything: Also end all other mail if the subscription belongs to a mailing list.

    Returns:
        The address, or None if the token is not valid. It is meant for the operator; do not show
        it to whoever sent the token.
    """
    subscription_id = signed_tokens.verify(signed_tokens.UNSUBSCRIBE, token, secrets=keys)
    if subscription_id is None:
        return None
    return leave(store, subscription_id, origin=origin, now=now, everything=everything)


def leave(
    store: Store, subscription_id: int, *, origin: str, now: datetime, everything: bool = False
) -> str | None:
    """Ends all mail to the address of a subscription, or leaves its list; see `unsubscribe`."""
    with store.write(durable=True) as tx:
        subscription = bounce_store.find_subscription(tx, subscription_id)
        # The address was erased.
        if subscription is None:
            return None
        if subscription.list_name is not None and not everything:
            memberships.leave(tx, subscription, origin=origin, now=now)
        elif subscription.status not in CLOSED:
            subscriptions.set_status(
                tx,
                subscription.email,
                AddressStatus.UNSUBSCRIBED,
                event="unsubscribed",
                origin=origin,
                detail="",
                now=now,
            )
    return subscription.email


def set_paused(store: Store, token: str, *, keys: Sequence[bytes], paused: bool) -> None:
    """Pauses or resumes only the subscription of the token.

    Args:
        store: The database.
        token: The token, as received.
        keys: All keys whose signatures are accepted.
        paused: True to pause; False to resume, with the papers from now on.
    """
    subscription_id = signed_tokens.verify(signed_tokens.UNSUBSCRIBE, token, secrets=keys)
    if subscription_id is not None:
        with store.write() as tx:
            pauses.set_paused(tx, subscription_id, paused=paused)
