"""Editions in the ledger, as publishing inserts them, but one at a time."""

from datetime import datetime

from digest.core.models.delivery import EditionState
from digest.core.models.editions import Edition
from digest.store.archive import shown_papers
from digest.store.database.column_types import to_json
from digest.store.database.store import Connection
from digest.store.editions import serialization
from digest.store.editions.bulk_insert import NewEdition, insert_many
from support.builders import NOW


def insert_edition(
    tx: Connection,
    subscription_id: int,
    edition: Edition,
    *,
    message_domain: str = "example.org",
    composed_at: datetime = NOW,
    state: EditionState = EditionState.QUEUED,
) -> int | None:
    """Inserts an edition; returns its id, or None if the day has one already."""
    new = NewEdition(
        subscription_id=subscription_id,
        local_date=edition.local_date,
        content=to_json(serialization.pack(edition)),
        matched=edition.matched,
        papers=shown_papers.packed(
            entry.candidate.paper_id for entry in (*edition.entries, *edition.trending)
        ),
    )
    (edition_id,) = insert_many(
        tx, [new], message_domain=message_domain, composed_at=composed_at, state=state
    )
    return edition_id
