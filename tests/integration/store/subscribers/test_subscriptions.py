from collections.abc import Callable
from datetime import timedelta

import pytest
from support.builders import NOW

from digest.core.models.batches import BatchReport
from digest.core.models.subscribers import AddressStatus, Subscription, SubscriptionOrigin
from digest.core.subscribers.due_times import DueState
from digest.core.subscribers.reconcile import ProfileSubscription, SubscriptionChanges, reconcile
from digest.errors import StoreError
from digest.store.database.store import Store
from digest.store.subscribers import due as due_store
from digest.store.subscribers import profile_files, profiles, subscriptions

Collect = Callable[..., BatchReport]
Subscribe = Callable[..., int]

ADA = "ada@example.org"


def live(store: Store) -> list[Subscription]:
    with store.read() as tx:
        return subscriptions.live_subscriptions(tx)


def text_of(store: Store, item: Subscription) -> str:
    with store.read() as tx:
        return profiles.text_of(tx, item)


def set_status(store: Store, status: AddressStatus, email: str = ADA) -> bool:
    with store.write() as tx:
        return subscriptions.set_status(
            tx, email, status, event=status, origin="test", detail="as asked", now=NOW
        )


def events(store: Store, email: str = ADA) -> list[tuple[str, str]]:
    with store.read() as tx:
        return [(entry.event, entry.origin) for entry in subscriptions.consent_log(tx, email)]


def enrol(store: Store, *files: tuple[str, str, str]) -> SubscriptionChanges:
    desired = [
        ProfileSubscription(name=name, email=email, profile_text=text)
        for name, email, text in files
    ]
    with store.write() as tx:
        changes = reconcile(
            desired,
            profile_files.current_subscriptions(tx, [email for _, email, _ in files]),
            broken=(),
        )
        profile_files.apply_changes(tx, changes, NOW)
    return changes


def test_a_subscription_starts_active_with_a_consent_entry(
    store: Store, collect: Collect, subscribe: Subscribe
) -> None:
    collect("History", at=NOW - timedelta(days=3))
    collect("News")
    number = subscribe("Ada@Example.ORG ", "daily")
    assert live(store) == [
        Subscription(
            subscription_id=number,
            email="Ada@example.org",
            name="daily",
            origin=SubscriptionOrigin.IMPORT,
            profile_id=1,
            status=AddressStatus.ACTIVE,
            paused=False,
            read_through=1,
        )
    ]
    with store.read() as tx:
        (entry,) = subscriptions.consent_log(tx, ADA)
    assert (entry.at, entry.event, entry.origin) == (NOW, "subscribed", "import")
    assert entry.detail == "digest subscribers add"


def test_one_address_has_several_subscriptions_whatever_its_case(
    store: Store, subscribe: Subscribe
) -> None:
    subscribe("ada@example.org", "daily")
    subscribe("ADA@example.org", "weekly")
    subscribe("bob@example.org", "daily")
    with store.read() as tx:
        found = subscriptions.live_subscriptions(tx, email="Ada@Example.Org")
        assert [(item.email, item.name) for item in found] == [(ADA, "daily"), (ADA, "weekly")]
        assert subscriptions.live_subscriptions(tx, origin=SubscriptionOrigin.FILE) == []
        address = subscriptions.find_address(tx, "ADA@EXAMPLE.ORG")
    assert address is not None
    assert (address.email, address.created_at, address.changed_at) == (ADA, NOW, NOW)


def test_a_live_name_is_taken_and_an_ended_one_is_free(store: Store, subscribe: Subscribe) -> None:
    number = subscribe(ADA, "daily")
    with pytest.raises(StoreError, match="has a subscription 'daily' already"):
        subscribe(ADA, "daily")
    with store.write() as tx:
        subscriptions.end(tx, number, now=NOW)
        subscriptions.end(tx, number, now=NOW)
    assert live(store) == []
    assert subscribe(ADA, "daily") != number
    assert [event for event, _ in events(store)] == ["subscribed", "ended", "subscribed"]


def test_a_reader_who_left_is_not_started_again(store: Store, subscribe: Subscribe) -> None:
    subscribe()
    set_status(store, AddressStatus.UNSUBSCRIBED)
    with pytest.raises(StoreError, match="has unsubscribed: if the reader agreed again since"):
        subscribe(ADA, "weekly")


def test_a_status_is_changed_with_its_reason(store: Store, subscribe: Subscribe) -> None:
    subscribe()
    assert set_status(store, AddressStatus.UNSUBSCRIBED, "ADA@example.org")
    assert not set_status(store, AddressStatus.UNSUBSCRIBED, "nobody@example.org")
    assert [item.status for item in live(store)] == [AddressStatus.UNSUBSCRIBED]
    assert events(store) == [("subscribed", "import"), ("unsubscribed", "test")]


@pytest.mark.parametrize("left", [AddressStatus.PAUSED, AddressStatus.UNSUBSCRIBED])
def test_a_returning_reader_skips_missed_announcements(
    store: Store, collect: Collect, subscribe: Subscribe, left: AddressStatus
) -> None:
    subscribe()
    set_status(store, left)
    collect("Missed")
    set_status(store, AddressStatus.ACTIVE)
    assert [item.read_through for item in live(store)] == [1]


def test_a_confirmed_reader_starts_where_they_signed_up(
    store: Store, collect: Collect, subscribe: Subscribe
) -> None:
    subscribe()
    set_status(store, AddressStatus.PENDING)
    collect("Waiting")
    set_status(store, AddressStatus.ACTIVE)
    assert [item.read_through for item in live(store)] == [0]


def test_one_subscription_or_all_of_an_address_are_paused_and_resumed_at_the_head(
    store: Store, collect: Collect, subscribe: Subscribe
) -> None:
    daily, weekly = subscribe(ADA, "daily"), subscribe(ADA, "weekly")
    other = subscribe("bob@example.org")
    with store.write() as tx:
        assert subscriptions.set_paused(tx, paused=True, subscription_id=daily) == 1
        assert subscriptions.set_paused(tx, paused=True, email="ADA@example.org") == 1
    assert {item.subscription_id for item in live(store) if item.paused} == {daily, weekly}
    collect("Missed")
    with store.write() as tx:
        assert subscriptions.set_paused(tx, paused=False, email=ADA) == 2
        assert subscriptions.set_paused(tx, paused=False, subscription_id=other) == 0
    assert {item.subscription_id: item.read_through for item in live(store)} == {
        daily: 1,
        weekly: 1,
        other: 0,
    }


def test_reading_on_and_a_new_profile_change_nothing_else(
    store: Store, subscribe: Subscribe
) -> None:
    number, other = subscribe(), subscribe("bob@example.org")
    with store.write() as tx:
        known = DueState(next_due=NOW)
        change = due_store.StateChange(known=known, then=known, read_through=7)
        due_store.save_states(tx, {change: [number]})
        subscriptions.update_profile(tx, number, "# changed", now=NOW)
    first, second = live(store)
    assert (first.read_through, text_of(store, first)) == (7, "# changed")
    assert (second.subscription_id, second.read_through, text_of(store, second)) == (
        other,
        0,
        "# authored",
    )


def test_profile_files_start_change_end_and_resume_their_subscriptions(
    store: Store, collect: Collect
) -> None:
    collect("History", at=NOW - timedelta(days=3))
    collect("News")
    assert len(enrol(store, ("ada", ADA, "one")).start) == 1
    assert enrol(store, ("ada", ADA, "one")).changes == 0
    assert len(enrol(store, ("ada", ADA, "two")).update) == 1
    (begun,) = live(store)
    assert (text_of(store, begun), begun.read_through, begun.origin) == (
        "two",
        1,
        SubscriptionOrigin.FILE,
    )
    assert len(enrol(store).end) == 1
    assert live(store) == []
    collect("Missed")
    assert len(enrol(store, ("ada", ADA, "three")).resume) == 1
    (back,) = live(store)
    assert (back.subscription_id, text_of(store, back)) == (begun.subscription_id, "three")
    assert back.read_through == 3
    moved = enrol(store, ("ada", "lovelace@example.org", "three"))
    assert (len(moved.start), len(moved.end)) == (1, 1)
    assert [item.email for item in live(store)] == ["lovelace@example.org"]
    assert events(store) == [
        ("subscribed", "file"),
        ("ended", "file"),
        ("subscribed", "file"),
        ("ended", "file"),
    ]


def test_an_unsubscribe_beats_the_file_even_if_it_came_by_another_way(
    store: Store, subscribe: Subscribe
) -> None:
    subscribe(ADA, "from the web")
    set_status(store, AddressStatus.UNSUBSCRIBED)
    changes = enrol(store, ("ada", "Ada@example.org", "one"))
    assert changes.changes == 0
    assert "has unsubscribed" in changes.warnings[0]
    assert [item.name for item in live(store)] == ["from the web"]


def test_a_file_for_an_imported_reader_changes_nothing_and_doubles_no_mail(
    store: Store, subscribe: Subscribe
) -> None:
    subscribe(ADA, "ada")
    assert enrol(store).changes == 0
    changes = enrol(store, ("ada", "Ada@example.org", "one"))
    assert changes.changes == 0
    (warning,) = changes.warnings
    assert "digest subscribers set-profile Ada@example.org profiles/ada.toml" in warning
    assert [item.origin for item in live(store)] == [SubscriptionOrigin.IMPORT]


def test_a_reader_with_a_file_and_an_import_from_before_is_reported_at_each_run(
    store: Store, subscribe: Subscribe
) -> None:
    assert len(enrol(store, ("ada", ADA, "one")).start) == 1
    subscribe(ADA, "imported")
    for text in ("two", "two"):
        (warning,) = enrol(store, ("ada", ADA, text)).warnings
        assert "gets two digests" in warning
    assert [text_of(store, item) for item in live(store)] == ["two", "# authored"]
