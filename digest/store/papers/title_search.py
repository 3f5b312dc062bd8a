"""Finds papers by a part of a title, without reading all titles."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, and_, func, select

from digest.core.identity.title_words import title_words
from digest.store.database.schema import paper, revision
from digest.store.database.statements import insert_missing
from digest.store.database.support_tables import title_word

# Papers in which a part is searched that does not contain a whole word.
NEWEST_SEARCHED = 10_000
_MIN_BEGINNING = 3  # letters, if nothing else is searched: fewer begin too many words
_LAST_LETTER = "\U0010ffff"


def insert_title_words(tx: Connection, titles: Iterable[tuple[int, str]]) -> None:
    """Stores the words of titles.

    Args:
        tx: Write transaction.
        titles: Pairs of a paper id and a title of this paper.
    """
    pairs = {(word, paper_id) for paper_id, title in titles for word in title_words(title)}
    rows = [{"word": word, "paper_id": paper_id} for word, paper_id in sorted(pairs)]
    insert_missing(tx, title_word, rows)


def papers_with_part(tx: Connection, part: str, *, limit: int) -> list[int]:
    """Returns the newest papers of which a title contains this part, in upper or lower case.

    The part begins with a whole word, and its last word may be the beginning of one. If no paper has
    such a title, the part may begin and end anywhere in a title of the newest 10,000 papers.

    Args:
        tx: Transaction.
        part: What a user typed.
        limit: Maximum number of papers.

    Returns:
        The ids of the papers, the newest first; for a merged record, that of the paper that stays.
    """
    words = title_words(part)
    found = _with_words(tx, words, part, limit=limit) if words else []
    if len(found) < limit and (len(words) > 1 or len("".join(words)) >= _MIN_BEGINNING):
        more = _with_words(tx, words[:-1], part, beginning=words[-1], limit=limit)
        found = sorted({*found, *more}, reverse=True)[:limit]
    return found or _among_newest(tx, part, limit=limit)


def _with_words(
    tx: Connection, words: Sequence[str], part: str, *, beginning: str = "", limit: int
) -> list[int]:
    """Returns the papers with these words, and with one that has this beginning."""
    # The longest word is the rarest, most likely: its papers are gone through, newest first.
    first, *others = sorted(words, key=len, reverse=True) or [""]
    conditions: list[ColumnElement[bool]] = [
        title_word.c.word == first if first else _begins(title_word.c.word, beginning)
    ]
    other = title_word.alias()
    wanted = [other.c.word == word for word in others]
    wanted += [_begins(other.c.word, beginning)] if first and beginning else []
    for condition in wanted:
        same_paper = other.c.paper_id == title_word.c.paper_id
        conditions.append(select(other.c.word).where(same_paper, condition).exists())
    has_part = (
        select(revision.c.id)
        .where(
            revision.c.paper_id == title_word.c.paper_id,
            revision.c.title.icontains(part, autoescape=True),
        )
        .exists()
    )
    merged_id = func.coalesce(paper.c.merged_into, paper.c.id)
    matches = (
        select(merged_id)
        .join_from(title_word, paper, paper.c.id == title_word.c.paper_id)
        .where(*conditions, has_part)
        .order_by(title_word.c.paper_id.desc())
        # Several records or words may belong to one paper.
        .limit(4 * limit)
    )
    return sorted(set(tx.execute(matches).scalars()), reverse=True)[:limit]


def _begins(column: ColumnElement[str], beginning: str) -> ColumnElement[bool]:
    # Not BETWEEN: PostgreSQL does not accept the collation of its values without parentheses.
    return and_(column >= beginning, column <= beginning + _LAST_LETTER)


def _among_newest(tx: Connection, part: str, *, limit: int) -> list[int]:
    newest = (
        select(revision.c.paper_id, revision.c.title)
        .order_by(revision.c.id.desc())
        .limit(NEWEST_SEARCHED)
        .subquery()
    )
    merged_id = func.coalesce(paper.c.merged_into, paper.c.id)
    matches = (
        select(merged_id)
        .join_from(newest, paper, paper.c.id == newest.c.paper_id)
        .where(newest.c.title.icontains(part, autoescape=True))
        .distinct()
        .order_by(merged_id.desc())
        .limit(limit)
    )
    return list(tx.execute(matches).scalars())
