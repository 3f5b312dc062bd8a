"""Stores the tokens of the HTTP API, and counts their requests."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, case, insert, inspect, select, update

from digest.core.access.scopes import Scope
from digest.core.access.tokens import ApiToken, minute_of
from digest.store.access.tables import api_token
from digest.store.database.statements import AnyRow


def add(
    tx: Connection,
    *,
    name: str,
    hashed: str,
    scopes: Sequence[Scope],
    requests: int,
    expires_at: datetime | None,
    now: datetime,
) -> int:
    """Stores a token; returns its number.

    Args:
        tx: Write transaction.
        name: What the operator calls it.
        hashed: Its hash (`digest.core.access.tokens.token_hash`).
        scopes: What it allows.
        requests: Requests a minute.
        expires_at: From when on it is not valid; None: it stays valid.
        now: Current time.
    """
    row = {
        "name": name,
        "hash": hashed,
        "scopes": [scope.value for scope in scopes],
        "requests": requests,
        "created_at": now,
        "expires_at": expires_at,
        "used": 0,
    }
    return int(tx.execute(insert(api_token).values(row).returning(api_token.c.id)).scalar_one())


def find(tx: Connection, hashed: str) -> ApiToken | None:
    """Returns the token with a hash, valid or not; None if there is none."""
    row = tx.execute(select(api_token).where(api_token.c.hash == hashed)).first()
    return None if row is None else _from_row(row)


def all_tokens(tx: Connection) -> list[ApiToken]:
    """Returns all tokens, oldest first."""
    return [_from_row(row) for row in tx.execute(select(api_token).order_by(api_token.c.id))]


def revoke(tx: Connection, token_id: int, *, now: datetime) -> bool:
    """Makes a token invalid; returns False if it was invalid already."""
    is_live = (api_token.c.id == token_id) & api_token.c.revoked_at.is_(None)
    return tx.execute(update(api_token).where(is_live).values(revoked_at=now)).rowcount > 0


def revoked(tx: Connection) -> dict[str, datetime]:
    """Returns the hashes of the revoked tokens, and when each was revoked; the schema may be older."""
    if not inspect(tx).has_table(api_token.name):
        return {}
    columns = api_token.c
    found = select(columns.hash, columns.revoked_at).where(columns.revoked_at.is_not(None))
    return {row.hash: row.revoked_at for row in tx.execute(found)}


def revoke_again(tx: Connection, tokens: Mapping[str, datetime]) -> None:
    """Revokes the tokens of a restored database that were revoked after the backup."""
    columns = api_token.c
    for hashed, at in tokens.items():
        is_live = (columns.hash == hashed) & columns.revoked_at.is_(None)
        tx.execute(update(api_token).where(is_live).values(revoked_at=at))


def count_requests(tx: Connection, token_id: int, number: int, *, now: datetime) -> int:
    """Counts requests of a token, for all processes; returns how many it sent in this minute.

    Args:
        tx: Write transaction.
        token_id: The token.
        number: How many.
        now: Current time.
    """
    columns, minute = api_token.c, minute_of(now)
    # One statement, so that two processes never count the same request.
    counted = update(api_token).where(columns.id == token_id)
    values = {"used": case((columns.used_at == minute, columns.used + number), else_=number)}
    rows = tx.execute(counted.values(used_at=minute, **values).returning(columns.used))
    return int(rows.scalar_one())


def _from_row(row: AnyRow) -> ApiToken:
    known = {scope.value for scope in Scope}
    return ApiToken(
        token_id=row.id,
        name=row.name,
        # A scope of a newer version allows nothing here.
        scopes=tuple(Scope(name) for name in row.scopes if name in known),
        requests=row.requests,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        used_at=row.used_at,
    )
