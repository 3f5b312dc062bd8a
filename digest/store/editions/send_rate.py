"""Shares the rate of messages to a mail server among all processes that send to it."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, case, update

from digest.store.database.schema import send_rate
from digest.store.database.statements import insert_missing

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def reserve(
    tx: Connection, *, server: str, count: int, interval: timedelta, now: datetime
) -> datetime:
    """Reserves the times of some messages; they follow those that are reserved already.

    Args:
        tx: Write transaction; commit it at once, others wait for it.
        server: Names the mail server.
        count: Number of messages.
        interval: Time between two messages.
        now: Current time.

    Returns:
        The time of the first message, `now` or later.
    """
    at = (now - _EPOCH) // _MICROSECOND
    insert_missing(tx, send_rate, [{"server": server, "next_at": at}])
    step = count * (interval // _MICROSECOND)
    begin = case((send_rate.c.next_at > at, send_rate.c.next_at), else_=at)
    reserved = (
        update(send_rate)
        .where(send_rate.c.server == server)
        .values(next_at=begin + step)
        .returning(send_rate.c.next_at)
    )
    end = int(tx.execute(reserved).scalar_one())
    return _EPOCH + (end - step) * _MICROSECOND
