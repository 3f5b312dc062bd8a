"""Profiles in a table of their own, each text once for all its readers.

Revision ID: 0007
Revises: 0006
"""

import json
from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_CHUNK = 500  # subscriptions


def upgrade() -> None:
    """Moves the texts; the program compiles them when it first needs them."""
    op.create_table(
        "profile",
        sa.Column("id", _ID, nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("weekly", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(40), nullable=False),
        sa.Column("has_reading_lists", sa.Boolean(), nullable=False),
        sa.Column("compiled", sa.LargeBinary()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_profile"),
        sa.UniqueConstraint("content_hash", name="uq_profile_content_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_profile_version", "profile", ["version"])
    op.create_index("ix_profile_has_reading_lists", "profile", ["has_reading_lists"])
    # Without NOT NULL: SQLite adds a column that refers to another table only so. In SQL, because
    # Alembic adds such a column to SQLite only by copying the whole table.
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(
        f"ALTER TABLE subscription ADD COLUMN profile_id {number}"
        " CONSTRAINT fk_subscription_profile_id REFERENCES profile (id)"
    )
    _move_texts(op.get_bind())
    op.create_index("ix_subscription_profile_id", "subscription", ["profile_id"])
    op.drop_column("subscription", "profile_text")


def _move_texts(tx: sa.Connection) -> None:
    address = sa.table("address", sa.column("id"), sa.column("email"))
    subscription = sa.table(
        "subscription",
        sa.column("id"),
        sa.column("address_id"),
        sa.column("profile_text"),
        sa.column("profile_id"),
    )
    profile = sa.table(
        "profile",
        sa.column("id"),
        sa.column("content_hash"),
        sa.column("version"),
        sa.column("name"),
        sa.column("weekly", sa.Boolean()),
        sa.column("language"),
        sa.column("has_reading_lists", sa.Boolean()),
        sa.column("text"),
    )
    texts = (
        sa.select(subscription.c.id, subscription.c.profile_text, address.c.email)
        .join_from(subscription, address, address.c.id == subscription.c.address_id)
        .order_by(subscription.c.id)
        .limit(_CHUNK)
    )
    point = (
        sa.update(subscription)
        .where(subscription.c.id == sa.bindparam("number"))
        .values(profile_id=sa.bindparam("profile"))
    )
    last = -1
    while rows := tx.execute(texts.where(subscription.c.id > last)).all():
        last = rows[-1].id
        shared = {row.id: _shared(row.profile_text, row.email) for row in rows}
        by_hash = {_hash(text): text for text in shared.values()}
        same = sa.select(profile.c.content_hash, profile.c.id).where(
            profile.c.content_hash.in_(by_hash)
        )
        stored = {row.content_hash for row in tx.execute(same)}
        new = [
            {
                "content_hash": content_hash,
                "version": 0,
                "name": "",
                "weekly": False,
                "language": "english",
                "has_reading_lists": False,
                "text": text,
            }
            for content_hash, text in by_hash.items()
            if content_hash not in stored
        ]
        if new:
            tx.execute(sa.insert(profile), new)
        numbers = {row.content_hash: row.id for row in tx.execute(same)}
        tx.execute(
            point,
            [
                {"number": number, "profile": numbers[_hash(text)]}
                for number, text in shared.items()
            ],
        )


# As `digest.core.profiles.compiled` does it; copied, because a migration never changes.
def _shared(text: str, email: str) -> str:
    own_line = f"email = {json.dumps(email)}\n"
    return 'email = ""\n' + text[len(own_line) :] if text.startswith(own_line) else text


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
