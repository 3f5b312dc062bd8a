"""Signs operators in: by the link or the code of a message to an address of DIGEST_ADMIN.

The answer is the same for every address. What is asked for an address that is no operator's is stored
and counted too, so that codes are tried in vain, and not refused at once.
"""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec import Struct

from digest.core.signup.operator_sessions import (
    SESSION_LIFE,
    SIGN_IN_LIFE,
    is_alive,
    needs_touch,
)
from digest.core.subscribers import signed_tokens
from digest.core.subscribers.reconcile import address_key
from digest.pipeline.signup import asking, confirming
from digest.pipeline.signup.asking import AskingRules, AskResult, RequestKind
from digest.pipeline.signup.confirming import ConfirmOutcome
from digest.store.admin import action_log, sessions
from digest.store.database.store import Store
from digest.store.signup import requests


class OperatorSession(Struct, frozen=True, kw_only=True):
    """An operator who is signed in."""

    key: str  # SHA-256 of the cookie
    email: str


def operator_address(email: str, operators: Collection[str]) -> str | None:
    """Returns an address as DIGEST_ADMIN has it; None if it is not there."""
    by_key = {address_key(item): item for item in operators}
    return by_key.get(address_key(email))


def ask(
    store: Store,
    *,
    email: str,
    operators: Collection[str],
    network: str | None,
    rules: AskingRules,
    now: datetime,
) -> AskResult:
    """Takes the request of somebody who wants to sign in.

    Args:
        store: The database.
        email: The address that was typed.
        operators: The addresses of DIGEST_ADMIN.
        network: The network of the client; None: unknown.
        rules: What the settings say about requests.
        now: The current time.
    """
    # The message goes to the address of the settings: what was typed may only look like it.
    known = operator_address(email, operators)
    return asking.ask(
        store,
        kind=RequestKind.ADMIN,
        email=known or email,
        wish={},
        network=network,
        rules=rules,
        now=now,
        language="en",
        with_mail=known is not None,
    )


def check_code(
    store: Store, request_id: int, typed: str, *, keys: Sequence[bytes], now: datetime
) -> ConfirmOutcome:
    """Looks at a typed code; five may be tried for a request.

    Args:
        store: The database.
        request_id: The request.
        typed: The code, as typed.
        keys: The keys that are accepted now.
        now: The current time.
    """
    outcome, found = confirming.check_code(store, request_id, typed, keys=keys)
    if found is None:
        return outcome
    is_open = found.kind == RequestKind.ADMIN and now - found.asked_at <= SIGN_IN_LIFE
    return ConfirmOutcome.DONE if is_open and found.done_at is None else ConfirmOutcome.EXPIRED


def open_session(
    store: Store,
    request_id: int,
    *,
    token: str,
    operators: Collection[str],
    way: str,
    now: datetime,
) -> OperatorSession | None:
    """Opens a session for a request that was confirmed; each request opens one.

    Args:
        store: The database.
        request_id: The request.
        token: The cookie of the session, which nobody can guess.
        operators: The addresses of DIGEST_ADMIN now.
        way: How it was confirmed: `link` or `code`.
        now: The current time.

    Returns:
        None if the request is over, was used before, or is not that of an operator.
    """
    key = session_key(token)
    with store.write(durable=True) as tx:
        request = requests.find(tx, request_id)
        if (
            request is None
            or request.kind != RequestKind.ADMIN
            or now - request.asked_at > SIGN_IN_LIFE
            or operator_address(request.email, operators) is None
            or not requests.finish(tx, request_id, result_id=None, now=now)
        ):
            return None
        sessions.remove_old(tx, before=now - SESSION_LIFE)
        sessions.add(tx, key, email=request.email, now=now)
        number = action_log.begin(
            tx, who=request.email, action="sign in", subject=f"by the {way}", now=now
        )
        action_log.finish(tx, number, outcome="done")
    return OperatorSession(key=key, email=request.email)


def find_session(
    store: Store, token: str, *, operators: Collection[str], now: datetime
) -> OperatorSession | None:
    """Returns the session of a cookie; None if it is over, or is not that of an operator any more.

    Args:
        store: The database.
        token: The cookie; untrusted text.
        operators: The addresses of DIGEST_ADMIN now.
        now: The current time.
    """
    if not token:
        return None
    key = session_key(token)
    with store.read() as tx:
        found = sessions.find(tx, key)
    if found is None:
        return None
    alive = is_alive(opened_at=found.opened_at, seen_at=found.seen_at, now=now)
    if not alive or operator_address(found.email, operators) is None:
        with store.write() as tx:
            sessions.end(tx, key)
        return None
    if needs_touch(found.seen_at, now=now):
        with store.write() as tx:
            sessions.touch(tx, key, now=now)
    return OperatorSession(key=key, email=found.email)


def sign_out(store: Store, session: OperatorSession, *, now: datetime) -> None:
    """Ends a session."""
    with store.write() as tx:
        sessions.end(tx, session.key)
        number = action_log.begin(tx, who=session.email, action="sign out", subject="", now=now)
        action_log.finish(tx, number, outcome="done")


def session_key(token: str) -> str:
    """Returns what is stored of a cookie."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def form_token(session: OperatorSession, *, secret: bytes) -> str:
    """Returns what each form of a session must contain, so that no other site can send it."""
    return signed_tokens.keyed_hash(f"admin form {session.key}", secret=secret)


def is_form_token(text: str, session: OperatorSession, *, secrets: Sequence[bytes]) -> bool:
    """Whether a form is one that was shown in this session."""
    good = [
        signed_tokens.constant_time_equal(text, form_token(session, secret=secret))
        for secret in secrets
    ]
    return any(good)
