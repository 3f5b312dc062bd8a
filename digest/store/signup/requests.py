"""Stores requests of the site until they are confirmed, and counts them for the limits."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, delete, func, insert, select, update

from digest.core.signup.limits import DAY, Counted, RequestLimit
from digest.core.subscribers.reconcile import address_key
from digest.store.database.schema import meta
from digest.store.database.statements import AnyRow, insert_missing
from digest.store.database.support_tables import site_event, site_request

_CLOSED = "signup closed at"  # in `meta`


class SiteRequest(Struct, frozen=True, kw_only=True):
    """What somebody asked for."""

    request_id: int
    kind: str
    email: str
    subscription_id: int | None
    wish: Mapping[str, Any]
    asked_at: datetime
    tries: int
    done_at: datetime | None
    result_id: int | None


def add(
    tx: Connection,
    *,
    kind: str,
    email: str,
    wish: Mapping[str, Any],
    now: datetime,
    with_mail: bool,
    subscription_id: int | None = None,
) -> int:
    """Stores a request; returns its number.

    Args:
        tx: Write transaction.
        kind: What it is for.
        email: Where its message goes.
        wish: What is done when it is confirmed.
        now: Current time.
        with_mail: False: no message is sent, so nobody can confirm it.
        subscription_id: The subscription that it changes.
    """
    row = {
        "kind": kind,
        "email": email,
        "email_key": address_key(email),
        "subscription_id": subscription_id,
        "wish": dict(wish),
        "asked_at": now,
        "mail_at": now if with_mail else None,
        "tries": 0,
    }
    return int(
        tx.execute(insert(site_request).values(row).returning(site_request.c.id)).scalar_one()
    )


def find(tx: Connection, request_id: int) -> SiteRequest | None:
    """Returns a request; None if there is none, or it is too old."""
    row = tx.execute(select(site_request).where(site_request.c.id == request_id)).first()
    return None if row is None else _from_row(row)


def take_try(tx: Connection, request_id: int, *, limit: int) -> bool:
    """Counts a typed code; returns whether it may be looked at."""
    columns = site_request.c
    counted = update(site_request).where(columns.id == request_id, columns.tries < limit)
    return tx.execute(counted.values(tries=columns.tries + 1)).rowcount > 0


def finish(tx: Connection, request_id: int, *, result_id: int | None, now: datetime) -> bool:
    """Marks a request as confirmed; returns False if it was marked before."""
    columns = site_request.c
    is_open = (columns.id == request_id) & columns.done_at.is_(None)
    changed = update(site_request).where(is_open).values(done_at=now, result_id=result_id)
    return tx.execute(changed).rowcount > 0


def take_mail(tx: Connection, *, now: datetime) -> SiteRequest | None:
    """Takes a request whose message is to be sent now; no other process takes it again.

    Args:
        tx: Write transaction.
        now: Current time.
    """
    columns = site_request.c
    waiting = select(site_request).where(columns.mail_at <= now).order_by(columns.id).limit(1)
    row = tx.execute(waiting).first()
    if row is None:
        return None
    # Another process may have taken it meanwhile.
    mine = (columns.id == row.id) & columns.mail_at.is_not(None)
    taken = tx.execute(update(site_request).where(mine).values(mail_at=None)).rowcount > 0
    return _from_row(row) if taken else take_mail(tx, now=now)


def send_later(tx: Connection, request_id: int, *, at: datetime) -> None:
    """Makes the message of a request wait, because the mail server did not take it now."""
    tx.execute(update(site_request).where(site_request.c.id == request_id).values(mail_at=at))


def count_used(
    tx: Connection, limits: Sequence[tuple[RequestLimit, str]], *, now: datetime
) -> dict[RequestLimit, int]:
    """Returns how many requests were counted for each limit.

    Args:
        tx: Transaction.
        limits: The limits, each with the key that is counted.
        now: Current time.
    """
    return {limit: _count(tx, limit.counted, key, since=now - limit.time) for limit, key in limits}


def lock_counts(tx: Connection) -> None:
    """Makes other processes wait until this transaction has counted and stored its request."""
    insert_missing(tx, meta, [{"key": _CLOSED, "value": ""}])
    tx.execute(update(meta).where(meta.c.key == _CLOSED).values(value=meta.c.value))


def note(tx: Connection, keys: Mapping[Counted, str], *, now: datetime) -> None:
    """Counts a request under each key."""
    rows = [{"counted": counted.value, "key": key, "at": now} for counted, key in keys.items()]
    if rows:
        tx.execute(insert(site_event), rows)


def close_signup(tx: Connection, *, now: datetime) -> None:
    """Records that the site takes no requests for a while, because there were too many."""
    insert_missing(tx, meta, [{"key": _CLOSED, "value": ""}])
    tx.execute(update(meta).where(meta.c.key == _CLOSED).values(value=now.isoformat()))


def closed_at(tx: Connection) -> datetime | None:
    """Returns when `close_signup` was called last; None if never."""
    value = tx.execute(select(meta.c.value).where(meta.c.key == _CLOSED)).scalar_one_or_none()
    return datetime.fromisoformat(value) if value else None


def remove_old(tx: Connection, *, now: datetime, life: timedelta) -> None:
    """Deletes requests that cannot be confirmed any more, and counts that no limit needs."""
    tx.execute(delete(site_request).where(site_request.c.asked_at < now - life))
    tx.execute(delete(site_event).where(site_event.c.at < now - DAY))


def remove_of_address(tx: Connection, email_key: str) -> None:
    """Deletes the requests for an address."""
    tx.execute(delete(site_request).where(site_request.c.email_key == email_key))


def _count(tx: Connection, counted: Counted, key: str, *, since: datetime) -> int:
    columns = site_event.c
    same = (columns.counted == counted.value) & (columns.key == key) & (columns.at > since)
    return int(tx.execute(select(func.count()).select_from(site_event).where(same)).scalar_one())


def _from_row(row: AnyRow) -> SiteRequest:
    return SiteRequest(
        request_id=row.id,
        kind=row.kind,
        email=row.email,
        subscription_id=row.subscription_id,
        wish=row.wish,
        asked_at=row.asked_at,
        tries=row.tries,
        done_at=row.done_at,
        result_id=row.result_id,
    )
