"""Counts corrections, published preprints and old papers in the reports of batches.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the counts; earlier batches had none of them."""
    for name in ("corrected", "published", "too_old"):
        count = sa.Column(name, sa.Integer(), nullable=False, server_default="0")
        op.add_column("batch", count)
