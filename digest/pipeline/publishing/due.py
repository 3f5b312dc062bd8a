"""Finds due subscriptions, with a reason for each one that is not due."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime

from msgspec import Struct

from digest.core.models.profiles import Profile
from digest.core.models.subscribers import AddressStatus, Subscription
from digest.core.subscribers.due_times import DueDecision, DueState, decide, next_state
from digest.errors import ProfileError
from digest.pipeline.profiles import stored_profiles
from digest.pipeline.profiles.stored_profiles import StoredProfiles
from digest.store.database.store import Connection
from digest.store.editions import ledger
from digest.store.subscribers.due import DueSubscription, StateChange

# How many subscriptions that are not due get an exact reason, for which their profile is read.
# The others get a short one, so that a run with thousands of subscriptions stays fast.
MAX_EXPLAINED = 20


class PublishResult(Struct, frozen=True, kw_only=True):
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


class Schedule(Struct, frozen=True, kw_only=True):
    """The decision for a subscription, and its states afterwards."""

    decision: DueDecision
    if_made: DueState  # the state after an edition
    if_not_made: DueState  # the state without one


class Decisions:
    """Decides at one moment; subscriptions with the same times share a decision.

    Args:
        now: The moment.
    """

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._known: dict[tuple[object, ...], Schedule] = {}

    def of(self, profile: Profile, state: DueState) -> Schedule:
        """Returns the decision for a subscription.

        Args:
            profile: Its time zone, days, `send_at`, `patience` and `when_empty` are used.
            state: Its state.
        """
        key = (
            profile.timezone,
            profile.send_at,
            profile.days,
            profile.patience,
            profile.when_empty,
            state.next_due,
            state.used_at,
            state.waiting_until,
        )
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._schedule(profile, state)
        return found

    def _schedule(self, profile: Profile, state: DueState) -> Schedule:
        decision = decide(profile, state, self.now)
        made, not_made = (
            next_state(profile, decision, state, made=made, now=self.now) for made in (True, False)
        )
        # With `only`, a subscription may be evaluated before it is due. If that makes no edition, the
        # due state must not change.
        return Schedule(
            decision=decision, if_made=made, if_not_made=not_made if decision.due else state
        )


class DueProfile(Struct, frozen=True, kw_only=True):
    """A subscription that is due, with its profile."""

    due_subscription: DueSubscription
    profile: Profile
    decision: DueDecision
    at_once: bool

    @property
    def subscription(self) -> Subscription:
        """The subscription."""
        return self.due_subscription.subscription

    def sends_without_match(self, considered: int, now: datetime) -> bool:
        """Returns whether an edition without a matching paper is sent all the same.

        Args:
            considered: The number of papers that were ranked.
            now: The current time.
        """
        if self.profile.when_empty != "send":
            return False
        return bool(considered) or self.at_once or self.decision.deadline_passed(now)


def evaluate(
    tx: Connection,
    item: DueSubscription,
    profiles: StoredProfiles,
    decisions: Decisions,
    *,
    at_once: bool,
) -> DueProfile | PublishResult:
    """Decides whether a subscription is due now.

    Args:
        tx: The transaction.
        item: The subscription and its due state.
        profiles: The profiles of this subscription and others.
        decisions: For the current time.
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
    decision = decisions.of(profile, item.state).decision
    if reason := _inactive_reason(subscription):
        return _no_edition(subscription, reason=reason, local_date=decision.date)
    # Without `at_once`, `publish` itself handles a day that already has an edition: it also stores the
    # next due time.
    if decision.due or (
        at_once and not ledger.has_edition(tx, subscription.subscription_id, decision.date)
    ):
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
    tx: Connection, others: Sequence[DueSubscription], *, now: datetime
) -> list[PublishResult]:
    """Returns a result with the reason for each subscription that is not due.

    Args:
        tx: The transaction.
        others: The subscriptions.
        now: The current time.
    """
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


def next_due_changes(
    looked: Iterable[tuple[DueSubscription, DueProfile | PublishResult]],
) -> dict[StateChange, list[int]]:
    """Returns the next due times to store of subscriptions that were not due yet.

    There are some when a profile got a later time of day. Without it, the subscription would be
    evaluated again and again until that time.
    """
    changes: dict[StateChange, list[int]] = {}
    for item, result in looked:
        if not isinstance(result, PublishResult) or result.next_due is None:
            continue
        if result.next_due == item.state.next_due:
            continue
        then = DueState(next_due=result.next_due, used_at=item.state.used_at)
        numbers = changes.setdefault(StateChange(known=item.state, then=then), [])
        numbers.append(item.subscription.subscription_id)
    return changes
