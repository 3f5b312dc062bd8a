"""Stores addresses, their consent, and their subscriptions."""

from collections.abc import Collection
from datetime import datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, case, insert, select, update

from digest.core.models.profiles import Profile
from digest.core.models.subscribers import AddressStatus, EndCause, Subscription, SubscriptionOrigin
from digest.core.subscribers.consent import Consent
from digest.core.subscribers.reconcile import CLOSED, address_key, normalize_address, remedy
from digest.errors import StoreError
from digest.store.database.schema import address, subscription
from digest.store.database.statements import AnyRow
from digest.store.papers import announcements
from digest.store.subscribers import consent as consent_store
from digest.store.subscribers import profiles
from digest.store.subscribers.consent import ConsentEntry


class SubscriberAddress(Struct, frozen=True, kw_only=True):
    """An address and its status, which decides whether it gets mail."""

    address_id: int
    email: str
    status: AddressStatus
    created_at: datetime
    changed_at: datetime  # of the status


def live_subscriptions(
    tx: Connection, *, origin: SubscriptionOrigin | None = None, email: str | None = None
) -> list[Subscription]:
    """Returns the subscriptions that have not ended, whatever the status of their address.

    Args:
        tx: Transaction.
        origin: Only subscriptions of this origin; None: of all.
        email: Only subscriptions of this address; None: of all.
    """
    statement = select_subscriptions().where(subscription.c.ended_at.is_(None))
    if origin is not None:
        statement = statement.where(subscription.c.origin == origin)
    if email is not None:
        statement = statement.where(address.c.email_key == address_key(email))
    return [from_row(row) for row in tx.execute(statement.order_by(subscription.c.id))]


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
    evidence: Consent | None = None,
    profile_file: str | None = None,
    list_name: str | None = None,
    profile: Profile | None = None,
    due_at: datetime | None = None,
) -> int:
    """Starts a subscription; inserts the address, as active, if it is new.

    Args:
        tx: Write transaction.
        email: Address of the reader.
        name: Name, unique among the address's live subscriptions of this origin.
        origin: Where the subscription comes from.
        profile_text: Profile as the author wrote it, in TOML.
        read_through: Digests show only papers announced after this sequence number.
        now: Current time.
        detail: What started it, for the consent log.
        evidence: How and when the reader agreed.
        profile_file: File that the profile follows.
        list_name: Mailing list that it belongs to.
        profile: What the text says; None: it is compiled when it is first needed.
        due_at: When the first digest is due; None: now.

    Returns:
        The id of the subscription.

    Raises:
        StoreError: The reader has left, or has a live subscription with this name.
    """
    subscriber = find_address(tx, email)
    stored_email = subscriber.email if subscriber else normalize_address(email)
    # Profiles before addresses, as imports write them, so that two processes never wait for each other.
    profile_id = profiles.store_text(tx, profile_text, email=stored_email, parsed=profile)
    if subscriber is None:
        row = {
            "email": stored_email,
            "email_key": address_key(email),
            "status": AddressStatus.ACTIVE,
            "created_at": now,
            "changed_at": now,
        }
        statement = insert(address).values(row).returning(address.c.id)
        address_id = int(tx.execute(statement).scalar_one())
    elif subscriber.status in CLOSED:
        raise StoreError(
            f"{subscriber.email} {CLOSED[subscriber.status]}:"
            f" {remedy(subscriber.email, subscriber.status)}"
        )
    else:
        address_id = subscriber.address_id
        if any(item.name == name for item in live_subscriptions(tx, origin=origin, email=email)):
            raise StoreError(
                f"{subscriber.email} has a subscription {name!r} already: choose another name"
            )
    consent_store.add(
        tx, address_id, at=now, event="subscribed", origin=origin, detail=detail, evidence=evidence
    )
    row = {
        "address_id": address_id,
        "name": name,
        "origin": origin,
        "profile_id": profile_id,
        "profile_file": profile_file,
        "list_name": list_name,
        "paused": False,
        "read_through": read_through,
        "next_due": due_at or now,
        "created_at": now,
    }
    statement = insert(subscription).values(row).returning(subscription.c.id)
    return int(tx.execute(statement).scalar_one())


def update_profile(
    tx: Connection,
    subscription_id: int,
    profile_text: str,
    *,
    now: datetime,
    name: str | None = None,
    profile: Profile | None = None,
) -> None:
    """Changes the profile of a subscription, and its name if one is given.

    The subscription is checked again at the next run, because the new profile may have another
    delivery time. A local day that already had its digest gets no second one, even if the time
    zone changed.
    """
    due = subscription.c.next_due
    _set_profile(
        tx,
        subscription_id,
        profile_text,
        profile,
        name=subscription.c.name if name is None else name,
        next_due=case((due > now, now), else_=due),
        waiting_until=None,
    )


def replace_profile(
    tx: Connection,
    subscription_id: int,
    *,
    name: str,
    origin: SubscriptionOrigin,
    profile_text: str,
    profile_file: str | None,
    now: datetime,
    profile: Profile | None = None,
) -> None:
    """Changes the profile of a subscription, and the file that it follows.

    Args:
        tx: Write transaction.
        subscription_id: Subscription to change.
        name: Its new name.
        origin: Its new origin: `file` for a file in the folder of profiles.
        profile_text: The new profile.
        profile_file: File that the profile follows; None with the origin `file`.
        now: Current time.
        profile: What the text says; None: it is compiled when it is first needed.
    """
    update_profile(tx, subscription_id, profile_text, now=now, name=name, profile=profile)
    where = [subscription.c.id == subscription_id]
    _change(tx, where, origin=origin, profile_file=profile_file)


def end(
    tx: Connection,
    subscription_id: int,
    *,
    now: datetime,
    detail: str = "",
    cause: EndCause | None = None,
) -> None:
    """Ends a subscription; its queued editions are withdrawn when they would be claimed."""
    # Of two processes that end it at the same time, only the one that changes the row writes the
    # log.
    if _change(tx, [subscription.c.id == subscription_id, _live()], ended_at=now, ended_by=cause):
        _log_of(tx, subscription_id, at=now, event="ended", detail=detail)


def resume(
    tx: Connection,
    subscription_id: int,
    *,
    profile_text: str,
    now: datetime,
    detail: str = "",
    profile: Profile | None = None,
) -> None:
    """Makes an ended subscription live again; papers announced in between are skipped."""
    schedule = {"next_due": now, "waiting_until": None}
    changed = {"ended_at": None, "ended_by": None, "paused": False, **schedule}
    if _set_profile(tx, subscription_id, profile_text, profile, **changed):
        _skip_to_head(tx, [subscription.c.id == subscription_id])
        _log_of(tx, subscription_id, at=now, event="subscribed", detail=detail)


def set_paused(
    tx: Connection,
    *,
    paused: bool,
    subscription_id: int | None = None,
    email: str | None = None,
) -> int:
    """Pauses or resumes one live subscription, or all of an address.

    A resumed subscription skips the papers that were announced during the pause.

    Args:
        tx: Write transaction.
        paused: True pauses, False resumes.
        subscription_id: Only this subscription.
        email: Only subscriptions of this address. At least one of the two is needed.

    Returns:
        The number of changed subscriptions.
    """
    where = [_live(), subscription.c.paused == (not paused)]
    if subscription_id is not None:
        where.append(subscription.c.id == subscription_id)
    if email is not None:
        where.append(_of_address(email))
    if subscription_id is None and email is None:
        raise ValueError("set_paused needs a subscription_id or an email")
    # Before the change, because `where` finds only the paused ones.
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
    evidence: Consent | None = None,
) -> bool:
    """Changes the status of an address and adds an entry to its consent log.

    When a paused or closed address becomes active, its subscriptions skip the papers that were
    announced meanwhile.

    Args:
        tx: Write transaction.
        email: The address.
        status: New status.
        event: What happened, for the consent log.
        origin: What caused it, for the consent log.
        detail: Details for the consent log.
        now: Current time.
        evidence: How and when the reader agreed to get mail again.

    Returns:
        False if the address is unknown.
    """
    subscriber = find_address(tx, email)
    if subscriber is None:
        return False
    if status is AddressStatus.ACTIVE and subscriber.status in {AddressStatus.PAUSED, *CLOSED}:
        _skip_to_head(tx, [_live(), _of_address(email)])
    # `changed_at` is when the reader left, and a later consent is compared with it. The same status
    # again must not move it.
    if status is not subscriber.status:
        is_address = address.c.id == subscriber.address_id
        tx.execute(update(address).where(is_address).values(status=status, changed_at=now))
    number = subscriber.address_id
    consent_store.add(
        tx, number, at=now, event=event, origin=origin, detail=detail, evidence=evidence
    )
    return True


def consent_log(tx: Connection, email: str) -> list[ConsentEntry]:
    """Returns the consent log of an address, oldest first."""
    subscriber = find_address(tx, email)
    return [] if subscriber is None else consent_store.entries(tx, subscriber.address_id)


def find_address(tx: Connection, email: str) -> SubscriberAddress | None:
    """Returns an address, ignoring case; None if it is unknown."""
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


def select_subscriptions() -> Select[*tuple[object, ...]]:
    """Selects subscriptions with their addresses, for `from_row`."""
    return select(subscription, address.c.email, address.c.status).join(address)


def from_row(row: AnyRow) -> Subscription:
    """Converts a row of `select_subscriptions` to a subscription."""
    return Subscription(
        subscription_id=row.id,
        email=row.email,
        name=row.name,
        origin=row.origin,
        profile_id=row.profile_id,
        status=row.status,
        paused=row.paused,
        read_through=row.read_through,
        profile_file=row.profile_file,
        list_name=row.list_name,
    )


def _live() -> ColumnElement[bool]:
    return subscription.c.ended_at.is_(None)


def _of_address(email: str) -> ColumnElement[bool]:
    address_id = select(address.c.id).where(address.c.email_key == address_key(email))
    return subscription.c.address_id.in_(address_id)


def _change(tx: Connection, where: Collection[ColumnElement[bool]], **values: object) -> int:
    return tx.execute(update(subscription).where(*where).values(**values)).rowcount


def _set_profile(
    tx: Connection, subscription_id: int, text: str, parsed: Profile | None, **values: object
) -> bool:
    """Changes the profile, and other columns; False if there is no such subscription."""
    is_subscription = subscription.c.id == subscription_id
    known = tx.execute(
        select(subscription.c.profile_id, address.c.email).join(address).where(is_subscription)
    ).first()
    if known is None:
        return False
    profile_id = profiles.store_text(tx, text, email=known.email, parsed=parsed)
    _change(tx, [is_subscription], profile_id=profile_id, **values)
    # At once: the old text may contain the name of the reader.
    if profile_id != known.profile_id:
        profiles.remove_unused(tx, [known.profile_id])
    return True


def _skip_to_head(tx: Connection, where: Collection[ColumnElement[bool]]) -> None:
    _change(tx, where, read_through=announcements.last_seq(tx))


def _log_of(tx: Connection, subscription_id: int, *, at: datetime, event: str, detail: str) -> None:
    statement = select(subscription).where(subscription.c.id == subscription_id)
    row = tx.execute(statement).one()
    consent_store.add(
        tx, row.address_id, at=at, event=event, origin=row.origin, detail=detail or row.name
    )
