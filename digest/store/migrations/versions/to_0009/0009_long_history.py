"""Indexes for databases with years of papers, and the words of titles.

Revision ID: 0009
Revises: 0008
"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_HAS_TEXT = "(abstract != '' OR summary != '' OR CAST(keywords AS TEXT) != '[]')"
_NOT_ACCEPTED = "state IN ('deferred', 'expired', 'in_doubt', 'refused')"
_ROWS = 1000  # titles in memory


def upgrade() -> None:
    """Adds the indexes, and fills the table of words from the stored titles."""
    op.create_index("ix_subscription_address_id", "subscription", ["address_id"])
    op.create_index("ix_batch_source_id", "batch", ["source", "id"])
    op.create_index("ix_batch_source_announced", "batch", ["source", "announced"])
    op.create_index("ix_bounce_at", "bounce", ["at"])
    _partial_index("ix_paper_merged_into", "paper", "merged_into", "merged_into IS NOT NULL")
    _partial_index("ix_revision_with_text", "revision", "recorded_at", _HAS_TEXT)
    _partial_index("ix_edition_not_accepted", "edition", "settled_at", _NOT_ACCEPTED)
    op.add_column("paper", sa.Column("shown_in", _ID))
    title_word = op.create_table(
        "title_word",
        sa.Column("word", _WORD, nullable=False),
        sa.Column("paper_id", _ID, nullable=False),
        sa.PrimaryKeyConstraint("word", "paper_id", name="pk_title_word"),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name="fk_title_word_paper_id"),
        sqlite_with_rowid=False,
    )
    _fill(title_word)
    op.create_index("ix_title_word_paper_id", "title_word", ["paper_id"])


def _partial_index(name: str, table: str, column: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)


def _fill(title_word: sa.Table) -> None:
    connection = op.get_bind()
    revision_table = sa.table("revision", sa.column("paper_id"), sa.column("title"))
    last = -1
    while True:
        # By paper, so that all titles of a paper are in one part.
        papers = (
            sa.select(revision_table.c.paper_id)
            .where(revision_table.c.paper_id > last)
            .distinct()
            .order_by(revision_table.c.paper_id)
            .limit(_ROWS)
        )
        ids = connection.execute(papers).scalars().all()
        if not ids:
            return
        last = ids[-1]
        titles = sa.select(revision_table.c.paper_id, revision_table.c.title).where(
            revision_table.c.paper_id.between(ids[0], last)
        )
        pairs = {
            (word, row.paper_id) for row in connection.execute(titles) for word in _words(row.title)
        }
        rows = [{"word": word, "paper_id": paper_id} for word, paper_id in sorted(pairs)]
        if rows:
            connection.execute(sa.insert(title_word), rows)


def _words(text: str) -> set[str]:
    letters = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return {word[:40] for word in re.findall(r"[^\W_]+", plain)}
