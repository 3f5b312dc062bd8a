"""Who gets what: addresses, their consent, and their subscriptions."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, case, insert, select, update

from digest.core.models.subscribers import AddressStatus, Subscription, SubscriptionOrigin
from digest.core.subscribers.reconcile import (
    CLOSED,
    CurrentSubscriptions,
    FileSubscription,
    SubscriptionChanges,
    address_key,
    normalised,
    remedy,
)
from digest.errors import StoreError
from digest.store.database.schema import address, consent, subscription
from digest.store.database.statements import AnyRow, lock_batches
from digest.store.papers import announcements


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberAddress:
    """An address and what may be sent to it."""

    address_id: int
    email: str
    status: AddressStatus
    created_at: datetime
    changed_at: datetime  # of the status


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEntry:
    """One event in the history of an address's consent."""

    at: datetime
    event: str  # subscribed, ended, unsubscribed, ...
    origin: str  # file, web, import, or what the caller names: one-click, bounce, ...
    detail: str


def live(
    tx: Connection, *, origin: SubscriptionOrigin | None = None, email: str | None = None
) -> list[Subscription]:
    """The subscriptions that have not ended, whatever the status of their address."""
    statement = with_address().where(subscription.c.ended_at.is_(None))
    if origin is not None:
        statement = statement.where(subscription.c.origin == origin)
    if email is not None:
        statement = statement.where(address.c.email_key == address_key(email))
    return [of_row(row) for row in tx.execute(statement.order_by(subscription.c.id))]


def start(
    tx: Connection,
    *,
    email: str,
    name: str,
    origin: SubscriptionOrigin,
    profile_text: str,
    read_through: int,
    now: datetime,
    detail: str,
) -> int:
    """Starts a subscription and returns its id; an address never seen is made, and is active.

    Args:
        tx: the transaction.
        email: the reader's address.
        name: unique among the address's live subscriptions of this origin.
        origin: where it comes from.
        profile_text: as authored, TOML.
        read_through: it begins after this announcement.
        now: the moment.
        detail: for the consent log: how the reader agreed.

    Raises:
        StoreError: the reader has left, or has a live subscription of this name.
    """
    known = find_address(tx, email)
    if known is None:
        row = {
            "email": normalised(email),
            "email_key": address_key(email),
            "status": AddressStatus.ACTIVE,
            "created_at": now,
            "changed_at": now,
        }
        made = insert(address).values(row).returning(address.c.id)
        address_id = int(tx.execute(made).scalar_one())
    elif known.status in CLOSED:
        raise StoreError(
            f"{known.email} {CLOSED[known.status]}: {remedy(known.email, known.status)}"
        )
    else:
        address_id = known.address_id
        if any(item.name == name for item in live(tx, origin=origin, email=email)):
            raise StoreError(
                f"{known.email} has a subscription {name!r} already: name it otherwise"
            )
    _log(tx, address_id, at=now, event="subscribed", origin=origin, detail=detail)
    row = {
        "address_id": address_id,
        "name": name,
        "origin": origin,
        "profile_text": profile_text,
        "paused": False,
        "read_through": read_through,
        "next_due": now,
        "created_at": now,
    }
    made = insert(subscription).values(row).returning(subscription.c.id)
    return int(tx.execute(made).scalar_one())


def update_profile(
    tx: Connection,
    subscription_id: int,
    profile_text: str,
    *,
    now: datetime,
    name: str | None = None,
) -> None:
    """Gives a subscription another profile, or a name too; it goes on where it was.

    When it comes next is decided anew by the next look: the profile may have other hours. The
    day that it has used up stays used up, also in another zone.
    """
    due = subscription.c.next_due
    _change(
        tx,
        [subscription.c.id == subscription_id],
        profile_text=profile_text,
        name=subscription.c.name if name is None else name,
        next_due=case((due > now, now), else_=due),
        waiting_until=None,
    )


def end(tx: Connection, subscription_id: int, *, now: datetime, detail: str = "") -> None:
    """Ends a subscription; what is still queued for it is withdrawn when it is claimed."""
    if _change(tx, [subscription.c.id == subscription_id, _live()], ended_at=now):
        _log_of(tx, subscription_id, at=now, event="ended", detail=detail)


def resume(
    tx: Connection,
    subscription_id: int,
    *,
    profile_text: str,
    now: datetime,
    detail: str = "",
) -> None:
    """Makes an ended subscription live again, at the head: nobody wants the backlog."""
    here = [subscription.c.id == subscription_id]
    begun = {"next_due": now, "waiting_until": None}
    if _change(tx, here, ended_at=None, profile_text=profile_text, paused=False, **begun):
        _skip_to_head(tx, here)
        _log_of(tx, subscription_id, at=now, event="subscribed", detail=detail)


def set_paused(
    tx: Connection,
    *,
    paused: bool,
    subscription_id: int | None = None,
    email: str | None = None,
) -> int:
    """Pauses or resumes one live subscription, or all of an address; how many changed.

    What is resumed goes on at the head.
    """
    where = [_live(), subscription.c.paused == (not paused)]
    if subscription_id is not None:
        where.append(subscription.c.id == subscription_id)
    if email is not None:
        where.append(_of_address(email))
    if subscription_id is None and email is None:
        raise ValueError("set_paused needs a subscription_id or an email")
    if not paused:
        _skip_to_head(tx, where)
    return _change(tx, where, paused=paused)


def set_status(
    tx: Connection,
    email: str,
    status: AddressStatus,
    *,
    event: str,
    origin: str,
    detail: str,
    now: datetime,
) -> bool:
    """Changes what may be sent to an address, and logs why; False if there is no such address.

    Who comes back from a pause or after having left goes on at the head.
    """
    known = find_address(tx, email)
    if known is None:
        return False
    if status is AddressStatus.ACTIVE and known.status in {AddressStatus.PAUSED, *CLOSED}:
        _skip_to_head(tx, [_live(), _of_address(email)])
    if status is not known.status:
        here = address.c.id == known.address_id
        tx.execute(update(address).where(here).values(status=status, changed_at=now))
    _log(tx, known.address_id, at=now, event=event, origin=origin, detail=detail)
    return True


def consent_log(tx: Connection, email: str) -> list[ConsentEntry]:
    """What an address agreed to and ended, the oldest first."""
    log = select(consent).join(address).where(address.c.email_key == address_key(email))
    return [
        ConsentEntry(at=row.at, event=row.event, origin=row.origin, detail=row.detail)
        for row in tx.execute(log.order_by(consent.c.id))
    ]


def find_address(tx: Connection, email: str) -> SubscriberAddress | None:
    """The address, however its case is written."""
    row = tx.execute(select(address).where(address.c.email_key == address_key(email))).first()
    if row is None:
        return None
    return SubscriberAddress(
        address_id=row.id,
        email=row.email,
        status=row.status,
        created_at=row.created_at,
        changed_at=row.changed_at,
    )


def current_subscriptions(tx: Connection) -> CurrentSubscriptions:
    """What `reconcile` has to know; in a write transaction it stays true until that ends."""
    lock_batches(tx)
    mine = with_address().where(subscription.c.origin == SubscriptionOrigin.FILE)
    closed = select(address.c.email_key, address.c.status).where(address.c.status.in_(CLOSED))
    return CurrentSubscriptions(
        subscriptions=tuple(
            FileSubscription(
                subscription_id=row.id,
                name=row.name,
                email=row.email,
                profile_text=row.profile_text,
                live=row.ended_at is None,
            )
            for row in tx.execute(mine.order_by(subscription.c.id))
        ),
        closed={row.email_key: row.status for row in tx.execute(closed)},
    )


def apply_changes(tx: Connection, roster: SubscriptionChanges, now: datetime) -> None:
    """Makes the changes that `reconcile` found."""
    for subscription_id in roster.end:
        end(tx, subscription_id, now=now, detail="the profile file was deleted or changed address")
    for changed in roster.update:
        update_profile(
            tx, changed.subscription_id, changed.profile_text, now=now, name=changed.name
        )
    for back in roster.resume:
        resume(
            tx,
            back.subscription_id,
            profile_text=back.profile_text,
            now=now,
            detail="the profile file is back",
        )
    if roster.start:
        read_through = announcements.beginning(tx)
        for new in roster.start:
            start(
                tx,
                email=new.email,
                name=new.name,
                origin=SubscriptionOrigin.FILE,
                profile_text=new.profile_text,
                read_through=read_through,
                now=now,
                detail=f"profile file {new.name}.toml",
            )


def with_address() -> Select[*tuple[object, ...]]:
    """Subscriptions with the address they belong to, for `of_row`."""
    return select(subscription, address.c.email, address.c.status).join(address)


def of_row(row: AnyRow) -> Subscription:
    """A subscription from a row of `with_address`."""
    return Subscription(
        subscription_id=row.id,
        email=row.email,
        name=row.name,
        origin=row.origin,
        profile_text=row.profile_text,
        status=row.status,
        paused=row.paused,
        read_through=row.read_through,
    )


def _live() -> ColumnElement[bool]:
    return subscription.c.ended_at.is_(None)


def _of_address(email: str) -> ColumnElement[bool]:
    mine = select(address.c.id).where(address.c.email_key == address_key(email))
    return subscription.c.address_id.in_(mine)


def _change(tx: Connection, where: Collection[ColumnElement[bool]], **values: object) -> int:
    return tx.execute(update(subscription).where(*where).values(**values)).rowcount


def _skip_to_head(tx: Connection, where: Collection[ColumnElement[bool]]) -> None:
    _change(tx, where, read_through=announcements.head(tx))


def _log(
    tx: Connection, address_id: int, *, at: datetime, event: str, origin: str, detail: str
) -> None:
    row = {"address_id": address_id, "at": at, "event": event, "origin": origin, "detail": detail}
    tx.execute(insert(consent), row)


def _log_of(tx: Connection, subscription_id: int, *, at: datetime, event: str, detail: str) -> None:
    here = select(subscription).where(subscription.c.id == subscription_id)
    row = tx.execute(here).one()
    _log(tx, row.address_id, at=at, event=event, origin=row.origin, detail=detail or row.name)
