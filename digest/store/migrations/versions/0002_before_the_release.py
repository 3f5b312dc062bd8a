"""Brings every schema that was called 0001 to one.

Before this revision the first schema was changed in place, so a database stamped 0001 may lack
any part of what follows, and is given what it lacks. A column that must not be null has a default
on the server: rows that are there need it, and SQLite adds no column without.

Revision ID: 0002
Revises: 0001
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Adds what is missing."""
    _papers()
    _merges()
    _ledger()
    _answers()
    _polls()
    _due()
    _jobs()


def _papers() -> None:
    _column("paper", sa.Column("withdrawn_at", AT))
    alias = sa.ForeignKey("paper.id", name="fk_paper_merged_into")
    _column("paper", sa.Column("merged_into", ID, alias))
    _index("ix_paper_first_seen_at", "paper", ["first_seen_at"])
    _column("revision", sa.Column("version", sa.Integer()))
    _column("revision", sa.Column("summary", sa.Text(), nullable=False, server_default=""))
    none = sa.text("'[]'")
    _column("revision", sa.Column("keywords", sa.JSON(), nullable=False, server_default=none))
    weakest = sa.text("0")
    if _column(
        "revision", sa.Column("authority", sa.Integer(), nullable=False, server_default=weakest)
    ):
        # Whose words count: a dump gives no identifiers; arXiv itself was not read yet.
        op.execute("UPDATE revision SET authority = 1 WHERE CAST(identifiers AS TEXT) <> '[]'")


def _merges() -> None:
    _table(
        "merge",
        sa.Column("id", ID, nullable=False),
        sa.Column("paper_id", ID, nullable=False),
        sa.Column("alias_id", ID),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.ForeignKeyConstraint(["alias_id"], ["paper.id"], name="fk_merge_alias_id"),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name="fk_merge_paper_id"),
        sa.PrimaryKeyConstraint("id", name="pk_merge"),
    )
    _index("ix_merge_paper_id", "merge", ["paper_id"])


def _ledger() -> None:
    never = sa.text("0")
    _column("edition", sa.Column("doubts", sa.Integer(), nullable=False, server_default=never))
    _column("edition", sa.Column("started_at", AT))
    _column("edition", sa.Column("released_at", AT))


def _answers() -> None:
    _table(
        "bounce",
        sa.Column("id", ID, nullable=False),
        sa.Column("address_id", ID, nullable=False),
        sa.Column("edition_id", ID),
        sa.Column("at", AT, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("proof", sa.String(40), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name="fk_bounce_address_id"),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name="fk_bounce_edition_id"),
        sa.PrimaryKeyConstraint("id", name="pk_bounce"),
        sa.UniqueConstraint("fingerprint", name="uq_bounce_fingerprint"),
    )
    _index("ix_bounce_address_id", "bounce", ["address_id"])
    _index("ix_bounce_edition_id", "bounce", ["edition_id"])
    _table(
        "suppression",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_suppression"),
    )


def _polls() -> None:
    none = sa.text("0")
    _column("source", sa.Column("next_poll_at", AT))
    _column("source", sa.Column("failures", sa.Integer(), nullable=False, server_default=none))
    _column("source", sa.Column("failing_since", AT))


def _due() -> None:
    _column("subscription", sa.Column("waiting_until", AT))
    if _column("subscription", sa.Column("used_at", AT)):
        last = "SELECT max(composed_at) FROM edition WHERE subscription_id = subscription.id"
        op.execute(f"UPDATE subscription SET used_at = ({last})")  # noqa: S608
    op.execute("UPDATE subscription SET next_due = created_at WHERE next_due IS NULL")
    _index("ix_subscription_ended_at_next_due", "subscription", ["ended_at", "next_due"])


def _jobs() -> None:
    _table(
        "job_runs",
        sa.Column("id", ID, nullable=False),
        sa.Column("job", sa.String(40), nullable=False),
        sa.Column("slot", AT),
        sa.Column("started_at", AT, nullable=False),
        sa.Column("finished_at", AT),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("takeovers", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_job_runs"),
        sa.UniqueConstraint("job", "slot", name="uq_job_runs_job_slot"),
    )
    _index("ix_job_runs_job_id", "job_runs", ["job", "id"])


def _table(name: str, *parts: sa.schema.SchemaItem) -> None:
    """Creates a table that is not there."""
    if not _look().has_table(name):
        op.create_table(name, *parts)


def _column(table: str, column: sa.Column[object]) -> bool:
    """Adds a column that is not there; whether it did."""
    if column.name in {known["name"] for known in _look().get_columns(table)}:
        return False
    # SQLite adds no constraint to a table that is there, and PostgreSQL names no inline one.
    op.add_column(table, column, inline_references=op.get_bind().dialect.name == "sqlite")
    return True


def _index(name: str, table: str, columns: Sequence[str]) -> None:
    """Creates an index that is not there."""
    if name not in {known["name"] for known in _look().get_indexes(table)}:
        op.create_index(name, table, list(columns))


def _look() -> sa.Inspector:
    return sa.inspect(op.get_bind())  # a new one each time: it remembers what it saw
