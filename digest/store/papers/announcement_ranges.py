"""Finds which part of the announcement log belongs to which batch and day."""

from datetime import date, datetime

from msgspec import Struct
from sqlalchemy import Connection, func, select

from digest.store.database import schema


class AnnouncementRange(Struct, frozen=True, kw_only=True):
    """The announcements of one batch: those with `after < seq <= upto`."""

    day: date  # the day that the source states; otherwise the UTC day on which it was collected
    after: int
    upto: int


def announcement_ranges(
    tx: Connection, *, since: datetime | None = None
) -> tuple[AnnouncementRange, ...]:
    """Returns the range of each batch that announced papers, in the order of the log.

    Args:
        tx: Transaction.
        since: Only batches that were collected at this moment or later; None: all.
    """
    batch, announcement = schema.batch, schema.announcement
    first, last = func.min(announcement.c.seq), func.max(announcement.c.seq)
    recent = [] if since is None else [batch.c.collected_at >= since]
    rows = tx.execute(
        select(batch.c.announced, batch.c.collected_at, first.label("first"), last.label("last"))
        .join_from(announcement, batch, announcement.c.batch_id == batch.c.id)
        .where(*recent)
        .group_by(batch.c.id, batch.c.announced, batch.c.collected_at)
        .order_by(first)
    )
    return tuple(
        AnnouncementRange(
            day=row.announced or row.collected_at.date(), after=row.first - 1, upto=row.last
        )
        for row in rows
    )


def has_batches_before(tx: Connection, moment: datetime) -> bool:
    """Whether any batch was collected before this moment."""
    batch = schema.batch
    earlier = select(batch.c.id).where(batch.c.collected_at < moment)
    return tx.execute(earlier.limit(1)).first() is not None
