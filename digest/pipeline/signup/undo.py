"""Lets readers undo what somebody with an old link did: the link is in a message to their address.

Old links may pause and leave, and a digest may have been forwarded.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from digest.core.models.subscribers import AddressStatus
from digest.core.subscribers.consent import Consent
from digest.pipeline.signup import asking
from digest.pipeline.signup.asking import AskingRules, RequestKind
from digest.store.database.store import Connection, Store
from digest.store.mailing_lists import memberships
from digest.store.signup import pauses
from digest.store.signup.requests import SiteRequest
from digest.store.subscribers import bounces as bounce_store
from digest.store.subscribers import consent as consent_store
from digest.store.subscribers import subscriptions


class Undoable(StrEnum):
    """What can be undone."""

    PAUSED = "paused"
    LEFT = "left"


class ReaderState(Struct, frozen=True, kw_only=True):
    """Whether a reader gets a digest."""

    paused: bool
    left: bool

    def reached(self, wish: Undoable) -> bool:
        """Whether nothing is left to do."""
        return self.left or (self.paused and wish is Undoable.PAUSED)


def state_of(store: Store, subscription_id: int) -> ReaderState:
    """Returns the state before something is done; of an unknown subscription, that it has left."""
    with store.read() as tx:
        item = bounce_store.find_subscription(tx, subscription_id)
        left_list = memberships.has_left(tx, subscription_id)
    if item is None:
        return ReaderState(paused=True, left=True)
    left = left_list or item.status is not AddressStatus.ACTIVE
    return ReaderState(paused=item.paused, left=left)


def offer(
    store: Store,
    subscription_id: int,
    did: Undoable,
    *,
    before: ReaderState,
    rules: AskingRules,
    language: str,
    now: datetime,
) -> bool:
    """Stores a request for the message with the link, if something was changed.

    Args:
        store: The database.
        subscription_id: The subscription.
        did: What was done.
        before: The state before.
        rules: The settings of the site.
        language: Of the message.
        now: The current time.

    Returns:
        Whether a message may be waiting now.
    """
    if before.reached(did):
        return False
    with store.read() as tx:
        item = bounce_store.find_subscription(tx, subscription_id)
    if item is None:
        return False
    asking.ask(
        store,
        kind=RequestKind.UNDO,
        email=item.email,
        wish={"did": did.value, **({"list": item.list_name} if item.list_name else {})},
        network=None,
        rules=rules,
        language=language,
        now=now,
        subscription_id=subscription_id,
    )
    return True


def undo(tx: Connection, request: SiteRequest, *, now: datetime) -> int | None:
    """Does what the link of the message promises.

    Args:
        tx: A write transaction.
        request: From `offer`.
        now: The current time.

    Returns:
        The subscription; None if the reader was erased, or is suppressed meanwhile.
    """
    number = request.subscription_id
    item = None if number is None else bounce_store.find_subscription(tx, number)
    address = None if item is None else subscriptions.find_address(tx, item.email)
    if item is None or address is None or item.status is AddressStatus.SUPPRESSED:
        return None
    if request.wish["did"] == Undoable.LEFT:
        evidence = Consent(text="undone by the link of a message to the address", given_at=now)
        if item.status is AddressStatus.UNSUBSCRIBED:
            subscriptions.set_status(
                tx,
                item.email,
                AddressStatus.ACTIVE,
                event="resumed",
                origin="web",
                detail="the leaving was undone",
                now=now,
                evidence=evidence,
            )
        if memberships.has_left(tx, item.subscription_id):
            memberships.rejoin(tx, item, origin="web", evidence=evidence, now=now)
    elif item.paused:
        pauses.set_paused(tx, item.subscription_id, paused=False)
        consent_store.add(
            tx, address.address_id, at=now, event="resumed", origin="web", detail=item.name
        )
    return item.subscription_id
