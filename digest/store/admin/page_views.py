"""Counts how often each kind of page was shown on a day."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, delete, select, update

from digest.store.database.statements import insert_missing
from digest.store.database.support_tables import page_view


def add(tx: Connection, views: Mapping[tuple[date, str], int]) -> None:
    """Adds views to the counts.

    Args:
        tx: Write transaction.
        views: How many, by day and kind of page.
    """
    columns = page_view.c
    # In one order, so that two processes never wait for each other.
    for (day, page), number in sorted(views.items()):
        insert_missing(tx, page_view, [{"day": day, "page": page, "views": 0}])
        counted = update(page_view).where(columns.day == day, columns.page == page)
        tx.execute(counted.values(views=columns.views + number))


def since(tx: Connection, day: date) -> list[tuple[date, str, int]]:
    """Returns the counts from a day on: day, kind of page, views."""
    columns = page_view.c
    rows = tx.execute(select(columns.day, columns.page, columns.views).where(columns.day >= day))
    return [(row.day, row.page, row.views) for row in rows]


def remove_old(tx: Connection, *, before: date) -> None:
    """Deletes the counts of days before this one."""
    tx.execute(delete(page_view).where(page_view.c.day < before))
