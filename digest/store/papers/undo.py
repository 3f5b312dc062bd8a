"""Undoes what one source contributed to the papers that other sources show too."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, delete, func, or_, select, update

from digest.core.identity.identifiers import title_hash, title_key
from digest.core.models.papers import WITHDRAWALS, AnnouncementKind, Paper, PaperLink
from digest.store.database import schema
from digest.store.database.column_types import clean
from digest.store.database.statements import insert_rows, lock_batches, reserve_ids, rows_in
from digest.store.papers import revisions
from digest.store.papers.revisions import StoredRevision

T = TypeVar("T")


class UndonePaper(Struct, frozen=True, kw_only=True):
    """A paper from which a source's contribution was removed."""

    paper_id: int
    was: str  # the title before
    title: str  # the title now
    source: str  # where title and abstract come from now


class UndoReport(Struct, frozen=True, kw_only=True):
    """What was undone."""

    papers: tuple[UndonePaper, ...]
    only: tuple[int, ...]  # papers whose text no other source gave: they were left as they are


def undo_source(
    tx: Connection, source: str, *, now: datetime, paper_ids: Collection[int] | None = None
) -> UndoReport:
    """Removes what a source contributed to papers, as far as another source gave a text.

    Each such paper gets a new revision with what the other sources gave. Announcements that no
    reader has read yet then show this revision, and one that called the paper revised or withdrawn
    calls it listed. Titles and identifiers that only this source gave no longer identify the
    paper. Sightings stay, and so do merges of records.

    Args:
        tx: Write transaction.
        source: Name of the source; it need not be in sources.toml any more.
        now: Current time.
        paper_ids: Only these papers; None: all.
    """
    # A batch that was recorded between reading and restoring would be lost in the new revision.
    lock_batches(tx)
    table, paper = schema.revision, schema.paper
    made_here = or_(
        table.c.contributor == source,
        # The database did not store contributors at first. Then the source of the text has made the
        # revision.
        table.c.contributor.is_(None) & (table.c.source == source),
    )
    found = (
        select(table.c.paper_id)
        .join(paper, paper.c.id == table.c.paper_id)
        .where(made_here, paper.c.merged_into.is_(None))
        .distinct()
        .order_by(table.c.paper_id)
    )
    touched = [
        paper_id
        for paper_id in tx.execute(found).scalars()
        if paper_ids is None or paper_id in paper_ids
    ]
    undone: list[UndonePaper] = []
    only: list[int] = []
    for paper_id, history in _histories(tx, touched).items():
        latest, restored = history[-1], _without(source, history)
        if restored is None:
            only.append(paper_id)
        elif restored.paper != latest.paper or restored.source != latest.source:
            _restore(tx, source, history, restored, now=now)
            undone.append(
                UndonePaper(
                    paper_id=paper_id,
                    was=latest.paper.title,
                    title=restored.paper.title,
                    source=restored.source,
                )
            )
    return UndoReport(papers=tuple(undone), only=tuple(only))


def _histories(tx: Connection, paper_ids: Sequence[int]) -> dict[int, list[StoredRevision]]:
    """Returns the revisions of each paper, oldest first."""
    table = schema.revision
    ids = [row.id for row in rows_in(tx, select(table.c.id), table.c.paper_id, paper_ids)]
    histories: dict[int, list[StoredRevision]] = {paper_id: [] for paper_id in paper_ids}
    for _, item in sorted(revisions.by_id(tx, ids).items()):
        histories[item.paper_id].append(item)
    return histories


def _maker(item: StoredRevision) -> str:
    return item.source if item.contributor is None else item.contributor


def _without(source: str, history: Sequence[StoredRevision]) -> StoredRevision | None:
    """Returns the record as it would be without a source; None if no other one gave a text."""
    restored: StoredRevision | None = None
    before: StoredRevision | None = None
    for item in history:
        if _maker(item) != source:
            if restored is not None and before is not None:
                restored = _carried(restored, before, item, source)
            elif item.source != source:
                restored = item if before is None else _without_links_of(item, before)
        before = item
    return restored


def _carried(
    restored: StoredRevision, before: StoredRevision, after: StoredRevision, source: str
) -> StoredRevision:
    """Applies to a record what another source changed from one revision to the next."""
    old, new, paper = before.paper, after.paper, restored.paper
    paper = replace(
        paper,
        authors=paper.authors if new.authors == old.authors else new.authors,
        author_count=(
            paper.author_count if new.author_count == old.author_count else new.author_count
        ),
        published=paper.published if new.published == old.published else new.published,
        summary=paper.summary if new.summary == old.summary else new.summary,
        keywords=paper.keywords if new.keywords == old.keywords else new.keywords,
        connections=paper.connections if new.connections == old.connections else new.connections,
        venue=paper.venue if new.venue == old.venue else new.venue,
        identifiers=_with_added(paper.identifiers, old.identifiers, new.identifiers),
        categories=_with_added(paper.categories, old.categories, new.categories),
        links=_with_added(paper.links, old.links, new.links),
    )
    if after.source == source:
        return replace(restored, paper=paper)
    # The text comes from another source, with its version.
    paper = replace(
        paper,
        title=new.title,
        abstract=new.abstract,
        version=new.version,
        updated=new.updated,
    )
    return replace(restored, source=after.source, authority=after.authority, paper=paper)


def _with_added(kept: tuple[T, ...], old: tuple[T, ...], new: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(dict.fromkeys((*kept, *(item for item in new if item not in old))))


def _without_links_of(item: StoredRevision, first: StoredRevision) -> StoredRevision:
    """Removes the links that the first source gave, where another source gave one too."""
    given = set(first.paper.links)
    others = {link.rel for link in item.paper.links if link not in given}

    def stays(link: PaperLink) -> bool:
        return link not in given or link.rel not in others

    links = tuple(filter(stays, item.paper.links))
    return replace(item, paper=replace(item.paper, links=links))


def _restore(
    tx: Connection,
    source: str,
    history: Sequence[StoredRevision],
    restored: StoredRevision,
    *,
    now: datetime,
) -> None:
    # A new revision, not a changed one: editions that were sent keep showing what they showed.
    latest = history[-1]
    new = replace(
        restored,
        revision_id=reserve_ids(tx, "revision"),
        number=latest.number + 1,
        contributor=restored.source,
    )
    insert_rows(tx, schema.revision, [revisions.to_row(new, now=now)])
    first = next(item.revision_id for item in history if _maker(item) == source)
    _correct_announcements(tx, source, new, since=first)
    _forget_names(tx, source, history, new.paper)


def _correct_announcements(tx: Connection, source: str, new: StoredRevision, *, since: int) -> None:
    log, paper = schema.announcement, schema.paper
    of_paper = log.c.paper_id == new.paper_id
    withdrawn = select(func.count()).where(of_paper, log.c.kind.in_(WITHDRAWALS))
    by_others = tx.execute(withdrawn.where(log.c.source != source)).scalar_one()
    # If another source has withdrawn it too, it stays withdrawn.
    if not by_others and tx.execute(withdrawn).scalar_one():
        tx.execute(update(paper).where(paper.c.id == new.paper_id).values(withdrawn_at=None))
    by_source = of_paper & (log.c.source == source)
    # The same sighting has another announcement.
    tx.execute(delete(log).where(by_source, log.c.kind == AnnouncementKind.PUBLISHED))
    wrong = (AnnouncementKind.REVISED, AnnouncementKind.CORRECTED, *WITHDRAWALS)
    called = update(log).where(by_source, log.c.kind.in_(wrong))
    tx.execute(called.values(kind=AnnouncementKind.LISTED))
    shown = update(log).where(of_paper, log.c.revision_id >= since)
    tx.execute(shown.values(revision_id=new.revision_id))


def _forget_names(
    tx: Connection, source: str, history: Sequence[StoredRevision], paper: Paper
) -> None:
    paper_id = history[-1].paper_id
    keys = {title_key(item.paper.title) for item in history if item.source == source}
    # A title that another source gave too still identifies the paper.
    keys -= {title_key(item.paper.title) for item in history if item.source != source}
    table = schema.title
    for key in keys:
        is_key = (table.c.hash == title_hash(clean(key))) & (table.c.key == clean(key))
        tx.execute(delete(table).where(table.c.paper_id == paper_id, is_key))
    names = {name for item in history for name in item.paper.identifiers}
    table = schema.identifier
    for name in names - set(paper.identifiers):
        is_name = (table.c.scheme == name.scheme) & (table.c.value == clean(name.value))
        tx.execute(delete(table).where(table.c.paper_id == paper_id, is_name))
