"""What is learned from readers, and the reading lists of their profiles.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Adds the tables; nothing is learned yet."""
    op.create_table(
        "feedback",
        sa.Column("subscription_id", _ID, nullable=False),
        sa.Column("paper_id", _ID, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subscription_id", "paper_id", name="pk_feedback"),
        _subscription_key("feedback"),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name="fk_feedback_paper_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_feedback_paper_id", "feedback", ["paper_id"])
    op.create_table(
        "author_choice",
        sa.Column("subscription_id", _ID, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("choice", sa.String(40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subscription_id", "author", name="pk_author_choice"),
        _subscription_key("author_choice"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reading_list",
        sa.Column("subscription_id", _ID, nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("papers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subscription_id", "file", name="pk_reading_list"),
        _subscription_key("reading_list"),
        sqlite_with_rowid=False,
    )


def _subscription_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["subscription_id"], ["subscription.id"], name=f"fk_{table}_subscription_id"
    )
