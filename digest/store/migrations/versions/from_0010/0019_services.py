"""Counts the requests to services, and keeps what the records of papers name by ids.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the table and the column; what earlier records named is not known."""
    op.create_table(
        "service_request",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("service", sa.String(40), nullable=False),
        sa.Column("credential", sa.String(40), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("allowed", sa.Integer(), nullable=False),
        sa.Column("reported", sa.JSON()),
        sa.Column("spent", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("day", "service", "credential", name="pk_service_request"),
        sqlite_with_rowid=False,
    )
    op.add_column(
        "revision",
        sa.Column("connections", sa.JSON(), nullable=False, server_default=sa.text("'[]'")),
    )
