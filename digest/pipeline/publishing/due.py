"""Finds due subscriptions, with a reason for each one that is not due."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from digest.core.models.editions import Edition
from digest.core.models.profiles import Profile
from digest.core.models.subscribers import AddressStatus, Subscription
from digest.core.subscribers.due_times import DueDecision, DueState, decide
from digest.errors import ProfileError
from digest.pipeline.profiles import stored_profiles
from digest.pipeline.profiles.stored_profiles import StoredProfiles
from digest.store.database.store import Connection, Store
from digest.store.editions import ledger
from digest.store.subscribers import due as due_store
from digest.store.subscribers.due import DueSubscription

# How many subscriptions that are not due get an exact reason, for which their profile is read.
# The others get a short one, so that a run with thousands of subscriptions stays fast.
MAX_EXPLAINED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishResult:
    """The result of "publish" for one subscription."""

    email: str
    subscription: str
    local_date: date | None = None
    edition_id: int | None = None  # None: no edition was made
    considered: int = 0  # number of announced papers that were ranked
    papers: int = 0  # number of papers in the edition, without the trending ones
    reason: str = ""  # why there is no edition
    failed: bool = False  # the reason is an error that the operator must correct
    next_due: datetime | None = None  # when it is due next; None: as soon as it has papers

    @property
    def problem(self) -> str:
        """The error that the operator must correct, on one line; empty if there is none."""
        return f"{self.email}: {self.reason}" if self.failed else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueProfile:
    """A subscription that is due, with its profile."""

    due_subscription: DueSubscription
    profile: Profile
    decision: DueDecision
    at_once: bool

    @property
    def subscription(self) -> Subscription:
        """The subscription."""
        return self.due_subscription.subscription

    def sends_without_match(self, edition: Edition, now: datetime) -> bool:
        """Returns whether an edition without a matching paper is sent all the same."""
        if self.profile.when_empty != "send":
            return False
        return bool(edition.considered) or self.at_once or self.decision.deadline_passed(now)


def evaluate(
    tx: Connection,
    item: DueSubscription,
    profiles: StoredProfiles,
    *,
    now: datetime,
    at_once: bool,
) -> DueProfile | PublishResult:
    """Decides whether a subscription is due now.

    Args:
        tx: The transaction.
        item: The subscription and its due state.
        profiles: The profiles of this subscription and others.
        now: The current time.
        at_once: Do not wait for the time of day. There is still at most one digest for a day.

    Returns:
        The due subscription with its profile, or the result with the reason why it is not due.
    """
    subscription = item.subscription
    # The stored profile was valid, but a new version of the program may reject it.
    try:
        profile = profiles.of(subscription, file=f"profile {subscription.name}")
    except ProfileError as error:
        return _no_edition(subscription, reason=str(error), failed=True)
    decision = decide(profile, item.state, now)
    if reason := _inactive_reason(subscription):
        return _no_edition(subscription, reason=reason, local_date=decision.date)
    if decision.due or at_once:
        has_edition = ledger.has_edition(tx, subscription.subscription_id, decision.date)
        # Without `at_once`, `publish` itself handles a day that already has an edition: it also
        # stores the next due time.
        if not (at_once and has_edition):
            return DueProfile(
                due_subscription=item, profile=profile, decision=decision, at_once=at_once
            )
    return _not_due(tx, subscription, decision)


def _not_due(tx: Connection, subscription: Subscription, decision: DueDecision) -> PublishResult:
    # After a move to another time zone, the used day may be later than the date of today.
    day = decision.used_day or decision.date
    if ledger.has_edition(tx, subscription.subscription_id, day):
        reason = f"it already has its digest of {day}"
    elif decision.used_day is not None:
        reason = f"no paper for its digest of {day} had come in time"
    else:
        reason = decision.reason
    return _no_edition(
        subscription, reason=reason, local_date=decision.date, next_due=decision.next_due
    )


def explain_not_due(
    tx: Connection, asked: Sequence[DueSubscription], *, now: datetime
) -> list[PublishResult]:
    """Returns a result with the reason for each subscription that is not due.

    Args:
        tx: The transaction.
        asked: The subscriptions that were evaluated already; they are left out.
        now: The current time.
    """
    evaluated = {item.subscription.subscription_id for item in asked}
    others = [
        item
        for item in due_store.all_live(tx)
        if item.subscription.subscription_id not in evaluated
    ]
    explained = {item.subscription.profile_id for item in others[:MAX_EXPLAINED]}
    profiles = stored_profiles.read(tx, explained)
    results: list[PublishResult] = []
    for number, item in enumerate(others):
        subscription, next_due = item.subscription, item.state.next_due
        if inactive := _inactive_reason(subscription):
            results.append(_no_edition(subscription, reason=inactive))
            continue
        if number < MAX_EXPLAINED:
            with suppress(ProfileError):
                profile = profiles.of(subscription, file=subscription.name)
                decision = decide(profile, item.state, now)
                if not decision.due:
                    results.append(_not_due(tx, subscription, decision))
                    continue
        if next_due > now:
            reason = f"not before {next_due:%Y-%m-%d %H:%M} UTC"
            results.append(_no_edition(subscription, reason=reason, next_due=next_due))
        else:
            results.append(_no_edition(subscription, reason="no new papers"))
    return results


def _inactive_reason(subscription: Subscription) -> str:
    """Returns why the subscription gets no mail at any time; empty if it is active."""
    if subscription.status is not AddressStatus.ACTIVE:
        return f"the address is {subscription.status}"
    return "paused" if subscription.paused else ""


def _no_edition(
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
    """Stores the next due time of subscriptions that were not due yet.

    This happens when a profile got a later time of day. Without it, the subscription would be
    evaluated again and again until that time.
    """
    changed = [
        (item, result.next_due)
        for item, result in looked
        if isinstance(result, PublishResult)
        and result.next_due is not None
        and result.next_due != item.state.next_due
    ]
    if not changed:
        return
    with store.write() as tx:
        for item, next_due in changed:
            state = DueState(next_due=next_due, used_at=item.state.used_at)
            due_store.save_state(
                tx, item.subscription.subscription_id, known=item.state, then=state
            )
