"""Creates and checks the tokens of the HTTP API."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from digest.core.access.scopes import Scope
from digest.core.access.tokens import (
    USUAL_REQUESTS,
    ApiToken,
    token_hash,
    token_text,
)
from digest.errors import UsageError
from digest.store.access import tokens
from digest.store.database.store import Store

MAX_NAME = 80  # characters


class CreatedToken(Struct, frozen=True, kw_only=True):
    """A new token, whose text is shown once."""

    text: str
    token_id: int
    expires_at: datetime | None


def create(
    store: Store,
    *,
    name: str,
    scopes: Sequence[Scope],
    secret: bytes,
    now: datetime,
    life: timedelta | None = None,
    requests: int = USUAL_REQUESTS,
) -> CreatedToken:
    """Creates a token.

    Args:
        store: The database.
        name: What the operator calls it.
        scopes: What it allows.
        secret: `digest.core.access.tokens.SECRET_BYTES` random bytes.
        now: The current time.
        life: How long it is valid; None: until it is revoked.
        requests: How many requests it may send in a minute.

    Raises:
        UsageError: The name is empty, too long or unprintable, or a valid token has it.
    """
    name = name.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise UsageError(f"{name!r}: a token needs a name of at most {MAX_NAME} letters")
    text = token_text(secret)
    try:
        expires_at = None if life is None else now + life
    except OverflowError:
        raise UsageError("the token would be valid after the year 9999; shorten it") from None
    with store.write() as tx:
        if any(item.name == name and item.is_valid(now) for item in tokens.all_tokens(tx)):
            raise UsageError(f"there is a token {name!r}; choose another name, or revoke it first")
        number = tokens.add(
            tx,
            name=name,
            hashed=token_hash(text),
            scopes=scopes,
            requests=requests,
            expires_at=expires_at,
            now=now,
        )
    return CreatedToken(text=text, token_id=number, expires_at=expires_at)


def revoke(store: Store, name: str, *, now: datetime) -> ApiToken:
    """Makes the valid token with a name, or a number, invalid at once.

    Raises:
        UsageError: There is none.
    """
    with store.write() as tx:
        found = [
            item
            for item in tokens.all_tokens(tx)
            if item.revoked_at is None and name in (item.name, str(item.token_id))
        ]
        if not found:
            raise UsageError(f"{name}: there is no such token; `digest token list` shows all")
        # The newest one: an expired token may have had the same name before.
        tokens.revoke(tx, found[-1].token_id, now=now)
    return found[-1]


def find_valid(store: Store, text: str | None, *, now: datetime) -> ApiToken | None:
    """Returns the token with a text; None if it is not valid.

    An unknown token takes as long as one that has ended: its hash is looked up, and nothing tells
    how much of it was right.

    Args:
        store: The database.
        text: The token; None: there is none.
        now: The current time.

    Raises:
        StoreError: The database cannot be used now.
    """
    hashed = token_hash(text or "")
    with store.read() as tx:
        token = tokens.find(tx, hashed)
    return None if text is None or token is None or not token.is_valid(now) else token
