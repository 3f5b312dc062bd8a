"""Whose turn it is: for which subscriptions a digest is to be made now, and why not for others."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from digest.config.profiles import loader as profile_loader
from digest.core.models.editions import Edition
from digest.core.models.profiles import Profile
from digest.core.models.subscribers import AddressStatus, Subscription
from digest.core.subscribers.due_times import DueDecision, DueState, decide
from digest.errors import ProfileError
from digest.store.database.store import Connection, Store
from digest.store.editions import ledger
from digest.store.subscribers import due as due_store
from digest.store.subscribers.due import DueSubscription

TOLD = 20  # of those that are not due: as many are told in the words of their own zone


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishResult:
    """What publish decided for one subscription."""

    email: str
    subscription: str
    local_date: date | None = None
    edition_id: int | None = None  # None: no edition was made
    considered: int = 0
    papers: int = 0  # in the edition, trending ones not counted
    reason: str = ""  # why there is no edition
    failed: bool = False  # the reason is one that somebody must mend
    next_due: datetime | None = None  # its next hour; None: as soon as it has something

    @property
    def problem(self) -> str:
        """What somebody must mend, on one line; empty if there is nothing."""
        return f"{self.email}: {self.reason}" if self.failed else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueProfile:
    """A subscription whose digest is to be made now, if there is anything for it."""

    standing: DueSubscription
    profile: Profile
    called: DueDecision
    at_once: bool

    @property
    def subscription(self) -> Subscription:
        """Whose turn it is."""
        return self.standing.subscription

    def wants_none(self, edition: Edition, now: datetime) -> bool:
        """Whether a digest without a match is to go out all the same."""
        if self.profile.when_empty != "send":
            return False
        return bool(edition.considered) or self.at_once or self.called.out_of_patience(now)


def evaluate(
    tx: Connection, item: DueSubscription, *, now: datetime, at_once: bool
) -> DueProfile | PublishResult:
    """Due, or why not; `at_once` waits for no hour, and never makes a day's second digest."""
    subscription = item.subscription
    try:
        profile = _profile(subscription)
    except ProfileError as error:
        return _none(subscription, reason=str(error), failed=True)
    called = decide(profile, item.known, now)
    if idle := _idle(subscription):
        return _none(subscription, reason=idle, local_date=called.date)
    if called.due or at_once:
        dated = ledger.has_edition(tx, subscription.subscription_id, called.date)
        if not (at_once and dated):  # else the ledger itself keeps the day, and settles it
            return DueProfile(standing=item, profile=profile, called=called, at_once=at_once)
    return _not_due(tx, subscription, called)


def _not_due(tx: Connection, subscription: Subscription, called: DueDecision) -> PublishResult:
    dated = ledger.has_edition(tx, subscription.subscription_id, called.date)
    reason = f"it already has its digest of {called.date}" if dated else called.reason
    return _none(subscription, reason=reason, local_date=called.date, next_due=called.next_due)


def explain_not_due(
    tx: Connection, asked: Sequence[DueSubscription], *, now: datetime
) -> list[PublishResult]:
    """Why the others get nothing now; the profiles of a few are read for it."""
    looked_at = {item.subscription.subscription_id for item in asked}
    others = [
        item
        for item in due_store.everyone(tx)
        if item.subscription.subscription_id not in looked_at
    ]
    told: list[PublishResult] = []
    for number, item in enumerate(others):
        subscription, next_due = item.subscription, item.known.next_due
        if idle := _idle(subscription):
            told.append(_none(subscription, reason=idle))
            continue
        if number < TOLD:
            with suppress(ProfileError):
                called = decide(_profile(subscription), item.known, now)
                if not called.due:
                    told.append(_not_due(tx, subscription, called))
                    continue
        if next_due > now:
            reason = f"not before {next_due:%Y-%m-%d %H:%M} UTC"
            told.append(_none(subscription, reason=reason, next_due=next_due))
        else:
            told.append(_none(subscription, reason="no new papers"))
    return told


def _profile(subscription: Subscription) -> Profile:
    return profile_loader.parse(
        subscription.profile_text, file=f"profile {subscription.name}"
    ).profile


def _idle(subscription: Subscription) -> str:
    """Why it gets nothing, whatever the hour; empty if it may."""
    if subscription.status is not AddressStatus.ACTIVE:
        return f"the address is {subscription.status}"
    return "paused" if subscription.paused else ""


def _none(
    subscription: Subscription,
    *,
    reason: str,
    local_date: date | None = None,
    next_due: datetime | None = None,
    failed: bool = False,
) -> PublishResult:
    return PublishResult(
        email=subscription.email,
        subscription=subscription.name,
        local_date=local_date,
        reason=reason,
        next_due=next_due,
        failed=failed,
    )


def update_next_due(
    store: Store, looked: Iterable[tuple[DueSubscription, DueProfile | PublishResult]]
) -> None:
    """Who was asked too early is not asked again before the time: an hour was changed."""
    moved = [
        (item, said.next_due)
        for item, said in looked
        if isinstance(said, PublishResult)
        and said.next_due is not None
        and said.next_due != item.known.next_due
    ]
    if not moved:
        return
    with store.write() as tx:
        for item, next_due in moved:
            then = DueState(next_due=next_due, used_at=item.known.used_at)
            due_store.settle(tx, item.subscription.subscription_id, known=item.known, then=then)
