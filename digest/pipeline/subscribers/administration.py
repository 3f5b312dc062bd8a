"""Changes that an operator makes to subscribers: add, pause, resume, remove.

Each change gives or ends a consent, so it is written to the consent log of the address. A reader
who has left comes back only by a consent that is newer than the leaving.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from digest.config.profiles import loader as profile_loader
from digest.config.profiles.loader import LoadedProfiles
from digest.core.models.profiles import Profile
from digest.core.models.subscribers import (
    AddressStatus,
    EndCause,
    Subscription,
    SubscriptionOrigin,
)
from digest.core.subscribers.consent import Consent
from digest.core.subscribers.email_addresses import check_address
from digest.core.subscribers.reconcile import CLOSED
from digest.errors import UsageError
from digest.pipeline.profiles.profile_sources import (
    ProfileSource,
    for_any_reader,
    is_own_file,
    own_file,
    with_email,
)
from digest.pipeline.subscribers import leavings
from digest.pipeline.subscribers.leavings import OPERATOR, Leaving
from digest.store.database.store import Connection, Store
from digest.store.mailing_lists import memberships
from digest.store.papers import announcements
from digest.store.subscribers import consent as consent_store
from digest.store.subscribers import subscriptions


class AddOutcome(StrEnum):
    """What happened to an address that was to be subscribed."""

    ADDED = "added"
    KNOWN = "known"  # it has this subscription
    UPDATED = "updated"  # it has this subscription, which now has the profile of another file
    LEFT = "left"  # the reader has left, and gave no newer consent
    HAS_FILE = "has file"  # a profile file subscribes it already


class AddResult(Struct, frozen=True, kw_only=True):
    """The result of `add`."""

    outcome: AddOutcome
    reason: str = ""  # why the address was not subscribed
    leaving: Leaving | None = None  # with the outcome LEFT


def add(
    store: Store,
    *,
    email: str,
    profile: ProfileSource,
    now: datetime,
    keys: Sequence[bytes] = (),
    profiles: LoadedProfiles | None = None,
    consent: Consent | None = None,
    cause: str = "digest subscribers add",
) -> AddResult:
    """Adds a subscription, whose first digest begins with the latest batch.

    An address whose reader has left is subscribed only with a newer consent. Its former
    subscriptions stay ended, and it gets the papers from now on. An address with a profile file
    gets no second subscription.

    Args:
        store: The database.
        email: The address.
        profile: The profile. If it is the address's own file in the folder of profiles, the
            subscription is the one of that file.
        now: The current time.
        keys: The keys of the hashes that are stored of erased addresses.
        profiles: The profile files.
        consent: How and when the reader agreed.
        cause: The command, and the line of a file, for the consent log.

    Raises:
        UsageError: The address is not valid, or a mailing list of the reader has the name.
        ProfileError: The profile is not valid.
    """
    email = checked_address(email)
    parsed = profile_loader.parse(with_email(profile.text, email), file=profile.name).profile
    with store.write() as tx:
        return add_checked(
            tx,
            email=email,
            profile=profile,
            parsed=parsed,
            now=now,
            keys=keys,
            profiles=profiles,
            consent=consent,
            cause=cause,
        )


def add_checked(
    tx: Connection,
    *,
    email: str,
    profile: ProfileSource,
    parsed: Profile,
    now: datetime,
    keys: Sequence[bytes],
    profiles: LoadedProfiles | None,
    consent: Consent | None,
    cause: str,
    origin: SubscriptionOrigin = SubscriptionOrigin.IMPORT,
    due_at: datetime | None = None,
) -> AddResult:
    """Does what `add` does, in a transaction, for a valid address and profile.

    Args:
        tx: A write transaction.
        email: The address.
        profile: The profile.
        parsed: What its text says.
        now: The current time.
        keys: The keys of the hashes that are stored of erased addresses.
        profiles: The profile files.
        consent: How and when the reader agreed.
        cause: The command, and the line of a file, for the consent log.
        origin: The origin of the subscription, unless it is that of the address's own file.
        due_at: When the first digest is due; None: now, in the slots of the profile.
    """
    leaving = leavings.find(tx, email, keys=keys)
    of_list = leavings.find_of_list(tx, email, profile.list_name)
    for left in (leaving, of_list):
        if left is not None and not (consent and consent.is_newer_than(left.at)):
            reason = leavings.explain(email, left, consent)
            return AddResult(outcome=AddOutcome.LEFT, reason=reason, leaving=left)
    live = subscriptions.live_subscriptions(tx, email=email)
    # A mailing list comes beside the digest of a reader's own file.
    file_name = own_file(email, live, profiles) if profile.list_name is None else None
    is_own = file_name is not None and is_own_file(profile, file_name, profiles)
    if file_name is not None and not is_own:
        return AddResult(outcome=AddOutcome.HAS_FILE, reason=_has_file(email, file_name))
    returned = leavings.bring_back(tx, email, leaving, consent, cause=cause, keys=keys, now=now)
    if returned:
        # At that time, not now: the consent may be for several lists.
        left_at = leaving.at if leaving is not None else now
        for item in live:
            _end(
                tx,
                item,
                now=left_at,
                detail=f"{item.name}: the reader had left",
                left=item.list_name not in (None, profile.list_name),
            )
        memberships.leave_ended(tx, email, at=left_at, but=profile.list_name)
        # A new consent revives none of the old subscriptions: the reader agreed to this one alone.
        live = []
    origin = SubscriptionOrigin.FILE if is_own else origin
    known = _same(live, profile, origin)
    if known is not None:
        _record_consent(tx, known, consent, cause=cause, now=now)
        return AddResult(outcome=_follow(tx, known, profile, parsed, now=now))
    subscriptions.start(
        tx,
        email=email,
        name=_free_name(live, profile, origin),
        origin=origin,
        profile_text=profile.text if is_own else for_any_reader(profile.text),
        profile=parsed,
        profile_file=None if is_own else profile.file,
        list_name=profile.list_name,
        # Somebody who comes back gets no paper that an earlier subscription may have shown.
        read_through=announcements.last_seq(tx)
        if leaving or of_list
        else announcements.start_seq(tx),
        now=now,
        detail=cause,
        # `bring_back` has written the consent to the log already.
        evidence=None if returned else consent,
        due_at=due_at,
    )
    return AddResult(outcome=AddOutcome.ADDED)


def pause(store: Store, *, email: str, now: datetime) -> None:
    """Pauses all mail to an address until `resume`.

    Raises:
        UsageError: There is no such subscriber, or it is unsubscribed or suppressed.
    """
    with store.write() as tx:
        _close(tx, email, AddressStatus.PAUSED, event="paused", now=now)


def resume(
    store: Store,
    *,
    email: str,
    now: datetime,
    suppressed: bool = False,
    consent: Consent | None = None,
    profiles: LoadedProfiles | None = None,
) -> None:
    """Resumes mail to a paused address, or to one that left; with the papers from now on.

    Args:
        store: The database.
        email: The address.
        now: The current time.
        suppressed: Also resume an address that was suppressed after a bounce, because the operator
            knows that the mailbox works.
        consent: How and when the reader agreed again; needed after an unsubscription and after a
            complaint.
        profiles: The profile files.

    Raises:
        UsageError: There is no such subscriber, it gets mail already, it left and gave no newer
            consent, or it has no subscription.
    """
    with store.write() as tx:
        address = subscriptions.find_address(tx, email)
        if address is None:
            raise UsageError(f"{email}: no such subscriber")
        if address.status not in {AddressStatus.PAUSED, *CLOSED}:
            raise UsageError(f"{email}: it is {address.status}, neither paused nor unsubscribed")
        if address.status in CLOSED:
            leaving = Leaving(status=address.status, at=address.changed_at)
            is_newer = consent is not None and consent.is_newer_than(leaving.at)
            # The operator may know that a mailbox works again. After a complaint, only the reader
            # decides.
            bounced = address.status is AddressStatus.SUPPRESSED and not _complained(tx, email)
            if not is_newer and not (suppressed and bounced):
                hint = ", or --suppressed if only the mailbox was out of order" if bounced else ""
                raise UsageError(leavings.explain(email, leaving, consent) + hint)
            live = subscriptions.live_subscriptions(tx, email=email)
            if not live and own_file(email, live, profiles) is None:
                raise UsageError(
                    f"{email}: its subscriptions have ended; subscribe it with `digest subscribers"
                    f' add {email} --profile FILE --consent "how and when"`'
                )
        subscriptions.set_status(
            tx,
            email,
            AddressStatus.ACTIVE,
            event="resumed",
            origin=OPERATOR,
            detail="was suppressed" if address.status is AddressStatus.SUPPRESSED else "",
            now=now,
            evidence=consent,
        )


def remove(store: Store, *, email: str, now: datetime) -> None:
    """Unsubscribes an address and ends its subscriptions; a profile file does not change that.

    Raises:
        UsageError: There is no such subscriber, or it is unsubscribed or suppressed already.
    """
    with store.write() as tx:
        for item in subscriptions.live_subscriptions(tx, email=email):
            _end(tx, item, now=now, left=item.list_name is not None)
        # The last entry of the consent log tells why the address gets no mail.
        _close(tx, email, AddressStatus.UNSUBSCRIBED, event="unsubscribed", now=now)


def _end(
    tx: Connection, item: Subscription, *, now: datetime, left: bool, detail: str = ""
) -> None:
    """Ends a subscription of a reader who left everything; `left`: its mailing list too."""
    cause = EndCause.READER if left else None
    subscriptions.end(tx, item.subscription_id, now=now, detail=detail, cause=cause)


def _close(tx: Connection, email: str, status: AddressStatus, *, event: str, now: datetime) -> None:
    address = subscriptions.find_address(tx, email)
    if address is None:
        raise UsageError(f"{email}: no such subscriber")
    if address.status in CLOSED:
        raise UsageError(f"{email}: it is {address.status} already")
    subscriptions.set_status(tx, email, status, event=event, origin=OPERATOR, detail="", now=now)


def _same(
    live: Sequence[Subscription], profile: ProfileSource, origin: SubscriptionOrigin
) -> Subscription | None:
    """Returns the subscription that an address has already; to a list it has one at most."""
    if profile.list_name is not None:
        return next((item for item in live if item.list_name == profile.list_name), None)
    own = [item for item in live if item.list_name is None]
    return next((item for item in own if (item.origin, item.name) == (origin, profile.name)), None)


def _free_name(
    live: Sequence[Subscription], profile: ProfileSource, origin: SubscriptionOrigin
) -> str:
    """Returns the name of a new subscription.

    Raises:
        UsageError: A mailing list of the reader has the name.
    """
    taken = {item.name for item in live if item.origin is origin}
    name = profile.name
    if profile.list_name is None and name in taken:
        raise UsageError(
            f"a mailing list of this reader is called {name!r} too; choose another name"
        )
    # A digest of the reader may have the title of the list.
    while profile.list_name is not None and name in taken:
        name += " (list)"
    return name


def _record_consent(
    tx: Connection, known: Subscription, consent: Consent | None, *, cause: str, now: datetime
) -> None:
    """Stores a consent of a reader who is subscribed already, unless it is stored."""
    address = subscriptions.find_address(tx, known.email)
    if consent is None or address is None:
        return
    stored = consent_store.entries(tx, address.address_id)
    # A list that is imported again brings the same consent again; one entry is enough.
    if all(entry.evidence != consent.text for entry in stored):
        consent_store.add(
            tx,
            address.address_id,
            at=now,
            event="consented",
            origin=OPERATOR,
            detail=cause,
            evidence=consent,
        )


def _follow(
    tx: Connection, known: Subscription, profile: ProfileSource, parsed: Profile, *, now: datetime
) -> AddOutcome:
    """Makes a subscription follow the file, if it followed another one or none."""
    if known.origin is SubscriptionOrigin.FILE or profile.file in (None, known.profile_file):
        return AddOutcome.KNOWN
    subscriptions.replace_profile(
        tx,
        known.subscription_id,
        name=known.name,
        origin=known.origin,
        profile_text=for_any_reader(profile.text),
        profile=parsed,
        profile_file=profile.file,
        now=now,
    )
    return AddOutcome.UPDATED


def _complained(tx: Connection, email: str) -> bool:
    log = subscriptions.consent_log(tx, email)
    causes = [entry.origin for entry in log if entry.event == "suppressed"]
    # Only the last suppression: an earlier complaint was answered by a new consent.
    return causes[-1:] == ["complaint"]


def _has_file(email: str, name: str) -> str:
    return (
        f"{email} has profiles/{name}.toml, and a second subscription would double its mail; edit"
        " that file, or delete it first"
    )


def checked_address(email: str) -> str:
    """Returns an address as it is stored; raises UsageError if it is none."""
    try:
        return check_address(email)
    except ValueError as error:
        raise UsageError(f"{email!r} is no e-mail address: {error}") from None
