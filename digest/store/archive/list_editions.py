"""Stores the pages of the public archive: one for each offered list and day."""

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, select

from digest.core.models.editions import Edition
from digest.store.database.learned_tables import list_edition
from digest.store.database.statements import AnyRow, insert_missing
from digest.store.editions import ledger, serialization


class ListDay(Struct, frozen=True, kw_only=True):
    """A page of the archive, without its papers."""

    day: date
    matched: int  # papers
    composed_at: datetime


class ListEdition(Struct, frozen=True, kw_only=True):
    """A page of the archive."""

    composed_at: datetime
    edition: Edition


def position(tx: Connection, name: str) -> tuple[date, int] | None:
    """Returns the last day of a list, and the last announcement that was considered for it."""
    columns = list_edition.c
    last = select(columns.local_date, columns.read_through).where(columns.list_name == name)
    row = tx.execute(last.order_by(columns.local_date.desc()).limit(1)).first()
    return None if row is None else (row.local_date, row.read_through)


def add(tx: Connection, name: str, edition: Edition, *, read_through: int, now: datetime) -> None:
    """Stores the page of a day; does nothing if the day has one.

    Args:
        tx: Write transaction.
        name: The list.
        edition: Its papers; without any, the day is recorded and gets no page.
        read_through: The last announcement that was considered.
        now: Current time.
    """
    row = {
        "list_name": name,
        "local_date": edition.local_date,
        "composed_at": now,
        "read_through": read_through,
        "matched": len(edition.entries),
        "content": serialization.pack(edition),
    }
    insert_missing(tx, list_edition, [row])


def find(tx: Connection, name: str, day: date) -> ListEdition | None:
    """Returns the page of a day; None if there is none."""
    mine = select(list_edition).where(*_of_list(name), list_edition.c.local_date == day)
    return next(iter(_from_rows(tx, tx.execute(mine).all())), None)


def newest(tx: Connection, name: str, *, limit: int) -> list[ListEdition]:
    """Returns the newest pages of a list, newest first."""
    mine = select(list_edition).where(*_of_list(name))
    ordered = mine.order_by(list_edition.c.local_date.desc()).limit(limit)
    return _from_rows(tx, tx.execute(ordered).all())


def days(tx: Connection, name: str, *, before: date = date.max, limit: int) -> list[ListDay]:
    """Returns the days of a list that have a page, newest first.

    Args:
        tx: Transaction.
        name: The list.
        before: Only earlier days.
        limit: Maximum number of days.
    """
    columns = list_edition.c
    mine = select(columns.local_date, columns.matched, columns.composed_at)
    earlier = mine.where(*_of_list(name), columns.local_date < before)
    rows = tx.execute(earlier.order_by(columns.local_date.desc()).limit(limit))
    return [
        ListDay(day=row.local_date, matched=row.matched, composed_at=row.composed_at)
        for row in rows
    ]


def next_day(tx: Connection, name: str, day: date) -> date | None:
    """Returns the first later day that has a page; None if there is none."""
    later = select(list_edition.c.local_date).where(
        *_of_list(name), list_edition.c.local_date > day
    )
    return tx.execute(later.order_by(list_edition.c.local_date).limit(1)).scalar_one_or_none()


def shown_since(tx: Connection, name: str, since: date) -> set[int]:
    """Returns the papers on the pages of a list from a day on."""
    columns = list_edition.c
    recent = select(columns.content).where(columns.list_name == name, columns.local_date >= since)
    return {
        entry.paper_id
        for content in tx.execute(recent).scalars()
        for entry in serialization.scored_entries(content)
    }


def _of_list(name: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return list_edition.c.list_name == name, list_edition.c.matched > 0


def _from_rows(tx: Connection, rows: Sequence[AnyRow]) -> list[ListEdition]:
    return [
        ListEdition(composed_at=row.composed_at, edition=edition)
        for row, edition in zip(rows, ledger.editions_from_rows(tx, rows), strict=True)
    ]
