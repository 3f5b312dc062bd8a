"""Carries the readers who left mailing lists over to the backup that replaces a database."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, func, insert, inspect, select, update

from digest.core.models.subscribers import AddressStatus, EndCause, SubscriptionOrigin
from digest.core.subscribers.reconcile import address_key
from digest.store.database.schema import address, subscription
from digest.store.mailing_lists import memberships
from digest.store.subscribers import consent as consent_store
from digest.store.subscribers import profiles, subscriptions


class ListLeaver(Struct, frozen=True, kw_only=True):
    """A reader who left a mailing list."""

    email: str
    list_name: str
    left_at: datetime


def leavers(tx: Connection) -> list[ListLeaver]:
    """Returns who left a list and did not come back; the schema may be an older one."""
    if "ended_by" not in {column["name"] for column in inspect(tx).get_columns("subscription")}:
        return []
    columns, live = subscription.c, subscription.alias()
    came_back = select(live.c.id).where(
        live.c.address_id == columns.address_id,
        live.c.list_name == columns.list_name,
        live.c.ended_at.is_(None),
    )
    left = (
        select(address.c.email, columns.list_name, func.max(columns.ended_at).label("left_at"))
        .join_from(subscription, address)
        .where(
            columns.ended_by == EndCause.READER,
            columns.list_name.is_not(None),
            ~came_back.correlate(subscription).exists(),
        )
        .group_by(address.c.email, columns.list_name)
        .order_by(address.c.email, columns.list_name)
    )
    return [
        ListLeaver(email=row.email, list_name=row.list_name, left_at=row.left_at)
        for row in tx.execute(left)
    ]


def leave_again(tx: Connection, item: ListLeaver) -> None:
    """Makes a restored database know that a reader left a list.

    Args:
        tx: Write transaction.
        item: Who left the database that was replaced.
    """
    known = memberships.left_at(tx, item.email, item.list_name)
    if known is not None and known >= item.left_at:
        return
    columns = subscription.c
    address_id = _address(tx, item)
    mine = (columns.address_id == address_id, columns.list_name == item.list_name)
    live = update(subscription).where(*mine, columns.ended_at.is_(None))
    if not tx.execute(live.values(ended_at=item.left_at, ended_by=EndCause.READER)).rowcount:
        # The reader joined and left after the backup: only that is stored, with an empty profile.
        row = {
            "address_id": address_id,
            "profile_id": profiles.store_text(tx, "", email=item.email),
            "name": item.list_name,
            "origin": SubscriptionOrigin.IMPORT,
            "list_name": item.list_name,
            "paused": False,
            "read_through": 0,
            "next_due": item.left_at,
            "created_at": item.left_at,
            "ended_at": item.left_at,
            "ended_by": EndCause.READER,
        }
        tx.execute(insert(subscription), row)
    consent_store.add(
        tx,
        address_id,
        at=item.left_at,
        event="left",
        origin="restore",
        detail=f"the list {item.list_name}, before the backup was restored",
    )


def _address(tx: Connection, item: ListLeaver) -> int:
    """Returns the id of the address; inserts it, as unsubscribed, if it is unknown."""
    found = subscriptions.find_address(tx, item.email)
    if found is not None:
        return found.address_id
    row = {
        "email": item.email,
        "email_key": address_key(item.email),
        "status": AddressStatus.UNSUBSCRIBED,
        "created_at": item.left_at,
        "changed_at": item.left_at,
    }
    statement = insert(address).values(row).returning(address.c.id)
    return int(tx.execute(statement).scalar_one())
