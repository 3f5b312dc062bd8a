"""Evidence of consents, and the files that imported profiles follow.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns; what is stored already has no evidence and follows no file."""
    op.add_column("consent", sa.Column("evidence", sa.Text()))
    op.add_column("consent", sa.Column("given_at", sa.DateTime(timezone=True)))
    op.add_column("subscription", sa.Column("profile_file", sa.Text()))
