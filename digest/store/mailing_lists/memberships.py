"""Stores who belongs to a mailing list, and who has left one.

A membership is a subscription with the name of a list. A reader who left a list is remembered by the
ended subscription, so that an old list of addresses brings nobody back.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, case, func, select, update

from digest.core.models.subscribers import AddressStatus, EndCause, Subscription
from digest.core.subscribers.consent import Consent
from digest.core.subscribers.reconcile import CLOSED, address_key
from digest.store.database.schema import address, edition, subscription
from digest.store.database.statements import IN_LIST
from digest.store.papers import announcements
from digest.store.subscribers import consent as consent_store
from digest.store.subscribers import subscriptions

OPERATOR = "operator"
"""The origin of what the operator does with files and lists, in the consent log."""


class ListReaders(Struct, frozen=True, kw_only=True):
    """The readers of a list."""

    members: int  # live subscriptions
    active: int  # of those, the ones that get mail: neither paused nor closed
    last_digest: date | None  # the newest date of their digests


def members(tx: Connection, name: str) -> ListReaders:
    """Returns how many readers a list has, and when its last digest was made."""
    of_list = (subscription.c.list_name == name, subscription.c.ended_at.is_(None))
    is_active = (subscription.c.paused.is_(False), address.c.status == AddressStatus.ACTIVE)
    number = func.count()
    live = select(number).select_from(subscription).where(*of_list)
    active = select(number).join_from(subscription, address).where(*of_list, *is_active)
    # One step in the index for each reader.
    newest = (
        select(func.max(edition.c.local_date))
        .where(edition.c.subscription_id == subscription.c.id)
        .correlate(subscription)
        .scalar_subquery()
    )
    days = select(newest.label("day")).select_from(subscription).where(*of_list).subquery()
    last: date | None = tx.execute(select(func.max(days.c.day))).scalar_one()
    return ListReaders(
        members=tx.execute(live).scalar_one(),
        active=tx.execute(active).scalar_one(),
        last_digest=last,
    )


def left_at(tx: Connection, email: str, name: str) -> datetime | None:
    """Returns when the reader of an address last left a list; None if that never happened."""
    columns = subscription.c
    left = (
        select(func.max(columns.ended_at))
        .join_from(subscription, address)
        .where(
            address.c.email_key == address_key(email),
            columns.list_name == name,
            columns.ended_by == EndCause.READER,
        )
    )
    moment: datetime | None = tx.execute(left).scalar_one()
    return moment


def has_left(tx: Connection, subscription_id: int) -> bool:
    """Whether the reader left the list of this subscription."""
    cause = select(subscription.c.ended_by).where(subscription.c.id == subscription_id)
    return tx.execute(cause).scalar_one_or_none() is EndCause.READER


def leave(tx: Connection, item: Subscription, *, origin: str, now: datetime) -> None:
    """Ends a membership at the wish of its reader; does nothing if it has ended.

    The address of a reader without any other subscription is unsubscribed.

    Args:
        tx: Write transaction.
        item: The subscription.
        origin: How the wish came, for the consent log.
        now: Current time.
    """
    ended = (
        update(subscription)
        .where(subscription.c.id == item.subscription_id, subscription.c.ended_at.is_(None))
        .values(ended_at=now, ended_by=EndCause.READER)
    )
    found = subscriptions.find_address(tx, item.email)
    if found is None or not tx.execute(ended).rowcount:
        return
    detail = f"the list {item.list_name}"
    consent_store.add(tx, found.address_id, at=now, event="left", origin=origin, detail=detail)
    if not subscriptions.live_subscriptions(tx, email=item.email):
        subscriptions.set_status(
            tx,
            item.email,
            AddressStatus.UNSUBSCRIBED,
            event="unsubscribed",
            origin=origin,
            detail=f"{detail} was the last subscription",
            now=now,
        )


def rejoin(
    tx: Connection, item: Subscription, *, origin: str, evidence: Consent, now: datetime
) -> None:
    """Makes a membership live again, because its reader undoes the leaving.

    Args:
        tx: Write transaction.
        item: The ended subscription.
        origin: How the wish came, for the consent log.
        evidence: The consent.
        now: Current time.
    """
    members = subscriptions.live_subscriptions(tx, email=item.email)
    own = item.origin, item.name
    if any(one.list_name == item.list_name or (one.origin, one.name) == own for one in members):
        return  # the reader has subscribed again meanwhile, or given the name to another digest
    address_id = _continue(tx, [subscription.c.id == item.subscription_id], now=now)
    for number in address_id:
        consent_store.add(
            tx,
            number,
            at=now,
            event="subscribed",
            origin=origin,
            detail=f"the list {item.list_name}: the leaving was undone",
            evidence=evidence,
        )


def counts(tx: Connection) -> dict[tuple[str, str | None], int]:
    """Returns the numbers of live memberships by list and by the file that they follow."""
    columns = subscription.c
    grouped = (
        select(columns.list_name, columns.profile_file, func.count())
        .where(columns.list_name.is_not(None), columns.ended_at.is_(None))
        .group_by(columns.list_name, columns.profile_file)
    )
    return {(name, file): number for name, file, number in tx.execute(grouped)}


def adopt(tx: Connection, lists: Mapping[str, str]) -> None:
    """Makes the readers who follow the file of a list members of it.

    Args:
        tx: Write transaction.
        lists: Names of lists by their files.
    """
    if not lists:
        return
    columns = subscription.c
    others = (columns.list_name.is_(None), columns.ended_at.is_(None))
    files = select(columns.profile_file).where(columns.profile_file.in_(lists), *others)
    for file in tx.execute(files.distinct()).scalars().all():
        follows = columns.profile_file == file
        tx.execute(update(subscription).where(follows, *others).values(list_name=lists[file]))


def rename(tx: Connection, old: str, new: str) -> None:
    """Gives all memberships of a list its new name; ended ones too, so that who left is known."""
    changed = update(subscription).where(subscription.c.list_name == old)
    tx.execute(changed.values(list_name=new))


def follow(tx: Connection, name: str, file: str) -> None:
    """Makes the members of a list who follow another file follow this one."""
    columns = subscription.c
    others = (
        columns.list_name == name,
        columns.ended_at.is_(None),
        columns.profile_file.is_not(None),
        columns.profile_file != file,
    )
    tx.execute(update(subscription).where(*others).values(profile_file=file))


def end_all(
    tx: Connection,
    *,
    now: datetime,
    detail: str,
    name: str | None = None,
    file: str | None = None,
    cause: EndCause | None = EndCause.FILE,
) -> int:
    """Ends the live subscriptions of a list, or those that follow a file.

    Args:
        tx: Write transaction.
        now: Current time.
        detail: What was removed, for the consent log.
        name: The list.
        file: The file.
        cause: Why; with `FILE`, they continue when the file or the list is back.

    Returns:
        The number of subscriptions.
    """
    where = _of(name, file)
    live = [subscription.c.ended_at.is_(None), *where]
    addresses = tx.execute(select(subscription.c.address_id).where(*live)).scalars().all()
    values = {"ended_at": now, "ended_by": cause}
    tx.execute(update(subscription).where(*live).values(**values))
    consent_store.add_all(tx, addresses, at=now, event="ended", origin=OPERATOR, detail=detail)
    return len(addresses)


def resume_all(
    tx: Connection,
    *,
    now: datetime,
    detail: str,
    name: str | None = None,
    file: str | None = None,
) -> int:
    """Continues the subscriptions that `end_all` ended, with the papers from now on.

    Readers who subscribed again meanwhile keep the new subscription.

    Args:
        tx: Write transaction.
        now: Current time.
        detail: What is back, for the consent log.
        name: The list.
        file: The file.

    Returns:
        The number of subscriptions.
    """
    columns, live = subscription.c, subscription.alias()
    closed = select(address.c.id).where(
        address.c.id == columns.address_id, address.c.status.in_(CLOSED)
    )
    ended = [
        columns.ended_by == EndCause.FILE,
        *_of(name, file),
        ~closed.correlate(subscription).exists(),
    ]
    again = (
        select(live.c.id)
        .where(
            live.c.address_id == columns.address_id,
            live.c.ended_at.is_(None),
            live.c.name == columns.name,
        )
        .correlate(subscription)
        .exists()
    )
    # Of several with one name, the newest.
    newest = select(func.max(columns.id)).where(*ended, ~again)
    numbers = tx.execute(newest.group_by(columns.address_id, columns.name)).scalars().all()
    for start in range(0, len(numbers), IN_LIST):
        chunk = numbers[start : start + IN_LIST]
        addresses = _continue(tx, [columns.id.in_(chunk)], now=now)
        consent_store.add_all(
            tx, addresses, at=now, event="subscribed", origin=OPERATOR, detail=detail
        )
    return len(numbers)


def leave_ended(tx: Connection, email: str, *, at: datetime, but: str | None) -> None:
    """Makes what `end_all` ended of an address stay ended, because its reader left everything since.

    Args:
        tx: Write transaction.
        email: Address.
        at: When its reader left.
        but: The list to which the reader comes back; None: to none.
    """
    columns = subscription.c
    of_address = select(address.c.id).where(address.c.email_key == address_key(email))
    ended = update(subscription).where(
        columns.address_id.in_(of_address),
        columns.ended_by == EndCause.FILE,
        columns.profile_file.is_not(None),
    )
    if but is not None:
        ended = ended.where(func.coalesce(columns.list_name, "") != but)
    tx.execute(ended.values(ended_at=at, ended_by=EndCause.READER))


class EndedGroup(Struct, frozen=True, kw_only=True):
    """Subscriptions that ended because their file or their list was removed."""

    what: str  # the file, or the list
    number: int
    at: datetime  # when the last of them ended


def ended_since(tx: Connection, since: datetime) -> list[EndedGroup]:
    """Returns which subscriptions ended since a moment, because their file or list was removed."""
    columns = subscription.c
    named = select(
        case(
            (columns.list_name.is_not(None), "the list " + columns.list_name),
            else_=func.coalesce(columns.profile_file, "profiles/" + columns.name + ".toml"),
        ).label("what"),
        columns.ended_at,
    )
    ended = named.where(columns.ended_by == EndCause.FILE, columns.ended_at >= since).subquery()
    last = func.max(ended.c.ended_at)
    groups = select(ended.c.what, func.count(), last).group_by(ended.c.what)
    return [
        EndedGroup(what=what, number=number, at=at)
        for what, number, at in tx.execute(groups.order_by(last.desc(), ended.c.what))
    ]


def ended_names(tx: Connection) -> tuple[set[str], set[str]]:
    """Returns the lists and the files whose subscriptions `end_all` has ended."""
    columns = subscription.c
    rows = tx.execute(
        select(columns.list_name, columns.profile_file)
        .where(columns.ended_by == EndCause.FILE)
        .distinct()
    ).all()
    lists = {row.list_name for row in rows if row.list_name}
    return lists, {row.profile_file for row in rows if row.profile_file and not row.list_name}


def _of(name: str | None, file: str | None) -> list[ColumnElement[bool]]:
    if (name is None) == (file is None):
        raise ValueError("needs either a list or a file")
    if name is not None:
        return [subscription.c.list_name == name]
    return [subscription.c.profile_file == file, subscription.c.list_name.is_(None)]


def _continue(
    tx: Connection, where: list[ColumnElement[bool]], *, now: datetime
) -> Collection[int]:
    """Makes ended subscriptions live; returns their addresses."""
    values = {
        "ended_at": None,
        "ended_by": None,
        "next_due": now,
        "waiting_until": None,
        "read_through": announcements.last_seq(tx),
    }
    changed = update(subscription).where(*where, subscription.c.ended_at.is_not(None))
    returned = changed.values(**values).returning(subscription.c.address_id)
    return tx.execute(returned).scalars().all()
