"""Stores which profiles go to a channel, and how far a digest of several messages has come.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns; profiles of earlier versions name no channel."""
    op.add_column("profile", sa.Column("deliver_to", sa.String(60)))
    named = sa.text("deliver_to IS NOT NULL")
    op.create_index(
        "ix_profile_deliver_to",
        "profile",
        ["deliver_to"],
        sqlite_where=named,
        postgresql_where=named,
    )
    op.add_column("edition", sa.Column("progress", sa.String(80)))
