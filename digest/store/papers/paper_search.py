"""Finds stored papers by what a user typed: a number, an identifier, or a part of a title."""

from sqlalchemy import Connection, func, select

from digest.core.identity.identifiers import title_hash
from digest.core.models.editions import Candidate
from digest.core.text.paper_ids import arxiv_id, doi
from digest.store.database import schema
from digest.store.database.column_types import clean
from digest.store.papers.announcements import papers_by_id
from digest.store.papers.title_search import papers_with_part

MAX_FOUND = 5  # papers that `find_papers` returns


def find_papers(tx: Connection, ref: str, *, title_key: str | None = None) -> list[Candidate]:
    """Returns at most five papers that match what a user typed.

    Args:
        tx: Transaction.
        ref: A paper id of this store, `scheme:value`, a DOI, an arXiv id with or without
            version, or part of a title.
        title_key: Title key of `ref`, to find it as a whole title; None: do not.
    """
    ref = clean(ref).strip()
    if not ref:
        return []
    paper_ids = _by_paper_id(tx, ref) or _by_identifier(tx, ref)
    paper_ids = (
        paper_ids or _by_title_key(tx, title_key) or papers_with_part(tx, ref, limit=MAX_FOUND)
    )
    return papers_by_id(tx, paper_ids)


def find_identified(tx: Connection, ref: str) -> Candidate | None:
    """Returns the stored paper with an identifier, such as an arXiv id or a DOI; None if unknown."""
    return next(iter(papers_by_id(tx, _by_identifier(tx, clean(ref).strip())[:1])), None)


def _by_paper_id(tx: Connection, ref: str) -> list[int]:
    if not (ref.isascii() and ref.isdigit() and len(ref) <= 18):  # fits in 64 bits
        return []
    table = schema.paper
    merged_id = func.coalesce(table.c.merged_into, table.c.id)
    return list(tx.execute(select(merged_id).where(table.c.id == int(ref))).scalars())


def _by_identifier(tx: Connection, ref: str) -> list[int]:
    if arxiv := arxiv_id(ref):
        scheme, value = "arxiv", arxiv[0]
    elif doi_value := doi(ref):
        scheme, value = "doi", doi_value
    else:
        scheme, _, value = (part.strip() for part in ref.partition(":"))
    table = schema.identifier
    matches = select(table.c.paper_id).where(
        table.c.scheme == scheme.lower(), table.c.value.in_({value, value.lower()})
    )
    return list(tx.execute(matches).scalars())


def _by_title_key(tx: Connection, key: str | None) -> list[int]:
    if not key:
        return []
    table = schema.title
    matches = select(table.c.paper_id).where(
        table.c.hash == title_hash(clean(key)), table.c.key == clean(key)
    )
    return list(tx.execute(matches.order_by(table.c.paper_id).limit(MAX_FOUND)).scalars())
