"""Which mailing list a subscription belongs to, and what ended it.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns; earlier subscriptions belong to no list."""
    for column in (sa.Column("list_name", sa.Text()), sa.Column("ended_by", sa.String(40))):
        op.add_column("subscription", column)
        is_set = sa.text(f"{column.name} IS NOT NULL")
        op.create_index(
            f"ix_subscription_{column.name}",
            "subscription",
            [column.name],
            sqlite_where=is_set,
            postgresql_where=is_set,
        )
