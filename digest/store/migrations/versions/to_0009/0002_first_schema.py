"""The first schema.

Its number is 0002: development databases carry that number, and open without an upgrade.

Revision ID: 0002
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Creates all tables."""
    _store()
    _papers()
    _batches()
    _readers()
    _ledger()
    _answers()
    _jobs()


def _store() -> None:
    op.create_table(
        "meta",
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )
    op.create_table(
        "counter",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counter"),
    )


def _papers() -> None:
    op.create_table(
        "paper",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("first_seen_at", AT, nullable=False),
        sa.Column("withdrawn_at", AT),
        sa.Column("merged_into", ID),
        sa.ForeignKeyConstraint(["merged_into"], ["paper.id"], name="fk_paper_merged_into"),
        sa.PrimaryKeyConstraint("id", name="pk_paper"),
    )
    op.create_index("ix_paper_first_seen_at", "paper", ["first_seen_at"])
    op.create_table(
        "title",
        sa.Column("hash", sa.BigInteger(), nullable=False),
        sa.Column("paper_id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name="fk_title_paper_id"),
        sa.PrimaryKeyConstraint("hash", "paper_id", name="pk_title"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_title_paper_id", "title", ["paper_id"])
    op.create_table(
        "identifier",
        sa.Column("scheme", sa.String(40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("paper_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name="fk_identifier_paper_id"),
        sa.PrimaryKeyConstraint("scheme", "value", name="pk_identifier"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_identifier_paper_id", "identifier", ["paper_id"])
    op.create_table(
        "revision",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("paper_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("abstract", sa.Text(), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("author_count", sa.Integer()),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("links", sa.JSON(), nullable=False),
        sa.Column("identifiers", sa.JSON(), nullable=False),
        sa.Column("published", sa.Date()),
        sa.Column("updated", sa.Date()),
        sa.Column("version", sa.Integer()),
        sa.Column("summary", sa.Text(), nullable=False, server_default=""),
        sa.Column("keywords", sa.JSON(), nullable=False, server_default=sa.text("'[]'")),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("authority", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("recorded_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name="fk_revision_paper_id"),
        sa.PrimaryKeyConstraint("id", name="pk_revision"),
        sa.UniqueConstraint("paper_id", "number", name="uq_revision_paper_id_number"),
    )
    op.create_table(
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
    op.create_index("ix_merge_paper_id", "merge", ["paper_id"])


def _batches() -> None:
    op.create_table(
        "batch",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("announced", sa.Date()),
        sa.Column("collected_at", AT, nullable=False),
        sa.Column("verdict", sa.String(40), nullable=False),
        sa.Column("papers", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("revised", sa.Integer(), nullable=False),
        sa.Column("withdrawn", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.JSON(), nullable=False),
        sa.Column("fingerprint", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_batch"),
    )
    op.create_index("ix_batch_collected_at", "batch", ["collected_at"])
    op.create_index("ix_batch_source_fingerprint", "batch", ["source", "fingerprint"])
    op.create_table(
        "sighting",
        sa.Column("batch_id", ID, nullable=False),
        sa.Column("paper_id", ID, nullable=False),
        sa.Column("position", sa.Integer()),
        sa.Column("votes", sa.Integer()),
        sa.Column("comments", sa.Integer()),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name="fk_sighting_batch_id"),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name="fk_sighting_paper_id"),
        sa.PrimaryKeyConstraint("batch_id", "paper_id", name="pk_sighting"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_sighting_paper_id", "sighting", ["paper_id"])
    op.create_table(
        "listing",
        sa.Column("paper_id", ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name="fk_listing_paper_id"),
        sa.PrimaryKeyConstraint("paper_id", "source", name="pk_listing"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "announcement",
        sa.Column("seq", ID, autoincrement=False, nullable=False),
        sa.Column("paper_id", ID, nullable=False),
        sa.Column("revision_id", ID, nullable=False),
        sa.Column("batch_id", ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name="fk_announcement_batch_id"),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name="fk_announcement_paper_id"),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revision.id"], name="fk_announcement_revision_id"
        ),
        sa.PrimaryKeyConstraint("seq", name="pk_announcement"),
    )
    op.create_index("ix_announcement_batch_id", "announcement", ["batch_id"])
    op.create_index("ix_announcement_paper_id", "announcement", ["paper_id"])
    op.create_table(
        "source",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cursor", sa.JSON()),
        sa.Column("polled_at", AT, nullable=False),
        sa.Column("next_poll_at", AT),
        sa.Column("failures", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("failing_since", AT),
        sa.PrimaryKeyConstraint("name", name="pk_source"),
    )


def _readers() -> None:
    live = sa.text("ended_at IS NULL")
    op.create_table(
        "address",
        sa.Column("id", ID, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("changed_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_address"),
        sa.UniqueConstraint("email_key", name="uq_address_email_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "consent",
        sa.Column("id", ID, nullable=False),
        sa.Column("address_id", ID, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("origin", sa.String(40), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name="fk_consent_address_id"),
        sa.PrimaryKeyConstraint("id", name="pk_consent"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_consent_address_id", "consent", ["address_id"])
    op.create_table(
        "subscription",
        sa.Column("id", ID, nullable=False),
        sa.Column("address_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("origin", sa.String(40), nullable=False),
        sa.Column("profile_text", sa.Text(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("read_through", ID, nullable=False),
        sa.Column("next_due", AT),
        sa.Column("waiting_until", AT),
        sa.Column("used_at", AT),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("ended_at", AT),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name="fk_subscription_address_id"),
        sa.PrimaryKeyConstraint("id", name="pk_subscription"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_subscription_origin_name", "subscription", ["origin", "name"])
    op.create_index("ix_subscription_ended_at_next_due", "subscription", ["ended_at", "next_due"])
    op.create_index(
        "uq_subscription_live",
        "subscription",
        ["address_id", "origin", "name"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )


def _ledger() -> None:
    op.create_table(
        "edition",
        sa.Column("id", ID, nullable=False),
        sa.Column("subscription_id", ID, nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("composed_at", AT, nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("matched", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("doubts", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("next_attempt_at", AT, nullable=False),
        sa.Column("owner", sa.Text()),
        sa.Column("claimed_at", AT),
        sa.Column("started_at", AT),
        sa.Column("settled_at", AT),
        sa.Column("released_at", AT),
        sa.Column("code", sa.Integer()),
        sa.Column("reason", sa.Text()),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name="fk_edition_subscription_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_edition"),
        sa.UniqueConstraint(
            "subscription_id", "local_date", name="uq_edition_subscription_id_local_date"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_edition_state_next_attempt_at", "edition", ["state", "next_attempt_at"])
    op.create_table(
        "edition_paper",
        sa.Column("subscription_id", ID, nullable=False),
        sa.Column("paper_id", ID, nullable=False),
        sa.Column("edition_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name="fk_edition_paper_edition_id"),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name="fk_edition_paper_paper_id"),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name="fk_edition_paper_subscription_id"
        ),
        sa.PrimaryKeyConstraint(
            "subscription_id", "paper_id", "edition_id", name="pk_edition_paper"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_edition_paper_edition_id", "edition_paper", ["edition_id"])


def _answers() -> None:
    op.create_table(
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
    op.create_index("ix_bounce_address_id", "bounce", ["address_id"])
    op.create_index("ix_bounce_edition_id", "bounce", ["edition_id"])
    op.create_table(
        "suppression",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_suppression"),
    )


def _jobs() -> None:
    op.create_table(
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
    op.create_index("ix_job_runs_job_id", "job_runs", ["job", "id"])
