"""Finds out with one statement whether pruning has anything to do; the report of pruning."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, func, select

from digest.store.database.schema import batch, edition

# Pruning notes which papers each edition shows. So many editions are noted quickly, whenever that is.
_QUICKLY_NOTED = 10_000


class PruneReport(Struct, frozen=True, kw_only=True):
    """How many rows were pruned, or would be in a dry run."""

    before: datetime  # only older data was pruned
    editions: int = 0  # whose content was cleared
    abstracts: int = 0  # revisions whose abstract, summary, keywords and connections were cleared
    sightings: int = 0
    batches: int = 0  # reports of fetches


def is_all_recent(tx: Connection, *, before: datetime) -> bool:
    """Whether `prune` would find no data from before a moment, and has little to note.

    So it is in a home of one reader or a small group in its first months. To ask the queries of `prune`
    takes a fiftieth of a first `digest run`, and nothing is noted that a later call could not note.

    Args:
        tx: Transaction.
        before: As `prune` takes it.
    """
    old_batch = select(batch.c.id).where(batch.c.collected_at < before).limit(1).scalar_subquery()
    # The first edition is the oldest: ids grow.
    first = select(func.min(edition.c.id)).scalar_subquery()
    first_composed = select(edition.c.composed_at).where(edition.c.id == first).scalar_subquery()
    last_edition = select(func.max(edition.c.id)).scalar_subquery()
    old, composed, last = tx.execute(select(old_batch, first_composed, last_edition)).one()
    return old is None and (composed is None or (composed >= before and last <= _QUICKLY_NOTED))
