"""Records that turned out to be of one paper: the older stays, the other becomes its alias."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Table, delete, select, update

from digest.core.models.matching import IdentifiedPaper
from digest.store.database import schema
from digest.store.database.statements import insert_rows, insert_missing


def merged_ids(finding: IdentifiedPaper) -> list[int]:
    """The records that this finding showed to be of its paper."""
    return [item.paper_id for item in finding.joined if item.paper_id is not None]


def record_merges(
    tx: Connection, findings: Sequence[tuple[int, IdentifiedPaper]], *, now: datetime
) -> None:
    """Makes aliases of the records that were found to be of another's paper; keeps why.

    Names, listings, sightings, announcements and the memory of what editions showed move to
    the paper that stays. Revisions do not: editions and announcements go by their numbers.
    """
    for paper_id, finding in findings:
        for alias in merged_ids(finding):
            _move(tx, alias, to=paper_id)
    rows = [
        {"paper_id": paper_id, "alias_id": item.paper_id, "reason": item.reason, "at": now}
        for paper_id, finding in findings
        for item in finding.joined
    ]
    insert_rows(tx, schema.merge, rows)


def _move(tx: Connection, alias: int, *, to: int) -> None:
    for table in (schema.identifier, schema.announcement, schema.merge):
        tx.execute(update(table).where(table.c.paper_id == alias).values(paper_id=to))
    for table in (schema.title, schema.listing, schema.sighting, schema.edition_paper):
        _move_missing(tx, table, alias, to=to)
    paper = schema.paper
    withdrawn = select(paper.c.withdrawn_at).where(paper.c.id == alias)
    moment = tx.execute(withdrawn).scalar_one()
    if moment is not None:
        still = update(paper).where(paper.c.id == to, paper.c.withdrawn_at.is_(None))
        tx.execute(still.values(withdrawn_at=moment))
    earlier = select(schema.merge.c.alias_id).where(schema.merge.c.paper_id == to)
    chain = paper.c.id.in_(earlier) & (paper.c.merged_into == alias)
    tx.execute(update(paper).where(chain | (paper.c.id == alias)).values(merged_into=to))


def _move_missing(tx: Connection, table: Table, alias: int, *, to: int) -> None:
    """Moves the rows that the other paper does not have yet, and drops the rest."""
    mine = table.c.paper_id == alias
    rows = tx.execute(select(table).where(mine)).mappings().all()
    insert_missing(tx, table, [{**row, "paper_id": to} for row in rows])
    tx.execute(delete(table).where(mine))
