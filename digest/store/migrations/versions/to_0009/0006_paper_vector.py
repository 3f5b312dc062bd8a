"""Keeps the vectors of papers, of a sentence-embedding model.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Adds the table."""
    op.create_table(
        "paper_vector",
        sa.Column("revision_id", ID, nullable=False),
        sa.Column("model", sa.String(80), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("revision_id", "model", name="pk_paper_vector"),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revision.id"], name="fk_paper_vector_revision_id"
        ),
        sqlite_with_rowid=False,
    )
