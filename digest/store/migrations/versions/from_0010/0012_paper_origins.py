"""Keeps the stars of papers' code, and what showed that a service knows a paper.

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
    """Adds the columns; what they would hold of earlier rows is not known."""
    op.add_column("sighting", sa.Column("stars", sa.Integer()))
    for table, name in (("revision", "abstract_from"), ("lookup", "evidence")):
        op.add_column(table, sa.Column(name, sa.Text(), nullable=False, server_default=""))
