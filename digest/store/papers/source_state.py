"""Stores the state of each source: its last fetch, its failures, and when it is due again."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Select, func, select, update

from digest.core.models.batches import Verdict
from digest.store.database.schema import batch, source
from digest.store.database.statements import insert_or_ignore


class SourceState(Struct, frozen=True, kw_only=True):
    """The state of one source."""

    polled_at: datetime | None = None  # time of the last fetch; None: never fetched
    verdict: Verdict | None = None  # of the last batch
    announced: date | None = None  # the newest day that any batch stated
    fresh_at: datetime | None = None  # when a batch last announced something
    first_at: datetime | None = None  # when the first batch was collected
    next_poll_at: datetime | None = None  # when a scheduler fetches next; None: at any time
    failures: int = 0  # consecutive failed fetches
    failing_since: datetime | None = None
    problem: str = ""  # why the last fetch failed; empty if it did not


def load(tx: Connection, name: str) -> SourceState:
    """Returns the state of a source; a default state if it was never fetched."""
    row = tx.execute(select(source).where(source.c.name == name)).first()
    if row is None:
        return SourceState()
    last = tx.execute(
        select(batch.c.verdict, batch.c.rejected)
        .where(batch.c.source == name)
        .order_by(batch.c.id.desc())
        .limit(1)
    ).first()
    has_announced = batch.c.new + batch.c.listed + batch.c.revised + batch.c.withdrawn > 0
    # Each of these reads the few batches that it needs from an index, not all of the source.
    collected = select(batch.c.collected_at).where(batch.c.source == name)
    fresh = collected.where(has_announced).order_by(batch.c.id.desc()).limit(1)
    first = collected.order_by(batch.c.id).limit(1)
    # One statement: making a statement takes longer than running it.
    days = tx.execute(
        select(
            _announced(name).scalar_subquery().label("announced"),
            fresh.scalar_subquery().label("fresh_at"),
            first.scalar_subquery().label("first_at"),
        )
    ).one()
    rejected = last.rejected if last is not None and last.verdict is Verdict.FAILED else []
    return SourceState(
        polled_at=row.polled_at,
        verdict=None if last is None else last.verdict,
        announced=days.announced,
        fresh_at=days.fresh_at,
        first_at=days.first_at,
        next_poll_at=row.next_poll_at,
        failures=row.failures,
        failing_since=row.failing_since,
        problem="; ".join(reason for _, reason in rejected),
    )


def last_announced(tx: Connection, name: str) -> date | None:
    """Returns the newest day that any batch of a source stated; None if none did."""
    day: date | None = tx.execute(_announced(name)).scalar_one()
    return day


def _announced(name: str) -> Select[tuple[Any]]:
    return select(func.max(batch.c.announced)).where(batch.c.source == name)


def batch_sources(tx: Connection) -> list[str]:
    """Returns the names of all sources of stored batches, sorted."""
    names: list[str] = []
    name = select(batch.c.source).order_by(batch.c.source).limit(1)
    found = tx.execute(name).scalar()
    while found is not None:  # one step in the index for each source, however many batches it has
        names.append(found)
        found = tx.execute(name.where(batch.c.source > found)).scalar()
    return names


def is_failing(tx: Connection, name: str) -> bool:
    """Whether the last fetch of this source failed."""
    failing = select(source.c.name).where(source.c.name == name, source.c.failures > 0)
    return tx.execute(failing).first() is not None


def not_due(tx: Connection, now: datetime) -> frozenset[str]:
    """Returns the names of the sources that a scheduler must not fetch yet."""
    # A source whose last fetch is in the future was fetched under a wrong clock: it is due.
    waiting = select(source.c.name).where(source.c.next_poll_at > now, source.c.polled_at <= now)
    return frozenset(tx.execute(waiting).scalars())


def save(
    tx: Connection,
    name: str,
    *,
    now: datetime,
    next_poll_at: datetime | None,
    failures: int,
    failing_since: datetime | None,
) -> None:
    """Stores the time of a fetch and when the next one is due.

    Args:
        tx: Write transaction.
        name: Name of the source.
        now: Time of the fetch.
        next_poll_at: When a scheduler fetches the source next; None: at any time.
        failures: Consecutive failed fetches, including this one.
        failing_since: Time of the first of these; None if there are none.
    """
    values: Mapping[str, object] = {
        "polled_at": now,
        "next_poll_at": next_poll_at,
        "failures": failures,
        "failing_since": failing_since,
    }
    result = tx.execute(update(source).where(source.c.name == name).values(values))
    if not result.rowcount:
        tx.execute(insert_or_ignore(tx, source), {"name": name, **values})


def load_cursor(tx: Connection, name: str) -> dict[str, Any] | None:
    """Returns the position where the last fetch of this source ended; None if there is none."""
    found = tx.execute(select(source.c.cursor).where(source.c.name == name))
    return found.scalar_one_or_none()


def save_cursor(tx: Connection, name: str, cursor: Mapping[str, Any] | None, now: datetime) -> None:
    """Stores the position where the next fetch of this source starts, and the time of this one."""
    values = {"cursor": None if cursor is None else dict(cursor), "polled_at": now}
    result = tx.execute(update(source).where(source.c.name == name).values(values))
    if not result.rowcount:
        tx.execute(insert_or_ignore(tx, source), {"name": name, "failures": 0, **values})
