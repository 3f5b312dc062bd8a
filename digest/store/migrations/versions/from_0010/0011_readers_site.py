"""Tables for what readers do on the site: requests, their limits, and pauses with an end.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Adds the tables."""
    op.create_table(
        "site_request",
        sa.Column("id", _ID, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("subscription_id", _ID),
        sa.Column("wish", sa.JSON(), nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("mail_at", _MOMENT),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("done_at", _MOMENT),
        sa.Column("result_id", _ID),
        sa.PrimaryKeyConstraint("id", name="pk_site_request"),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name="fk_site_request_subscription_id"
        ),
        sqlite_autoincrement=True,
    )
    for column in ("email_key", "subscription_id", "asked_at", "mail_at"):
        op.create_index(f"ix_site_request_{column}", "site_request", [column])
    op.create_table(
        "site_event",
        sa.Column("id", _ID, nullable=False),
        sa.Column("counted", sa.String(20), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_site_event"),
    )
    op.create_index("ix_site_event_at", "site_event", ["at"])
    op.create_index("ix_site_event_counted_key_at", "site_event", ["counted", "key", "at"])
    op.create_table(
        "subscription_pause",
        sa.Column("subscription_id", _ID, nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("subscription_id", name="pk_subscription_pause"),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name="fk_subscription_pause_subscription_id"
        ),
    )
    op.create_index("ix_subscription_pause_until", "subscription_pause", ["until"])
