"""When each source was last looked at, what it brought, and when it is looked at again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, select, update

from digest.core.models.batches import Verdict
from digest.store.database.schema import batch, source
from digest.store.database.statements import insert_or_ignore


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """The state of one source."""

    polled_at: datetime | None = None  # None: never
    verdict: Verdict | None = None  # of its last batch
    announced: date | None = None  # the newest day that any of its batches had
    fresh_at: datetime | None = None  # when it last brought something to announce
    first_at: datetime | None = None  # when it was first looked at
    next_poll_at: datetime | None = None  # of a scheduler; None: at any time
    failures: int = 0  # looks in a row that could not be read
    failing_since: datetime | None = None
    problem: str = ""  # of the last batch, if it failed


def load(tx: Connection, name: str) -> SourceState:
    """The state of the source of this name; that of one never seen for any other."""
    mine = select(batch).where(batch.c.source == name)
    last = tx.execute(mine.order_by(batch.c.id.desc()).limit(1)).first()
    kept = tx.execute(select(source).where(source.c.name == name)).first()
    if kept is None:
        return SourceState()
    brought = batch.c.new + batch.c.listed + batch.c.revised + batch.c.withdrawn > 0
    fresh = select(func.max(batch.c.collected_at)).where(batch.c.source == name, brought)
    span = select(func.max(batch.c.announced), func.min(batch.c.collected_at))
    announced, first_at = tx.execute(span.where(batch.c.source == name)).one()
    rejected = last.rejected if last is not None and last.verdict is Verdict.FAILED else []
    return SourceState(
        polled_at=kept.polled_at,
        verdict=None if last is None else last.verdict,
        announced=announced,
        fresh_at=tx.execute(fresh).scalar_one(),
        first_at=first_at,
        next_poll_at=kept.next_poll_at,
        failures=kept.failures,
        failing_since=kept.failing_since,
        problem="; ".join(reason for _, reason in rejected),
    )


def is_failing(tx: Connection, name: str) -> bool:
    """Whether the last look at this source could not be read."""
    failing = select(source.c.name).where(source.c.name == name, source.c.failures > 0)
    return tx.execute(failing).first() is not None


def not_due(tx: Connection, now: datetime) -> frozenset[str]:
    """The sources that a scheduler does not look at yet.

    One that was looked at by a clock that was ahead is not among them.
    """
    mine = select(source.c.name).where(source.c.next_poll_at > now, source.c.polled_at <= now)
    return frozenset(tx.execute(mine).scalars())


def save(
    tx: Connection,
    name: str,
    *,
    now: datetime,
    next_poll_at: datetime | None,
    failures: int,
    failing_since: datetime | None,
) -> None:
    """Notes a look at a source, and when the next one is due."""
    values: Mapping[str, object] = {
        "polled_at": now,
        "next_poll_at": next_poll_at,
        "failures": failures,
        "failing_since": failing_since,
    }
    changed = tx.execute(update(source).where(source.c.name == name).values(values))
    if not changed.rowcount:
        tx.execute(insert_or_ignore(tx, source), {"name": name, **values})
