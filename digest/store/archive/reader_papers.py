"""Finds the papers that a reader was shown, and those that the reader keeps."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from digest.core.models.papers import Paper
from digest.store.archive import editions
from digest.store.database.learned_tables import reader_paper
from digest.store.database.schema import edition, edition_paper, revision
from digest.store.database.statements import rows_in
from digest.store.papers import revisions


class ReaderPaper(Struct, frozen=True, kw_only=True):
    """A paper of a reader: shown in a digest, saved, or with a note."""

    paper_id: int
    paper: Paper
    day: date | None  # of the last digest that showed it; None: none did
    saved_at: datetime | None  # None: not saved
    note: str  # empty: none


def shown(
    tx: Connection, subscription_id: int, *, words: Sequence[str], limit: int, skip: int
) -> list[ReaderPaper]:
    """Returns the papers that the digests of a subscription showed, newest digest first.

    Args:
        tx: Transaction.
        subscription_id: The subscription.
        words: Each must be in the title, the abstract or the note; upper and lower case are equal.
        limit: Maximum number of papers.
        skip: Leave out so many from the start.
    """
    paper_id = edition_paper.c.paper_id
    later = edition_paper.alias()
    shown_later = (
        select(later.c.edition_id)
        .where(
            later.c.subscription_id == subscription_id,
            later.c.paper_id == paper_id,
            later.c.edition_id > edition_paper.c.edition_id,
        )
        .exists()
    )
    # In the order of an index, so that the first pages of many years take no longer.
    found = (
        select(paper_id)
        .join_from(edition, edition_paper, edition_paper.c.edition_id == edition.c.id)
        .where(edition.c.subscription_id == subscription_id, ~shown_later)
        .order_by(edition.c.local_date.desc(), paper_id.desc())
    )
    return _page(tx, found, subscription_id, paper_id, words=words, limit=limit, skip=skip)


def saved(
    tx: Connection, subscription_id: int, *, words: Sequence[str] = (), limit: int, skip: int = 0
) -> list[ReaderPaper]:
    """Returns the papers that a reader saved, the last one first; see `shown`."""
    columns = reader_paper.c
    found = (
        select(columns.paper_id)
        .where(columns.subscription_id == subscription_id, columns.saved_at.is_not(None))
        .order_by(columns.saved_at.desc(), columns.paper_id.desc())
    )
    return _page(tx, found, subscription_id, columns.paper_id, words=words, limit=limit, skip=skip)


def is_of_reader(tx: Connection, subscription_id: int, paper_id: int) -> bool:
    """Whether a digest of the subscription showed the paper, or the reader keeps it."""
    return any(
        tx.execute(
            select(table.c.paper_id)
            .where(table.c.subscription_id == subscription_id, table.c.paper_id == paper_id)
            .limit(1)
        ).first()
        for table in (edition_paper, reader_paper)
    )


def _page(
    tx: Connection,
    found: Select[*tuple[Any, ...]],
    subscription_id: int,
    paper_id: ColumnElement[int],
    *,
    words: Sequence[str],
    limit: int,
    skip: int,
) -> list[ReaderPaper]:
    # The papers of one reader are few, and found by an index; their texts are searched one by one.
    for word in words:
        found = found.where(_has_word(word, subscription_id, paper_id))
    ids = list(tx.execute(found.limit(limit).offset(skip)).scalars())
    texts = revisions.latest_by_paper(tx, ids)
    days = _days(tx, subscription_id, ids)
    mine = select(reader_paper).where(reader_paper.c.subscription_id == subscription_id)
    kept = {row.paper_id: row for row in rows_in(tx, mine, reader_paper.c.paper_id, ids)}
    return [
        ReaderPaper(
            paper_id=number,
            paper=texts[number].paper,
            day=days.get(number),
            saved_at=kept[number].saved_at if number in kept else None,
            note=kept[number].note if number in kept else "",
        )
        for number in ids
        if number in texts
    ]


def _days(tx: Connection, subscription_id: int, paper_ids: Sequence[int]) -> dict[int, date]:
    last = (
        select(edition_paper.c.paper_id, func.max(edition_paper.c.edition_id).label("edition_id"))
        .where(edition_paper.c.subscription_id == subscription_id)
        .group_by(edition_paper.c.paper_id)
    )
    rows = list(rows_in(tx, last, edition_paper.c.paper_id, paper_ids))
    days = editions.dates(tx, [row.edition_id for row in rows])
    return {row.paper_id: days[row.edition_id] for row in rows}


def _has_word(word: str, subscription_id: int, paper_id: ColumnElement[int]) -> ColumnElement[bool]:
    # SQLite knows upper and lower case of ASCII letters only, so other words are spelled out.
    forms = [word] if word.isascii() else [word.lower(), word.upper(), word.capitalize()]
    texts = revision.c.title, revision.c.abstract
    in_text = [text.icontains(form, autoescape=True) for form in forms for text in texts]
    kept = reader_paper.alias()
    in_note = [kept.c.note.icontains(form, autoescape=True) for form in forms]
    is_kept = kept.c.subscription_id == subscription_id, kept.c.paper_id == paper_id
    return or_(
        select(revision.c.id).where(revision.c.paper_id == paper_id, or_(*in_text)).exists(),
        select(kept.c.note).where(*is_kept, or_(*in_note)).exists(),
    )
