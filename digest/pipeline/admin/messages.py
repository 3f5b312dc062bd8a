"""The next digest of a reader as a preview, and the last one once more."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime

from msgspec.structs import replace

from digest.config.profiles import loader as profile_loader
from digest.core.editions.compose import compose
from digest.core.editions.excerpts import with_excerpts
from digest.core.models.delivery import ClaimedEdition, EditionState, Envelope, Sent
from digest.core.models.profiles import Profile
from digest.core.models.subscribers import Subscription
from digest.core.profiles.learned import with_learned
from digest.core.profiles.reading_lists import named_in, with_reading_lists
from digest.core.subscribers.due_times import local_date
from digest.errors import UsageError
from digest.pipeline.admin.readers import ReaderProfile
from digest.pipeline.delivery.deliver import Transport
from digest.pipeline.publishing.learned_profiles import NOTHING
from digest.pipeline.publishing.preview import rank_stored
from digest.pipeline.publishing.ranking_models import RankingModels
from digest.store.archive import shown_papers
from digest.store.database.store import Connection, Store
from digest.store.editions import claims, ledger, recovery
from digest.store.papers import announcements
from digest.store.subscribers import feedback, reading_lists, subscriptions

_OPEN = (EditionState.IN_DOUBT, EditionState.REFUSED)
_WAITING = (EditionState.QUEUED, EditionState.DEFERRED, EditionState.CLAIMED)


def next_digest(
    store: Store, item: ReaderProfile, *, now: datetime, models: RankingModels
) -> ClaimedEdition:
    """Composes the digest that a reader would get now, with what was learned; stores nothing.

    Args:
        store: The database.
        item: The digest.
        now: The current time.
        models: What the settings choose for ranking.

    Raises:
        ProfileError: This version of the program refuses the profile.
    """
    subscription = item.subscription
    written = profile_loader.parse(item.text, file=subscription.name)
    with store.read() as tx:
        profile = _learned(tx, written.profile, subscription, day=now.date())
        candidates = announcements.to_rank(
            tx,
            after=subscription.read_through,
            upto=announcements.last_seq(tx),
            kinds=profile.kinds,
            sources=profile.sources,
        )
        number = subscription.subscription_id
        numbers = [candidate.paper_id for candidate in candidates]
        shown = {paper for _, paper in shown_papers.shown_to(tx, [number], numbers)}
    ranked = rank_stored(
        store,
        profile,
        now=now,
        candidates=[one for one in candidates if one.paper_id not in shown],
        keep_all=True,
        models=models,
    )
    day = local_date(profile, now)
    return ClaimedEdition(
        edition_id=0,
        subscription=subscription,
        edition=with_excerpts(compose(ranked, profile=profile, local_date=day), profile),
        message_id="<preview>",  # it is never sent
        composed_at=now,
        attempts=0,
        reader_name=written.name,
        weekly=len(profile.days) == 1,
        presentation=written.presentation,
    )


def _learned(tx: Connection, profile: Profile, item: Subscription, *, day: date) -> Profile:
    number = item.subscription_id
    lists = reading_lists.papers(tx, [number] if named_in(profile) else ())
    profile = with_reading_lists(profile, lists.get(number, {}))
    return with_learned(profile, feedback.learned(tx, [number]).get(number, NOTHING), as_of=day)


def send_again(
    store: Store,
    edition_id: int,
    *,
    connect: Callable[[], AbstractContextManager[Transport]],
    write: Callable[[ClaimedEdition], Envelope],
    message_id: str,
    now: datetime,
) -> str:
    """Sends an edition once more; returns the result in words.

    One in doubt or refused is released, as `digest deliver --release` does, and the next run sends it.
    One that was sent is sent at once, with another Message-ID: a mailbox that has the first message
    would leave out a second one with the same. The ledger stays as it is.

    Args:
        store: The database.
        edition_id: The edition.
        connect: Returns a transport.
        write: Writes the message.
        message_id: The new Message-ID.
        now: The current time.

    Raises:
        UsageError: There is no such edition, it waits already, its reader left it, or it went to a
            channel.
        DigestError: The mail server cannot be used.
    """
    with store.read() as tx:
        claimed = claims.as_claimed(tx, edition_id)
        recorded = ledger.load(tx, edition_id) if claimed is not None else None
    if claimed is None or recorded is None:
        raise UsageError(f"edition {edition_id}: there is no edition with this number")
    _require_live(store, claimed)
    state = recorded.state
    if state is EditionState.WITHDRAWN and recorded.reason == recovery.REASON_HELD:
        raise UsageError(f"edition {edition_id}: it is held; release it in the queue")
    if state in _WAITING:
        raise UsageError(f"edition {edition_id}: it is {state}; the next run sends it")
    if state in _OPEN:
        with store.write() as tx:
            recovery.apply_decision(tx, [edition_id], send=True, now=now)
        return "released; the next run sends it"
    if claimed.channel:
        raise UsageError(
            f"edition {edition_id}: it went to the channel {claimed.channel}, and only mail is sent"
            " once more"
        )
    with connect() as transport:
        envelope = write(replace(claimed, message_id=message_id))
        outcome = transport.send(
            sender=envelope.sender, recipient=envelope.recipient, message=envelope.message
        )
    if not isinstance(outcome, Sent):
        raise UsageError(f"edition {edition_id}: not sent: {outcome.reason}")
    return f"sent: {outcome.reply}"


def _require_live(store: Store, claimed: ClaimedEdition) -> None:
    item = claimed.subscription
    with store.read() as tx:
        live = subscriptions.live_subscriptions(tx, email=item.email)
    if all(other.subscription_id != item.subscription_id for other in live):
        raise UsageError(f"{item.name} has ended, so its digests are not sent any more")
