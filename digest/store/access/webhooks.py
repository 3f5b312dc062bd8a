"""Stores webhooks and the messages that wait for them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import Connection, delete, func, insert, select, update

from digest.core.access.webhooks import WebhookEvent, WebhookMessage
from digest.store.access.events import Event, Position, head
from digest.store.access.tables import webhook, webhook_message
from digest.store.database.statements import AnyRow, insert_missing

KEPT = timedelta(days=1)
"""How long a message that was taken is remembered, so that its event is told once."""


class Webhook(Struct, frozen=True, kw_only=True):
    """An address that is told about events."""

    webhook_id: int
    url: str
    events: tuple[WebhookEvent, ...]
    secret: str
    created_at: datetime
    through: Position  # up to where events were read for it
    failing_since: datetime | None  # None: the last message was taken
    problem: str  # of the last failure; empty: none
    disabled_at: datetime | None  # None: it is on


class WaitingMessage(Struct, frozen=True, kw_only=True):
    """A message that is due."""

    number: int  # its row
    message: WebhookMessage
    failures: int


def add(
    tx: Connection, *, url: str, events: Sequence[WebhookEvent], secret: str, now: datetime
) -> int:
    """Stores a webhook, which is told what happens from now on; returns its number."""
    row = {
        "url": url,
        "events": [event.value for event in events],
        "secret": secret,
        "created_at": now,
        "problem": "",
        **_columns(head(tx, now=now)),
    }
    return int(tx.execute(insert(webhook).values(row).returning(webhook.c.id)).scalar_one())


def all_webhooks(tx: Connection) -> list[Webhook]:
    """Returns all webhooks, oldest first."""
    return [_from_row(row) for row in tx.execute(select(webhook).order_by(webhook.c.id))]


def find(tx: Connection, webhook_id: int) -> Webhook | None:
    """Returns a webhook; None if there is none with this number."""
    row = tx.execute(select(webhook).where(webhook.c.id == webhook_id)).first()
    return None if row is None else _from_row(row)


def remove(tx: Connection, webhook_id: int) -> bool:
    """Deletes a webhook with its messages; returns False if there is none with this number."""
    tx.execute(delete(webhook_message).where(webhook_message.c.webhook_id == webhook_id))
    return tx.execute(delete(webhook).where(webhook.c.id == webhook_id)).rowcount > 0


def resume(tx: Connection, webhook_id: int, *, now: datetime) -> bool:
    """Switches a webhook on again; what waits for it is sent at once, and nothing else.

    Returns:
        False if there is none with this number.
    """
    known = find(tx, webhook_id)
    if known is None:
        return False
    # While it was off, no events were read for it. Those of weeks would come all at once.
    skipped = {} if known.disabled_at is None else _columns(head(tx, now=now))
    values = {"disabled_at": None, "failing_since": None, "problem": "", **skipped}
    tx.execute(update(webhook).where(webhook.c.id == webhook_id).values(values))
    waits = (webhook_message.c.webhook_id == webhook_id) & webhook_message.c.next_at.is_not(None)
    tx.execute(update(webhook_message).where(waits).values(next_at=now, failures=0))
    return True


def store_events(
    tx: Connection, item: Webhook, events: Sequence[Event], *, through: Position, now: datetime
) -> None:
    """Adds messages for events, unless they were added before, and moves on.

    Args:
        tx: Write transaction.
        item: The webhook.
        events: Events after `item.through`.
        through: Up to where they need not be read again.
        now: Current time.
    """
    rows = [
        {
            "webhook_id": item.webhook_id,
            "event": event.event,
            "number": event.number,
            "at": event.at,
            "data": dict(event.data),
            "failures": 0,
            "next_at": now,
        }
        for event in events
        if event.event in item.events
    ]
    insert_missing(tx, webhook_message, rows)
    mine = update(webhook).where(webhook.c.id == item.webhook_id)
    tx.execute(mine.values(_columns(through)))


def due_messages(
    tx: Connection, item: Webhook, *, now: datetime, limit: int
) -> list[WaitingMessage]:
    """Returns messages of a webhook that are to be sent now, oldest first."""
    columns = webhook_message.c
    due = select(webhook_message).where(
        columns.webhook_id == item.webhook_id, columns.next_at <= now
    )
    rows = tx.execute(due.order_by(columns.next_at, columns.id).limit(limit))
    return [
        WaitingMessage(
            number=row.id,
            message=WebhookMessage(
                message_id=f"{row.event}-{row.number}", event=row.event, at=row.at, data=row.data
            ),
            failures=row.failures,
        )
        for row in rows
    ]


def take(tx: Connection, number: int, *, until: datetime, now: datetime) -> bool:
    """Reserves a due message for this process; returns False if another one has it.

    Args:
        tx: Write transaction.
        number: The message.
        until: When another process may send it, if this one dies.
        now: Current time.
    """
    columns = webhook_message.c
    is_due = (columns.id == number) & (columns.next_at <= now)
    return tx.execute(update(webhook_message).where(is_due).values(next_at=until)).rowcount > 0


def settle(
    tx: Connection,
    webhook_id: int,
    number: int,
    *,
    problem: str,
    next_at: datetime | None,
    now: datetime,
) -> None:
    """Records how sending a message went.

    Args:
        tx: Write transaction.
        webhook_id: The webhook.
        number: The message.
        problem: Why it failed; empty: it was taken.
        next_at: When it is sent again; None: never.
        now: Current time.
    """
    columns = webhook_message.c
    mine = update(webhook_message).where(columns.id == number)
    is_hook = webhook.c.id == webhook_id
    if problem:
        done_at = now if next_at is None else None
        tx.execute(mine.values(failures=columns.failures + 1, next_at=next_at, done_at=done_at))
        since = func.coalesce(webhook.c.failing_since, now)
        tx.execute(update(webhook).where(is_hook).values(problem=problem, failing_since=since))
    else:
        tx.execute(mine.values(next_at=None, done_at=now))
        is_failing = is_hook & webhook.c.failing_since.is_not(None)
        tx.execute(update(webhook).where(is_failing).values(problem="", failing_since=None))


def disable(tx: Connection, webhook_id: int, *, now: datetime) -> None:
    """Switches a webhook off."""
    is_on = (webhook.c.id == webhook_id) & webhook.c.disabled_at.is_(None)
    tx.execute(update(webhook).where(is_on).values(disabled_at=now))


def waiting(tx: Connection, webhook_id: int) -> int:
    """Returns how many messages wait for a webhook."""
    columns = webhook_message.c
    rows = select(func.count()).where(
        columns.webhook_id == webhook_id, columns.next_at.is_not(None)
    )
    return int(tx.execute(rows).scalar_one())


def remove_old(tx: Connection, *, now: datetime) -> None:
    """Deletes messages that were taken some time ago."""
    tx.execute(delete(webhook_message).where(webhook_message.c.done_at < now - KEPT))


def _columns(through: Position) -> dict[str, object]:
    return {
        "consent_through": through.consent,
        "bounce_through": through.bounce,
        "sent_through": through.sent,
    }


def _from_row(row: AnyRow) -> Webhook:
    known = {event.value for event in WebhookEvent}
    return Webhook(
        webhook_id=row.id,
        url=row.url,
        events=tuple(WebhookEvent(name) for name in row.events if name in known),
        secret=row.secret,
        created_at=row.created_at,
        through=Position(
            consent=row.consent_through, bounce=row.bounce_through, sent=row.sent_through
        ),
        failing_since=row.failing_since,
        problem=row.problem,
        disabled_at=row.disabled_at,
    )
