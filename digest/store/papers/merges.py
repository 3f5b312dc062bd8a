"""Merges records of the same paper: the older record stays, the other becomes its alias."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Table, delete, select, update

from digest.core.models.matching import IdentifiedPaper
from digest.store.archive import shown_papers
from digest.store.database import schema
from digest.store.database.learned_tables import feedback, reader_paper
from digest.store.database.statements import insert_missing, insert_rows


def merged_ids(finding: IdentifiedPaper) -> list[int]:
    """Returns the ids of the stored records that this finding merges into its paper."""
    return [item.paper_id for item in finding.merged if item.paper_id is not None]


def record_merges(
    tx: Connection, findings: Sequence[tuple[int, IdentifiedPaper]], *, now: datetime
) -> None:
    """Merges records as the findings say, and stores the reasons.

    Titles, identifiers, listings, sightings, announcements, feedback, what readers keep, and which
    papers an edition showed move to the paper that stays. Revisions do not move, because editions and announcements
    refer to their ids.

    Args:
        tx: Write transaction.
        findings: Pairs of the id of the paper that stays and a finding about it.
        now: Current time.
    """
    for paper_id, finding in findings:
        for alias in merged_ids(finding):
            _move(tx, alias, to=paper_id)
    rows = [
        {"paper_id": paper_id, "alias_id": item.paper_id, "reason": item.reason, "at": now}
        for paper_id, finding in findings
        for item in finding.merged
    ]
    insert_rows(tx, schema.merge, rows)


def _move(tx: Connection, alias: int, *, to: int) -> None:
    # These have a key of their own, so their rows can simply point to the other paper.
    for table in (schema.identifier, schema.announcement, schema.merge):
        tx.execute(update(table).where(table.c.paper_id == alias).values(paper_id=to))
    for table in (
        schema.title,
        schema.listing,
        schema.sighting,
        schema.lookup,
        feedback,
        reader_paper,
    ):
        _move_missing(tx, table, alias, to=to)
    shown_papers.move(tx, alias, to=to)
    paper = schema.paper
    withdrawn = select(paper.c.withdrawn_at).where(paper.c.id == alias)
    withdrawn_at = tx.execute(withdrawn).scalar_one()
    if withdrawn_at is not None:
        not_withdrawn = update(paper).where(paper.c.id == to, paper.c.withdrawn_at.is_(None))
        tx.execute(not_withdrawn.values(withdrawn_at=withdrawn_at))
    # Aliases of this alias must point to the paper that stays, so that no chain arises.
    earlier = select(schema.merge.c.alias_id).where(schema.merge.c.paper_id == to)
    points_to_alias = paper.c.id.in_(earlier) & (paper.c.merged_into == alias)
    tx.execute(update(paper).where(points_to_alias | (paper.c.id == alias)).values(merged_into=to))


def _move_missing(tx: Connection, table: Table, alias: int, *, to: int) -> None:
    """Moves the rows that the other paper does not have yet, and deletes the rest."""
    is_of_alias = table.c.paper_id == alias
    rows = tx.execute(select(table).where(is_of_alias)).mappings().all()
    # Their key contains the paper, and both records may have a row with the rest of the key.
    insert_missing(tx, table, [{**row, "paper_id": to} for row in rows])
    tx.execute(delete(table).where(is_of_alias))
