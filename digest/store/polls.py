"""When each source was last looked at, and what it brought."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from digest.core.model import Verdict
from digest.store.schema import batch, source


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """The state of one source."""

    polled_at: datetime | None = None  # None: never
    verdict: Verdict | None = None  # of its last batch
    announced: date | None = None  # the newest day that any of its batches had
    fresh_at: datetime | None = None  # when it last brought something new


def poll(tx: Connection, name: str) -> Poll:
    """The state of the source of this name; that of one never seen for any other."""
    mine = select(batch).where(batch.c.source == name)
    last = tx.execute(mine.order_by(batch.c.id.desc()).limit(1)).first()
    polled_at = tx.execute(
        select(source.c.polled_at).where(source.c.name == name)
    ).scalar_one_or_none()
    if last is None:
        return Poll(polled_at=polled_at)
    announced = tx.execute(
        select(func.max(batch.c.announced)).where(batch.c.source == name)
    ).scalar_one()
    fresh_at = tx.execute(
        select(func.max(batch.c.collected_at)).where(batch.c.source == name, batch.c.new > 0)
    ).scalar_one()
    return Poll(polled_at=polled_at, verdict=last.verdict, announced=announced, fresh_at=fresh_at)
