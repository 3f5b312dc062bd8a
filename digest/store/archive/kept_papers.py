"""Stores which papers a reader keeps: saved ones, and those with a note."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, literal, update

from digest.store.database.learned_tables import reader_paper
from digest.store.database.statements import insert_missing

_columns = reader_paper.c


def save(tx: Connection, subscription_id: int, paper_id: int, *, now: datetime) -> None:
    """Saves a paper; one that is saved keeps its date."""
    moment = literal(now, _columns.saved_at.type)
    _change(tx, subscription_id, paper_id, saved_at=func.coalesce(_columns.saved_at, moment))


def unsave(tx: Connection, subscription_id: int, paper_id: int) -> None:
    """Removes a paper from the saved ones; its note stays."""
    _change(tx, subscription_id, paper_id, saved_at=None)


def write_note(tx: Connection, subscription_id: int, paper_id: int, note: str) -> None:
    """Stores the note about a paper; an empty one removes it."""
    _change(tx, subscription_id, paper_id, note=note)


def _change(tx: Connection, subscription_id: int, paper_id: int, **values: Any) -> None:
    row = {"subscription_id": subscription_id, "paper_id": paper_id, "saved_at": None, "note": ""}
    insert_missing(tx, reader_paper, [row])
    is_paper = (_columns.subscription_id == subscription_id) & (_columns.paper_id == paper_id)
    tx.execute(update(reader_paper).where(is_paper).values(**values))
    is_empty = _columns.saved_at.is_(None) & (_columns.note == "")
    tx.execute(delete(reader_paper).where(is_paper, is_empty))
