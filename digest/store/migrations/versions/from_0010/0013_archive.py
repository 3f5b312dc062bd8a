"""Tables for the archive: papers that readers keep, secret feeds, pages of offered lists.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Adds the tables, and keeps the papers that readers saved before."""
    op.create_table(
        "reader_paper",
        sa.Column("subscription_id", _ID, nullable=False),
        sa.Column("paper_id", _ID, nullable=False),
        sa.Column("saved_at", _MOMENT),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subscription_id", "paper_id", name="pk_reader_paper"),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name="fk_reader_paper_subscription_id"
        ),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name="fk_reader_paper_paper_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_reader_paper_paper_id", "reader_paper", ["paper_id"])
    op.create_table(
        "reader_feed",
        sa.Column("subscription_id", _ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("subscription_id", name="pk_reader_feed"),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name="fk_reader_feed_subscription_id"
        ),
    )
    op.create_table(
        "list_edition",
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("composed_at", _MOMENT, nullable=False),
        sa.Column("read_through", _ID, nullable=False),
        sa.Column("matched", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("list_name", "local_date", name="pk_list_edition"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO reader_paper (subscription_id, paper_id, saved_at, note)"
        " SELECT subscription_id, paper_id, at, '' FROM feedback WHERE kind = 'saved'"
    )
