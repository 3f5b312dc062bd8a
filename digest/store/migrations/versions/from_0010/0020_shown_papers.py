"""Stores the papers that editions show in blocks, and which profiles may say how mails look.

Editions are found in the order in which they are claimed.

Revision ID: 0020
Revises: 0019
"""

import re
from itertools import groupby

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_BLOCK = 256  # ids of papers in a block
_ROWS = 20_000  # editions whose papers are in memory
_PROFILES = 1000  # profiles in memory
_KEY = re.compile(
    r"^[ \t\"']*(?:detail|attach|pictures|theme|mail_language)\b", re.MULTILINE
)  # as digest.core.profiles.presentation in this version


def upgrade() -> None:
    """Packs the rows into the new table and drops the old one, and reads the texts of profiles."""
    _find_presentations()
    shown_papers = op.create_table(
        "shown_papers",
        sa.Column("block", _ID, nullable=False, autoincrement=False),
        sa.Column("subscription_id", _ID, nullable=False),
        sa.Column("edition_id", _ID, nullable=False),
        sa.Column("papers", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("block", "subscription_id", "edition_id", name="pk_shown_papers"),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name="fk_shown_papers_edition_id"),
        sqlite_with_rowid=False,
    )
    _fill(shown_papers)
    op.create_index("ix_shown_papers_edition_id", "shown_papers", ["edition_id"])
    op.drop_table("edition_paper")
    op.drop_index("ix_edition_state_next_attempt_at", "edition")
    op.create_index(
        "ix_edition_state_next_attempt_at_id", "edition", ["state", "next_attempt_at", "id"]
    )


def _find_presentations() -> None:
    op.add_column(
        "profile",
        sa.Column("has_presentation", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    connection = op.get_bind()
    profile = sa.table(
        "profile", sa.column("id"), sa.column("text"), sa.column("has_presentation", sa.Boolean())
    )
    texts = sa.select(profile.c.id, profile.c.text).order_by(profile.c.id).limit(_PROFILES)
    last = 0
    while rows := connection.execute(texts.where(profile.c.id > last)).all():
        last = rows[-1].id
        found = [row.id for row in rows if _KEY.search(row.text)]
        connection.execute(
            sa.update(profile).where(profile.c.id.in_(found)).values(has_presentation=True)
        )


def _fill(shown_papers: sa.Table) -> None:
    connection = op.get_bind()
    edition_paper = sa.table(
        "edition_paper",
        sa.column("subscription_id"),
        sa.column("paper_id"),
        sa.column("edition_id"),
    )
    columns = edition_paper.c
    last = connection.execute(sa.select(sa.func.max(columns.edition_id))).scalar() or 0
    for first in range(1, last + 1, _ROWS):
        # By edition, so that all papers of an edition are in one part.
        papers = (
            sa.select(columns.edition_id, columns.subscription_id, columns.paper_id)
            .where(columns.edition_id.between(first, first + _ROWS - 1))
            .order_by(columns.edition_id, columns.subscription_id, columns.paper_id)
        )
        groups = groupby(
            connection.execute(papers), key=lambda row: (row[2] // _BLOCK, row[1], row[0])
        )
        rows = [
            {
                "block": block,
                "subscription_id": subscription_id,
                "edition_id": edition_id,
                "papers": bytes(row[2] % _BLOCK for row in group),
            }
            for (block, subscription_id, edition_id), group in groups
        ]
        if rows:
            connection.execute(sa.insert(shown_papers), rows)
