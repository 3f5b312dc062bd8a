"""Finds the papers that a reader was shown, and those that the reader keeps."""

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, or_, select

from digest.core.models.papers import Paper
from digest.store.archive import editions, shown_papers
from digest.store.database.learned_tables import reader_paper
from digest.store.database.schema import paper, revision
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
    wanted = limit + skip
    found: list[int] = []
    for part in shown_papers.newest_first(tx, subscription_id):
        found += _with_words(tx, part, subscription_id, words)
        if len(found) >= wanted:
            break
    return _page(tx, found[skip:wanted], subscription_id)


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
    # The papers of one reader are few, and found by an index; their texts are searched one by one.
    for word in words:
        found = found.where(_has_word(word, subscription_id, columns.paper_id))
    ids = list(tx.execute(found.limit(limit).offset(skip)).scalars())
    return _page(tx, ids, subscription_id)


def is_of_reader(tx: Connection, subscription_id: int, paper_id: int) -> bool:
    """Whether a digest of the subscription showed the paper, or the reader keeps it."""
    if shown_papers.shown_to(tx, [subscription_id], [paper_id]):
        return True
    kept = select(reader_paper.c.paper_id).where(
        reader_paper.c.subscription_id == subscription_id, reader_paper.c.paper_id == paper_id
    )
    return tx.execute(kept.limit(1)).first() is not None


def _with_words(
    tx: Connection, ids: Sequence[int], subscription_id: int, words: Sequence[str]
) -> list[int]:
    """Returns those of the papers that contain the words, in the same order."""
    if not words:
        return list(ids)
    conditions = [_has_word(word, subscription_id, paper.c.id) for word in words]
    found = select(paper.c.id).where(*conditions)
    have = {row.id for row in rows_in(tx, found, paper.c.id, ids)}
    return [number for number in ids if number in have]


def _page(tx: Connection, ids: Sequence[int], subscription_id: int) -> list[ReaderPaper]:
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
    last = shown_papers.last_editions(tx, subscription_id, paper_ids)
    days = editions.dates(tx, sorted(set(last.values())))
    return {paper_id: days[edition_id] for paper_id, edition_id in last.items()}


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
