"""bounces: what came back is read, believed as far as it is signed, and acted on.

A signed return path, or the signed unsubscribe link in the message that is returned, proves
which letter an answer is about. So does its Message-ID, which nobody can guess who has not seen
the letter; it ties an answer to an address only if the answer names that address, or none, and
the edition was sent to it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.core.models.delivery import EditionState
from digest.core.models.subscribers import Subscription
from digest.core.subscribers import signed_tokens
from digest.core.subscribers.reconcile import address_key
from digest.mail.bounces.mailboxes import MailboxReader
from digest.mail.bounces.parser import BounceMessage, parse
from digest.mail.bounces.status_codes import BounceKind
from digest.pipeline.subscribers import suppression, unsubscribe
from digest.store.database.store import Connection, Store
from digest.store.subscribers import bounces as bounce_store

RETURN_PATH, LINK, MESSAGE_ID = "return path", "unsubscribe link", "Message-ID"

SUPPRESSED = "suppressed"
UNSUBSCRIBED = "unsubscribed"
NOTED = "noted"  # kept; nothing follows from it
KNOWN = "read before"
NOT_OURS = "not ours"  # no proof that it is about a letter from here
IGNORED = "ignored"  # automatic replies, reports of success
LEFT = "left"  # for a person: mail of another kind, and what cannot be read

_CAUSES = {BounceKind.HARD: "bounce", BounceKind.COMPLAINT: "complaint"}
_TRIED = frozenset(
    {EditionState.SENT, EditionState.IN_DOUBT, EditionState.DEFERRED, EditionState.REFUSED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessedMessage:
    """What became of one message."""

    name: str  # where it is
    kind: BounceKind
    effect: str  # one of the words above
    email: str = ""  # the reader it is about, if that is proven or likely
    status: str = ""  # RFC 3463
    proof: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceReport:
    """What became of an inbox."""

    taken: tuple[ProcessedMessage, ...]

    @property
    def kinds(self) -> Counter[str]:
        """How many of each kind."""
        return Counter(item.kind.value for item in self.taken)

    @property
    def unreadable(self) -> tuple[ProcessedMessage, ...]:
        """Those that could not be read and stay where they are."""
        return tuple(item for item in self.taken if item.kind is BounceKind.UNREADABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    subscription: Subscription
    edition: bounce_store.SentEdition | None
    proof: str


def process_mailbox(
    store: Store, inbox: MailboxReader, *, keys: Sequence[bytes], now: Callable[[], datetime]
) -> BounceReport:
    """Reads an inbox; each message is marked only after what it says is committed.

    Reading the same message twice changes nothing.

    Args:
        store: where it is kept.
        inbox: where it is read from.
        keys: all that count.
        now: the clock.
    """
    taken: list[ProcessedMessage] = []
    for letter in inbox.letters():
        if letter.problem:
            done = ProcessedMessage(
                name=letter.name, kind=BounceKind.UNREADABLE, effect=LEFT, problem=letter.problem
            )
        else:
            done = process(store, letter.data, name=letter.name, keys=keys, now=now())
        taken.append(done)
        if done.effect != LEFT:
            inbox.seen(letter)
    return BounceReport(taken=tuple(taken))


def process(
    store: Store, data: bytes, *, name: str, keys: Sequence[bytes], now: datetime
) -> ProcessedMessage:
    """Reads one message, and acts on it."""
    answer = parse(data)
    if answer.kind is BounceKind.UNREADABLE:
        return ProcessedMessage(
            name=name, kind=answer.kind, effect=LEFT, problem="has no headers: it is no message"
        )
    if answer.kind is BounceKind.OTHER:
        return ProcessedMessage(name=name, kind=answer.kind, effect=LEFT)
    if answer.kind in (BounceKind.AUTO_REPLY, BounceKind.DELIVERED):
        return ProcessedMessage(name=name, kind=answer.kind, effect=IGNORED)
    if answer.kind is BounceKind.UNSUBSCRIBE:
        email = unsubscribe.unsubscribe(store, answer.request, keys=keys, origin="mailto", now=now)
        effect = UNSUBSCRIBED if email else NOT_OURS
        return ProcessedMessage(
            name=name, kind=answer.kind, effect=effect, email=email or "", proof=LINK
        )
    with store.write(durable=True) as tx:
        found = next(_matches(tx, answer, keys), None)
        if found is None:
            return ProcessedMessage(name=name, kind=answer.kind, effect=NOT_OURS)
        return _act(tx, answer, found, name=name, now=now)


def _act(
    tx: Connection, answer: BounceMessage, found: _Match, *, name: str, now: datetime
) -> ProcessedMessage:
    email = found.subscription.email
    about = [item for item in answer.failures if address_key(item.address) == address_key(email)]
    failure = next(iter(about or answer.failures), None)
    kind = about[0].kind if about else answer.kind
    status = failure.status if failure else ""
    fresh = bounce_store.record(
        tx,
        subscription_id=found.subscription.subscription_id,
        edition_id=found.edition.edition_id if found.edition else None,
        at=now,
        kind=kind,
        status=status[:16],
        proof=found.proof,
        fingerprint=answer.fingerprint,
    )
    effect = NOTED if fresh else KNOWN
    if fresh and kind in _CAUSES:
        composed_at = found.edition.composed_at if found.edition else None
        if suppression.suppress(
            tx, email, composed_at=composed_at, origin=_CAUSES[kind], detail=status, now=now
        ):
            effect = SUPPRESSED
    return ProcessedMessage(
        name=name, kind=kind, effect=effect, email=email, status=status, proof=found.proof
    )


def _matches(tx: Connection, answer: BounceMessage, keys: Sequence[bytes]) -> Iterator[_Match]:
    """Which letter it is about, the best proof first."""
    for path in answer.sent_to:
        signed = signed_tokens.verify_return(path, secrets=keys)
        found = bounce_store.find_subscription(tx, signed.subscription_id) if signed else None
        if signed and found:
            edition = bounce_store.find_edition(tx, signed.edition_id)
            yield _Match(subscription=found, edition=edition, proof=RETURN_PATH)
    named = list(_named(tx, answer))
    for token in answer.tokens:
        number = signed_tokens.verify(signed_tokens.UNSUBSCRIBE, token, secrets=keys)
        found = bounce_store.find_subscription(tx, number) if number is not None else None
        if found:
            mine = (item for item in named if item.subscription_id == found.subscription_id)
            yield _Match(subscription=found, edition=next(mine, None), proof=LINK)
    about = {address_key(address) for address in answer.addresses}
    for edition in named:
        found = bounce_store.find_subscription(tx, edition.subscription_id)
        got_it = found is not None and (not about or address_key(found.email) in about)
        if found and got_it and edition.state in _TRIED:
            yield _Match(subscription=found, edition=edition, proof=MESSAGE_ID)


def _named(tx: Connection, answer: BounceMessage) -> Iterator[bounce_store.SentEdition]:
    """The editions whose Message-IDs the answer holds; the number of each stands in it."""
    for message_id in answer.message_ids[:20]:
        parts = message_id.strip("<>").partition("@")[0].split(".")
        if len(parts) == 3 and parts[1].isascii() and parts[1].isdigit() and len(parts[1]) < 19:
            edition = bounce_store.find_edition(tx, int(parts[1]))
            if edition is not None and edition.message_id == message_id:
                yield edition
