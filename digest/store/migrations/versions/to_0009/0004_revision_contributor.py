"""Records which source's batch made each revision, so that its contribution can be undone.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column; for older revisions it stays empty."""
    op.add_column("revision", sa.Column("contributor", sa.Text()))
