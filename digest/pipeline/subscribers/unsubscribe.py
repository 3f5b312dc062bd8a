"""What a reader, or a mail server in a reader's place, answers: stop, pause, go on.

The holder of a letter's token may do this to its subscription, and nothing tells whether a
token was good: each of these does nothing for one that is not, or no longer.
"""

from collections.abc import Sequence
from datetime import datetime

from digest.core.models.subscribers import AddressStatus
from digest.core.subscribers import signed_tokens
from digest.core.subscribers.reconcile import CLOSED
from digest.store.database.store import Store
from digest.store.subscribers import bounces as bounce_store
from digest.store.subscribers import subscriptions


def unsubscribe(
    store: Store, token: str, *, keys: Sequence[bytes], origin: str, now: datetime
) -> str | None:
    """Ends all mail to the address of the token's subscription, for good.

    The commit survives a power cut. Doing it again changes nothing.

    Args:
        store: where it is kept.
        token: as it came in.
        keys: all that count; of the tokens' purpose `links.UNSUBSCRIBE`.
        origin: for the consent log: `one-click`, `web`, `mailto`.
        now: the moment.

    Returns:
        The address, if the token is good; for the operator, never for who sent the token.
    """
    subscription_id = signed_tokens.verify(signed_tokens.UNSUBSCRIBE, token, secrets=keys)
    if subscription_id is None:
        return None
    with store.write(durable=True) as tx:
        found = bounce_store.find_subscription(tx, subscription_id)
        if found is None:  # erased
            return None
        if found.status not in CLOSED:
            subscriptions.set_status(
                tx,
                found.email,
                AddressStatus.UNSUBSCRIBED,
                event="unsubscribed",
                origin=origin,
                detail="",
                now=now,
            )
    return found.email


def set_paused(store: Store, token: str, *, keys: Sequence[bytes], paused: bool) -> None:
    """Pauses the token's subscription alone, or lets it go on at the head."""
    subscription_id = signed_tokens.verify(signed_tokens.UNSUBSCRIBE, token, secrets=keys)
    if subscription_id is not None:
        with store.write() as tx:
            subscriptions.set_paused(tx, paused=paused, subscription_id=subscription_id)
