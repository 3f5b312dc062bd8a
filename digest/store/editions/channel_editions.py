"""Finds editions that go to channels, and records how many of their messages were taken."""

from sqlalchemy import Connection, Select, select

from digest.errors import StoreError
from digest.store.database.schema import edition, profile, subscription
from digest.store.editions.ledger import is_claimed_by, update_editions


def subscribed() -> Select[tuple[int]]:
    """Selects the ids of the subscriptions that have a channel, also of those that have ended."""
    named = select(profile.c.id).where(profile.c.deliver_to.is_not(None))
    return select(subscription.c.id).where(subscription.c.profile_id.in_(named))


def names(tx: Connection) -> set[str]:
    """Returns the names of the channels that subscriptions have; empty if all get mail."""
    named = select(profile.c.deliver_to).where(profile.c.deliver_to.is_not(None)).distinct()
    return {str(name) for name in tx.execute(named).scalars()}


def record_progress(tx: Connection, edition_id: int, *, owner: str, progress: str) -> None:
    """Records how many messages of a started edition were taken.

    Args:
        tx: Write transaction.
        edition_id: Id of the edition.
        owner: `DeliveryLock.token` of this process.
        progress: From `digest.core.channel_progress`.

    Raises:
        StoreError: This owner does not hold the claim.
    """
    own_claim = [edition.c.id == edition_id, *is_claimed_by(owner)]
    if not update_editions(tx, own_claim, progress=progress):
        raise StoreError(f"edition {edition_id}: is not claimed by this process any more")
