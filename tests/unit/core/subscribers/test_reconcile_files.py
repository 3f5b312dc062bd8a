from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.models.subscribers import AddressStatus
from digest.core.profiles.compiled import content_hash, shared_text
from digest.core.subscribers.reconcile import (
    CLOSED,
    CurrentSubscriptions,
    FileSubscription,
    ProfileSubscription,
    SubscriptionChanges,
    SubscriptionUpdate,
    address_key,
    normalize_address,
    reconcile,
)

GONE = {"ada@example.org": AddressStatus.UNSUBSCRIBED}


def file(name: str = "ada", email: str = "ada@example.org", text: str = "a") -> ProfileSubscription:
    return ProfileSubscription(name=name, email=email, profile_text=text)


def text_hash(text: str, email: str) -> str:
    return content_hash(shared_text(text, email))


def stored(
    number: int = 1, *, live: bool = True, of: ProfileSubscription | None = None
) -> FileSubscription:
    of = of or file()
    return FileSubscription(
        subscription_id=number,
        name=of.name,
        email=of.email,
        profile_hash=text_hash(of.profile_text, of.email),
        live=live,
    )


def changes(
    desired: Sequence[ProfileSubscription],
    *subscriptions: FileSubscription,
    broken: Sequence[str] = (),
    closed: dict[str, AddressStatus] | None = None,
) -> SubscriptionChanges:
    return reconcile(
        desired,
        CurrentSubscriptions(subscriptions=subscriptions, closed=closed or {}),
        broken=broken,
    )


def test_a_new_file_starts_a_subscription() -> None:
    assert changes([file()]) == SubscriptionChanges(start=(file(),))


def test_an_unchanged_file_changes_nothing() -> None:
    assert changes([file()], stored()) == SubscriptionChanges()


def test_a_changed_profile_is_an_update() -> None:
    update = SubscriptionUpdate(subscription_id=1, profile_text="b")
    assert changes([file(text="b")], stored()) == SubscriptionChanges(update=(update,))


def test_a_deleted_file_ends_its_subscription() -> None:
    assert changes([], stored()) == SubscriptionChanges(end=(1,))


def test_a_file_that_returns_resumes_its_last_subscription_with_the_text_it_has_now() -> None:
    back = SubscriptionUpdate(subscription_id=2, profile_text="b")
    former = (stored(2, live=False), stored(1, live=False))
    assert changes([file(text="b")], *former) == SubscriptionChanges(resume=(back,))


def test_another_address_in_a_file_is_a_new_consent() -> None:
    moved = file(email="ada@example.net")
    assert changes([moved], stored()) == SubscriptionChanges(start=(moved,), end=(1,))


def test_another_spelling_of_the_address_is_the_same_address() -> None:
    assert changes([file(email=" ADA@Example.org ")], stored()) == SubscriptionChanges()


def test_a_renamed_file_continues_its_subscription() -> None:
    renamed = file(name="lovelace", text="b")
    update = SubscriptionUpdate(subscription_id=1, profile_text="b", name="lovelace")
    assert changes([renamed], stored()) == SubscriptionChanges(update=(update,))


def test_several_new_or_removed_files_of_one_address_are_not_taken_as_renamed() -> None:
    one, two = file(name="one"), file(name="two")
    assert changes([one, two], stored()) == SubscriptionChanges(start=(one, two), end=(1,))
    assert changes([one], stored(), stored(2, of=two)) == SubscriptionChanges(
        start=(one,), end=(1, 2)
    )


def test_a_broken_file_keeps_its_subscription() -> None:
    assert changes([], stored(), broken=["ada"]) == SubscriptionChanges()


@pytest.mark.parametrize("status", CLOSED)
@pytest.mark.parametrize("former", [(), (stored(live=False),), (stored(),)])
def test_a_file_for_a_reader_who_unsubscribed_only_causes_a_warning(
    status: AddressStatus, former: tuple[FileSubscription, ...]
) -> None:
    changes_made = changes([file(text="b")], *former, closed={"ada@example.org": status})
    assert changes_made.changes == 0
    (warning,) = changes_made.warnings
    assert warning.startswith(f"profiles/ada.toml: ada@example.org {CLOSED[status]}")
    says = {
        AddressStatus.UNSUBSCRIBED: "`digest subscribers resume ada@example.org --consent",
        AddressStatus.SUPPRESSED: "another address",
        AddressStatus.ERASED: "or if the reader agreed again since, `digest subscribers add ada@",
    }
    assert [word in warning for word in says.values()] == [key is status for key in says]
    assert "\n" not in warning


def test_a_file_changed_to_an_unsubscribed_address_still_ends_the_old_subscription() -> None:
    before = stored(of=file(email="old@example.org"))
    changes_made = changes([file()], before, closed=GONE)
    assert (changes_made.start, changes_made.resume, changes_made.end) == ((), (), (1,))
    assert len(changes_made.warnings) == 1


def test_only_the_local_part_of_an_address_keeps_its_case() -> None:
    assert normalize_address(" Ada.L@Example.ORG\n") == "Ada.L@example.org"
    assert address_key(" Ada.L@Example.ORG\n") == "ada.l@example.org"


names = st.sampled_from(["ada", "bob", "cyd", "dan"])
emails = st.sampled_from(["a@x.org", "A@X.org", "b@x.org", "c@x.org"])
files = st.lists(
    st.builds(file, name=names, email=emails, text=st.sampled_from("xyz")),
    unique_by=lambda item: item.name,
)
closed_addresses = st.dictionaries(
    st.sampled_from(["a@x.org", "b@x.org"]), st.sampled_from(list(CLOSED))
)


def applied(
    standing: CurrentSubscriptions, changes_made: SubscriptionChanges
) -> CurrentSubscriptions:
    """What the store has after the changes."""
    names = {item.subscription_id: item.name for item in changes_made.update}
    texts = {
        item.subscription_id: item.profile_text
        for item in (*changes_made.update, *changes_made.resume)
    }
    resumed = {item.subscription_id for item in changes_made.resume}
    kept = [
        FileSubscription(
            subscription_id=item.subscription_id,
            name=names.get(item.subscription_id) or item.name,
            email=item.email,
            profile_hash=text_hash(texts[item.subscription_id], item.email)
            if item.subscription_id in texts
            else item.profile_hash,
            live=(item.live or item.subscription_id in resumed)
            and item.subscription_id not in changes_made.end,
        )
        for item in standing.subscriptions
    ]
    fresh = max((item.subscription_id for item in kept), default=0) + 1
    started = [stored(fresh + place, of=item) for place, item in enumerate(changes_made.start)]
    return CurrentSubscriptions(subscriptions=(*kept, *started), closed=standing.closed)


@given(st.lists(files, max_size=4), files, closed_addresses, st.sets(names))
def test_reconciling_twice_changes_nothing_more(
    history: list[list[ProfileSubscription]],
    desired: list[ProfileSubscription],
    closed: dict[str, AddressStatus],
    broken: set[str],
) -> None:
    standing = CurrentSubscriptions()
    for earlier in history:
        standing = applied(standing, reconcile(earlier, standing, broken=()))
    standing = CurrentSubscriptions(subscriptions=standing.subscriptions, closed=closed)
    first = reconcile(desired, standing, broken=broken)
    after = applied(standing, first)
    second = reconcile(desired, after, broken=broken)
    assert second.changes == 0
    assert second.warnings == first.warnings
    live = {(item.name, address_key(item.email)) for item in after.subscriptions if item.live}
    for item in desired:
        if item.name not in broken and address_key(item.email) not in closed:
            assert (item.name, address_key(item.email)) in live
    for name, _ in live:
        assert name in broken or name in {item.name for item in desired}


@given(files, files, closed_addresses)
def test_no_unsubscribed_reader_is_started_or_resumed(
    earlier: list[ProfileSubscription],
    desired: list[ProfileSubscription],
    closed: dict[str, AddressStatus],
) -> None:
    standing = applied(
        CurrentSubscriptions(), reconcile(earlier, CurrentSubscriptions(), broken=())
    )
    standing = applied(standing, reconcile([], standing, broken=()))
    standing = CurrentSubscriptions(subscriptions=standing.subscriptions, closed=closed)
    after = applied(standing, reconcile(desired, standing, broken=()))
    assert not {address_key(item.email) for item in after.subscriptions if item.live} & set(closed)


def test_a_file_does_not_count_for_a_digest_that_its_reader_has_taken_over() -> None:
    other = file("bees")
    standing = CurrentSubscriptions(
        subscriptions=(stored(2, of=other),),
        imported={"ada@example.org": "ada"},
        on_site={("ada", "ada@example.org"): True},
    )
    assert reconcile([file(text="new"), other], standing, broken=()) == SubscriptionChanges()


def test_a_file_does_not_start_a_digest_that_its_reader_has_ended_on_the_site() -> None:
    standing = CurrentSubscriptions(on_site={("ada", "ada@example.org"): False})
    found = reconcile([file()], standing, broken=())
    assert found.changes == 0
    assert "has ended this digest on the site" in found.warnings[0]
