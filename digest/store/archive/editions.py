"""Reads editions by themselves, for pages and feeds."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Select, select

from digest.core.models.editions import Edition
from digest.store.database import schema
from digest.store.database.statements import AnyRow
from digest.store.editions import ledger

_edition = schema.edition


class ArchivedEdition(Struct, frozen=True, kw_only=True):
    """An edition as the archive shows it."""

    edition_id: int
    subscription_id: int
    composed_at: datetime
    edition: Edition

    @property
    def is_kept(self) -> bool:
        """Whether its papers are stored; the contents of old editions are removed."""
        return bool(self.edition.entries or self.edition.trending) or not self.edition.matched


def find(tx: Connection, edition_id: int) -> ArchivedEdition | None:
    """Returns an edition; None if there is none with this number."""
    rows = tx.execute(_select().where(_edition.c.id == edition_id)).all()
    return next(iter(_from_rows(tx, rows)), None)


def newest(tx: Connection, subscription_id: int, *, limit: int) -> list[ArchivedEdition]:
    """Returns the newest editions of a subscription, newest first."""
    rows = tx.execute(_newest(_select(), subscription_id, limit)).all()
    return _from_rows(tx, rows)


def newest_ids(tx: Connection, subscription_id: int, *, limit: int) -> list[tuple[int, datetime]]:
    """Returns the numbers of the newest editions, and when each was composed, newest first."""
    columns = select(_edition.c.id, _edition.c.composed_at)
    return [(row[0], row[1]) for row in tx.execute(_newest(columns, subscription_id, limit))]


def dates(tx: Connection, edition_ids: Sequence[int]) -> dict[int, date]:
    """Returns the dates of editions, by number."""
    found = select(_edition.c.id, _edition.c.local_date).where(_edition.c.id.in_(edition_ids))
    return {row.id: row.local_date for row in tx.execute(found)}


def _select() -> Select[*tuple[Any, ...]]:
    columns = _edition.c
    return select(
        columns.id,
        columns.subscription_id,
        columns.local_date,
        columns.composed_at,
        columns.matched,
        columns.content,
    )


def _newest(
    columns: Select[*tuple[Any, ...]], subscription_id: int, limit: int
) -> Select[*tuple[Any, ...]]:
    of_reader = columns.where(_edition.c.subscription_id == subscription_id)
    return of_reader.order_by(_edition.c.local_date.desc()).limit(limit)


def _from_rows(tx: Connection, rows: Sequence[AnyRow]) -> list[ArchivedEdition]:
    return [
        ArchivedEdition(
            edition_id=row.id,
            subscription_id=row.subscription_id,
            composed_at=row.composed_at,
            edition=edition,
        )
        for row, edition in zip(rows, ledger.editions_from_rows(tx, rows), strict=True)
    ]
