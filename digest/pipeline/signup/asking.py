"""Takes requests for a message, from every page of the site, within the limits of all of them.

The answer and the work do not depend on whether the address is known: the address is not looked up
before its message is written (`digest.pipeline.signup.mails`).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct

from digest.core.signup import limits
from digest.core.signup.limits import HOUR, REQUEST_LIFE, Counted, RequestLimit, RequestVerdict
from digest.core.subscribers import signed_tokens
from digest.core.subscribers.email_addresses import ascii_address
from digest.core.subscribers.reconcile import address_key
from digest.store.database.store import Connection, Store
from digest.store.signup import requests

CLOSED_FOR = timedelta(hours=1)


class RequestKind(StrEnum):
    """What a request is for."""

    SIGNUP = "signup"
    LINK = "link"  # the preferences of all subscriptions of an address
    CODE = "code"  # changes by the holder of an old link
    ADDRESS = "address"  # another address; its message goes to the new one
    MOVED = "moved"  # tells the old address
    ADMIN = "admin"  # an operator signs in
    UNDO = "undo"  # of a pause or a leaving by an old link


_OWN_LIMITS = {  # of the others: LINKS_OF_ADDRESS
    RequestKind.SIGNUP: limits.SIGNUPS_OF_ADDRESS,
    RequestKind.ADDRESS: limits.SIGNUPS_OF_ADDRESS,
    RequestKind.ADMIN: limits.ADMINS_OF_ADDRESS,
}


class AskingRules(Struct, frozen=True, kw_only=True):
    """What the settings say about requests."""

    key: bytes  # of the hashes that are counted
    hourly: int  # requests in total
    domains: tuple[str, ...] = ()  # only these may sign up; empty: all
    # The domains that may not sign up; read again when the operator's file has changed.
    blocked: Callable[[], frozenset[str]] = frozenset


class AskResult(Struct, frozen=True, kw_only=True):
    """What happened to a request."""

    verdict: RequestVerdict
    request_id: int | None = None  # None: it was refused


def may_sign_up(email: str, rules: AskingRules) -> bool:
    """Whether the domain of an address may sign up."""
    above = set(limits.parent_domains(ascii_address(email)))
    if rules.domains and not above.intersection(rules.domains):
        return False
    return not above.intersection(rules.blocked())


def ask(
    store: Store,
    *,
    kind: RequestKind,
    email: str,
    wish: Mapping[str, Any],
    network: str | None,
    rules: AskingRules,
    now: datetime,
    language: str,
    subscription_id: int | None = None,
    proof: str | None = None,
    with_mail: bool = True,
) -> AskResult:
    """Stores a request, whose message is sent later, unless a limit is reached.

    When half of a limit is used up, only requests with a proof of work are taken. Codes and new
    addresses need none, because only the holder of a link can ask for them.

    Args:
        store: The database.
        kind: What it is for.
        email: Where the message goes.
        wish: What is done when it is confirmed.
        network: The network of the client; None: unknown.
        rules: The settings.
        now: The current time.
        language: In which its message is written.
        subscription_id: The subscription that it changes.
        proof: The challenge that the client solved; None: none.
        with_mail: False: it is stored and counted, and no message is sent.
    """
    is_open = kind in (RequestKind.SIGNUP, RequestKind.LINK)
    checked = _limits(kind, email, network, rules, proof, list_name=wish.get("list"))
    with store.write() as tx:
        requests.remove_old(tx, now=now, life=REQUEST_LIFE)
        requests.lock_counts(tx)
        if is_open and is_closed(tx, now=now):
            return AskResult(verdict=RequestVerdict.CLOSE)
        proved = proof is not None if is_open else None
        verdict = limits.judge(requests.count_used(tx, checked, now=now), proved=proved)
        if verdict is RequestVerdict.CLOSE:
            requests.close_signup(tx, now=now)
        if verdict not in (RequestVerdict.ACCEPT, RequestVerdict.SILENT):
            return AskResult(verdict=verdict)
        accepted = verdict is RequestVerdict.ACCEPT
        # What gets no message is counted for its network alone: nobody can use up the limit of a
        # domain, or the total, by asking for one address again and again.
        counted = Counted if accepted else (Counted.NETWORK, Counted.PROOF)
        keys = {limit.counted: key for limit, key in checked if limit.counted in counted}
        requests.note(tx, keys, now=now)
        number = requests.add(
            tx,
            kind=kind,
            email=email,
            wish={**(wish if accepted else {}), "language": language},
            now=now,
            with_mail=accepted and with_mail,
            subscription_id=subscription_id,
        )
    return AskResult(verdict=verdict, request_id=number)


def is_closed(tx: Connection, *, now: datetime) -> bool:
    """Whether the site takes no requests now, because there were too many."""
    closed_at = requests.closed_at(tx)
    return closed_at is not None and closed_at <= now < closed_at + CLOSED_FOR


def _limits(
    kind: RequestKind,
    email: str,
    network: str | None,
    rules: AskingRules,
    proof: str | None,
    *,
    list_name: str | None,
) -> Sequence[tuple[RequestLimit, str]]:
    """Returns the limits of a request, each with the key under which it is counted."""
    local, _, domain = address_key(ascii_address(email)).rpartition("@")
    # Most providers deliver name+anything to name.
    mailbox = f"{local.partition('+')[0]}@{domain}"
    # Each mailing list counts by itself: joining two on one day is two requests of a reader.
    joins = list_name if kind is RequestKind.SIGNUP else None
    counted = f"{mailbox} {joins}" if joins else mailbox
    checked = [(_OWN_LIMITS.get(kind, limits.LINKS_OF_ADDRESS), _hash(counted, rules))]
    # These go to readers and operators, whatever happens on the site.
    if kind not in (RequestKind.CODE, RequestKind.UNDO, RequestKind.ADMIN):
        everything = RequestLimit(counted=Counted.ALL, number=rules.hourly, time=HOUR)
        checked.append((everything, "all"))
        # The operator knows the domains that are named in the settings.
        if not rules.domains:
            checked.append((limits.OF_DOMAIN, _hash(domain, rules)))
    if network is not None:
        checked.append((limits.OF_NETWORK, _hash(network, rules)))
    if proof is not None:
        checked.append((limits.OF_PROOF, proof))
    return checked


def _hash(text: str, rules: AskingRules) -> str:
    return signed_tokens.keyed_hash(text, secret=rules.key)
