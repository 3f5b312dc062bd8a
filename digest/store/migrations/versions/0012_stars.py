"""Keeps how many stars the code of a paper has.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column; it is not known how many stars earlier sightings had."""
    op.add_column("sighting", sa.Column("stars", sa.Integer()))
