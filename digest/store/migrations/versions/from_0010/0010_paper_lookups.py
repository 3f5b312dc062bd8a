"""Keeps what services said about papers that were looked up, and the venues of papers.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Adds the table and the column; no paper was looked up yet."""
    op.create_table(
        "lookup",
        sa.Column("paper_id", _ID, nullable=False),
        sa.Column("service", sa.String(40), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True)),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("paper_id", "service", name="pk_lookup"),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name="fk_lookup_paper_id"),
        sqlite_with_rowid=False,
    )
    op.add_column("revision", sa.Column("venue", sa.Text(), nullable=False, server_default=""))
