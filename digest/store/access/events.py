"""Reads what happened since a moment, from what the program records anyway: nothing is added there.

The consent log and the bounces have ids, but another process may commit a lower id later. So what
happened in the last minutes is read again, and a webhook stores each event once.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, Table, and_, func, or_, select

from digest.core.access.webhooks import WebhookEvent
from digest.core.models.delivery import EditionState
from digest.store.database.schema import bounce, consent, edition, subscription
from digest.store.database.statements import AnyRow

OVERLAP = timedelta(minutes=10)
"""What happened in this time is read again. It is longer than any transaction that records it."""

MOST = 1000
"""Events of one kind that are read at once."""

# How long before it is sent an edition may have been due: older ones were given up, or released by
# the operator, which is not told.
_LONGEST_WAIT = timedelta(days=8)

_CONSENT_COLUMNS = ("id", "address_id", "at", "event", "origin")
_BOUNCE_COLUMNS = ("id", "address_id", "edition_id", "at", "kind", "status")

_OF_CONSENT = {
    "subscribed": WebhookEvent.SUBSCRIBED,
    "left": WebhookEvent.LEFT,  # a mailing list
    "unsubscribed": WebhookEvent.LEFT,
    "suppressed": WebhookEvent.LEFT,
}


class Position(Struct, frozen=True, kw_only=True):
    """Up to where events were read."""

    consent: int  # id of an entry of the consent log
    bounce: int  # id of a bounce
    sent: datetime  # when an edition was sent
    sent_id: int = 0  # of those that were sent at that moment, the last one that was read


class Event(Struct, frozen=True, kw_only=True):
    """Something that happened to a reader, who is named by numbers alone."""

    event: WebhookEvent
    number: int  # unique among the events of its kind
    at: datetime
    data: Mapping[str, Any]


def head(tx: Connection, *, now: datetime) -> Position:
    """Returns the position after all that has happened."""
    return Position(consent=_last_id(tx, consent), bounce=_last_id(tx, bounce), sent=now)


class EventPage(Struct, frozen=True, kw_only=True):
    """Some events after a position."""

    events: Sequence[Event]
    reached: Position  # where the next page begins
    settled: Position  # up to where they need not be read again
    is_last: bool


def events_after(
    tx: Connection, position: Position, kinds: Collection[WebhookEvent], *, now: datetime
) -> EventPage:
    """Returns events after a position, of each kind at most `MOST`.

    Args:
        tx: Transaction.
        position: The position.
        kinds: Which events.
        now: Current time.
    """
    before = now - OVERLAP
    pages: list[list[Event]] = []
    reached = settled = position
    if {WebhookEvent.SUBSCRIBED, WebhookEvent.LEFT}.intersection(kinds):
        rows = _rows(tx, consent, _CONSENT_COLUMNS, position.consent)
        pages.append([event for row in rows if (event := _of_consent(row)) is not None])
        reached = replace(reached, consent=_last(rows, position.consent))
        old = [row for row in rows if row.at <= before]
        settled = replace(settled, consent=_last(old, position.consent))
    if WebhookEvent.BOUNCED in kinds:
        rows = _rows(tx, bounce, _BOUNCE_COLUMNS, position.bounce)
        pages.append([_of_bounce(row) for row in rows])
        reached = replace(reached, bounce=_last(rows, position.bounce))
        old = [row for row in rows if row.at <= before]
        settled = replace(settled, bounce=_last(old, position.bounce))
    sent: list[Event] = []
    if WebhookEvent.SENT in kinds:
        sent = [_of_edition(row) for row in _sent(tx, position)]
        pages.append(sent)
        last = (sent[-1].at, sent[-1].number) if sent else (position.sent, position.sent_id)
        reached = replace(reached, sent=last[0], sent_id=last[1])
    # What nobody wants to know is passed over for ever.
    settled = replace(
        settled,
        sent=max(position.sent, before)
        if len(sent) < MOST
        else max(position.sent, min(reached.sent, before)),
        sent_id=0,
    )
    moved = (reached.consent, reached.bounce, reached.sent, reached.sent_id) != (
        position.consent,
        position.bounce,
        position.sent,
        position.sent_id,
    )
    return EventPage(
        events=[event for page in pages for event in page],
        reached=reached,
        settled=settled,
        is_last=not moved,
    )


def _rows(tx: Connection, table: Table, columns: Sequence[str], after: int) -> Sequence[AnyRow]:
    chosen = select(*(table.c[name] for name in columns)).where(table.c.id > after)
    return tx.execute(chosen.order_by(table.c.id).limit(MOST)).all()


def _last(rows: Sequence[AnyRow], otherwise: int) -> int:
    return int(rows[-1].id) if rows else otherwise


def _of_consent(row: AnyRow) -> Event | None:
    event = _OF_CONSENT.get(row.event)
    if event is None:
        return None
    data = {"reader": row.address_id, "event": row.event, "origin": row.origin}
    return Event(event=event, number=row.id, at=row.at, data=data)


def _of_bounce(row: AnyRow) -> Event:
    data = {
        "reader": row.address_id,
        "edition": row.edition_id,
        "kind": row.kind,
        "status": row.status,
    }
    return Event(event=WebhookEvent.BOUNCED, number=row.id, at=row.at, data=data)


def _of_edition(row: AnyRow) -> Event:
    data = {
        "edition": row.id,
        "subscription": row.subscription_id,
        "reader": row.address_id,
        "date": row.local_date.isoformat(),
    }
    return Event(event=WebhookEvent.SENT, number=row.id, at=row.settled_at, data=data)


def _sent(tx: Connection, position: Position) -> Sequence[AnyRow]:
    columns = edition.c
    at_once = and_(columns.settled_at == position.sent, columns.id > position.sent_id)
    rows = (
        select(
            columns.id,
            columns.subscription_id,
            columns.local_date,
            columns.settled_at,
            subscription.c.address_id,
        )
        .join_from(edition, subscription)
        # The index has the time at which an edition was due, and reads those of a few days.
        .where(
            columns.state == EditionState.SENT,
            columns.next_attempt_at > position.sent - _LONGEST_WAIT,
            or_(columns.settled_at > position.sent, at_once),
        )
        .order_by(columns.settled_at, columns.id)
        .limit(MOST)
    )
    return tx.execute(rows).all()


def _last_id(tx: Connection, table: Table) -> int:
    return tx.execute(select(func.max(table.c.id))).scalar_one() or 0
