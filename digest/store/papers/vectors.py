"""Keeps the vectors that sentence-embedding models gave to papers."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, select

from digest.store.database.schema import paper_vector
from digest.store.database.statements import insert_missing, rows_in


def by_revision(tx: Connection, *, model: str, revision_ids: Collection[int]) -> dict[int, bytes]:
    """Returns the vectors of one model that are stored, by revision id."""
    statement = select(paper_vector.c.revision_id, paper_vector.c.vector).where(
        paper_vector.c.model == model
    )
    rows = rows_in(tx, statement, paper_vector.c.revision_id, revision_ids)
    return {row.revision_id: bytes(row.vector) for row in rows}


def save(tx: Connection, *, model: str, vectors: Mapping[int, bytes]) -> None:
    """Stores vectors by revision id; those that another process has stored meanwhile stay."""
    insert_missing(
        tx,
        paper_vector,
        [
            {"revision_id": revision_id, "model": model, "vector": vector}
            for revision_id, vector in vectors.items()
        ],
    )
