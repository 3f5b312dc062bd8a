"""Reads bounces, complaints and unsubscribe requests from a mailbox and acts on them.

Anybody can send a message that looks like a bounce, so a reply must prove to which of our messages
it refers. A signed return path is a proof, and so is the signed unsubscribe link in the returned
message. The Message-ID is a proof too, because only somebody who has seen the message can know
it; then the reply must name the address to which the edition was sent, or no address.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct

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
NOTED = "noted"  # stored; nothing else happens
KNOWN = "read before"
NOT_OURS = "not ours"  # no proof that it refers to a message of this installation
IGNORED = "ignored"  # automatic replies, reports of successful delivery
LEFT = "left"  # left in the mailbox for a person: other mail, and unreadable messages

_CAUSES = {BounceKind.HARD: "bounce", BounceKind.COMPLAINT: "complaint"}
_TRIED = frozenset(
    {EditionState.SENT, EditionState.IN_DOUBT, EditionState.DEFERRED, EditionState.REFUSED}
)


class ProcessedMessage(Struct, frozen=True, kw_only=True):
    """The result for one message."""

    name: str  # where the message is
    kind: BounceKind
    effect: str  # one of the effects above
    email: str = ""  # the reader to whom it refers, if there is a proof
    status: str = ""  # the status code of RFC 3463
    proof: str = ""  # which proof was found
    problem: str = ""  # why the message could not be read


class BounceReport(Struct, frozen=True, kw_only=True):
    """The results for all messages of a mailbox."""

    messages: tuple[ProcessedMessage, ...]

    @property
    def kinds(self) -> Counter[str]:
        """The number of messages of each kind."""
        return Counter(item.kind.value for item in self.messages)

    @property
    def unreadable(self) -> tuple[ProcessedMessage, ...]:
        """The messages that could not be read and stay in the mailbox."""
        return tuple(item for item in self.messages if item.kind is BounceKind.UNREADABLE)


class _Match(Struct, frozen=True, kw_only=True):
    subscription: Subscription
    edition: bounce_store.SentEdition | None
    proof: str


def process_mailbox(
    store: Store, inbox: MailboxReader, *, keys: Sequence[bytes], now: Callable[[], datetime]
) -> BounceReport:
    """Processes the unread messages of a mailbox.

    A message is marked as read only after its effect is committed. Processing it twice changes
    nothing.

    Args:
        store: The database.
        inbox: The mailbox.
        keys: All keys whose signatures are accepted.
        now: Returns the current time.
    """
    results: list[ProcessedMessage] = []
    for message in inbox.unread_messages():
        if message.problem:
            result = ProcessedMessage(
                name=message.name, kind=BounceKind.UNREADABLE, effect=LEFT, problem=message.problem
            )
        else:
            result = process(store, message.data, name=message.name, keys=keys, now=now())
        results.append(result)
        if result.effect != LEFT:
            inbox.mark_read(message)
    return BounceReport(messages=tuple(results))


def process(
    store: Store, data: bytes, *, name: str, keys: Sequence[bytes], now: datetime
) -> ProcessedMessage:
    """Processes one message.

    Args:
        store: The database.
        data: The content of the message.
        name: Where the message is, for the report.
        keys: All keys whose signatures are accepted.
        now: The current time.
    """
    # The address that the message was sent to is the cheapest proof, and it also says that the
    # message is no ordinary mail, so the parser asks for it first.
    bounce = parse(
        data,
        is_return_path=lambda path: signed_tokens.verify_return(path, secrets=keys) is not None,
    )
    if bounce.kind is BounceKind.UNREADABLE:
        return ProcessedMessage(
            name=name, kind=bounce.kind, effect=LEFT, problem="has no headers: it is no message"
        )
    if bounce.kind is BounceKind.OTHER:
        return ProcessedMessage(name=name, kind=bounce.kind, effect=LEFT)
    if bounce.kind in (BounceKind.AUTO_REPLY, BounceKind.DELIVERED):
        return ProcessedMessage(name=name, kind=bounce.kind, effect=IGNORED)
    if bounce.kind is BounceKind.UNSUBSCRIBE:
        email = unsubscribe.unsubscribe(
            store, bounce.unsubscribe_token, keys=keys, origin="mailto", now=now
        )
        effect = UNSUBSCRIBED if email else NOT_OURS
        return ProcessedMessage(
            name=name, kind=bounce.kind, effect=effect, email=email or "", proof=LINK
        )
    # Durable: the message is marked as read afterwards, so a power failure must not undo its
    # effect.
    with store.write(durable=True) as tx:
        match = next(_matches(tx, bounce, keys), None)
        if match is None:
            return ProcessedMessage(name=name, kind=bounce.kind, effect=NOT_OURS)
        return _apply(tx, bounce, match, name=name, now=now)


def _apply(
    tx: Connection, bounce: BounceMessage, match: _Match, *, name: str, now: datetime
) -> ProcessedMessage:
    """Stores the bounce, and suppresses the address if it does not exist or complained."""
    email = match.subscription.email
    # A bounce can report several recipients, for example after a forwarding.
    own_failures = [
        item for item in bounce.failures if address_key(item.address) == address_key(email)
    ]
    failure = next(iter(own_failures or bounce.failures), None)
    kind = own_failures[0].kind if own_failures else bounce.kind
    # A text in an unknown form may name another address for another reason.
    if kind is BounceKind.HARD and bounce.is_by_return_path and not own_failures:
        kind = BounceKind.SOFT
    status = failure.status if failure else ""
    is_new = bounce_store.record_bounce(
        tx,
        subscription_id=match.subscription.subscription_id,
        edition_id=match.edition.edition_id if match.edition else None,
        at=now,
        kind=kind,
        # The column holds 16 characters, and the status comes from outside.
        status=status[:16],
        proof=match.proof,
        fingerprint=bounce.fingerprint,
    )
    effect = NOTED if is_new else KNOWN
    if is_new and kind in _CAUSES:
        composed_at = match.edition.composed_at if match.edition else None
        if suppression.suppress(
            tx, email, composed_at=composed_at, origin=_CAUSES[kind], detail=status, now=now
        ):
            effect = SUPPRESSED
    return ProcessedMessage(
        name=name, kind=kind, effect=effect, email=email, status=status, proof=match.proof
    )


def _matches(tx: Connection, bounce: BounceMessage, keys: Sequence[bytes]) -> Iterator[_Match]:
    """Yields the subscriptions and editions to which a reply refers, the best proof first."""
    for path in bounce.sent_to:
        signed = signed_tokens.verify_return(path, secrets=keys)
        subscription = (
            bounce_store.find_subscription(tx, signed.subscription_id) if signed else None
        )
        if signed and subscription:
            edition = bounce_store.find_edition(tx, signed.edition_id)
            yield _Match(subscription=subscription, edition=edition, proof=RETURN_PATH)
    editions = list(_editions_by_message_id(tx, bounce))
    for token in bounce.tokens:
        number = signed_tokens.verify(signed_tokens.UNSUBSCRIBE, token, secrets=keys)
        subscription = bounce_store.find_subscription(tx, number) if number is not None else None
        if subscription:
            same_subscription = (
                item for item in editions if item.subscription_id == subscription.subscription_id
            )
            edition = next(same_subscription, None)
            yield _Match(subscription=subscription, edition=edition, proof=LINK)
    recipients = {address_key(address) for address in bounce.addresses}
    for edition in editions:
        subscription = bounce_store.find_subscription(tx, edition.subscription_id)
        if subscription is None or edition.state not in _TRIED:
            continue
        if not recipients or address_key(subscription.email) in recipients:
            yield _Match(subscription=subscription, edition=edition, proof=MESSAGE_ID)


def _editions_by_message_id(
    tx: Connection, bounce: BounceMessage
) -> Iterator[bounce_store.SentEdition]:
    """Yields the editions whose Message-IDs are in the reply.

    A Message-ID contains the id of its edition, by which the edition is found.
    """
    # Limited, because a hostile message may contain thousands, and each is a query.
    for message_id in bounce.message_ids[:20]:
        parts = message_id.strip("<>").partition("@")[0].split(".")
        # A number of 19 digits may be too large for the database.
        if len(parts) == 3 and parts[1].isascii() and parts[1].isdigit() and len(parts[1]) < 19:
            edition = bounce_store.find_edition(tx, int(parts[1]))
            if edition is not None and edition.message_id == message_id:
                yield edition
