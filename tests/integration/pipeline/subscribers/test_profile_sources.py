"""Added and imported readers follow the file of their profile; no reader is doubled by a file."""

from datetime import timedelta
from pathlib import Path

import pytest
from support.builders import NOW
from support.subscribers import start_subscription

from digest.config.profiles.loader import LoadedProfiles, load_all
from digest.core.models.subscribers import Subscription, SubscriptionOrigin
from digest.core.subscribers.reconcile import SubscriptionChanges
from digest.errors import UsageError
from digest.pipeline.profiles import set_profiles
from digest.pipeline.profiles.profile_sources import ProfileSource, read_source
from digest.pipeline.subscribers import administration
from digest.pipeline.subscribers.administration import AddOutcome, AddResult
from digest.pipeline.subscribers.csv_import import ImportResult, import_csv
from digest.pipeline.subscribers.sync_profiles import sync_profiles
from digest.store.database.store import Store
from digest.store.subscribers import profiles as profile_store
from digest.store.subscribers import subscriptions

ADA = "ada@example.org"
TOPIC = '[[topics]]\nname = "T"\nkeywords = ["storks"]\n'
CROWS = TOPIC.replace("storks", "crows")
LATER = NOW + timedelta(days=1)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    for folder in (home / "profiles", home / "groups"):
        folder.mkdir(parents=True)
    (home / "groups" / "lab.toml").write_text(TOPIC)
    return home


def profiles(home: Path) -> LoadedProfiles:
    return load_all(home / "profiles")


def add(store: Store, home: Path, file: str = "groups/lab.toml", *, email: str = ADA) -> AddResult:
    return administration.add(
        store,
        email=email,
        profile=read_source(home / file, home=home),
        now=NOW,
        profiles=profiles(home),
    )


def imported(store: Store, home: Path, rows: str) -> ImportResult:
    return import_csv(
        store,
        rows.encode(),
        file=home / "list.csv",
        profile=None,
        now=NOW,
        home=home,
        profiles=profiles(home),
    )


def synced(store: Store, home: Path) -> SubscriptionChanges:
    return sync_profiles(store, profiles(home), now=LATER, keys=())


def live(store: Store) -> list[Subscription]:
    with store.read() as tx:
        return subscriptions.live_subscriptions(tx)


def has(store: Store, item: Subscription, word: str) -> bool:
    with store.read() as tx:
        return word in profile_store.text_of(tx, item)


def test_imported_readers_follow_the_file_that_the_list_names(store: Store, home: Path) -> None:
    group = home / "groups" / "lab.toml"
    rows = "email,profile\nada@example.org,groups/lab.toml\nmünchen@x.org,\nbo@dömain.org,groups/lab.toml\n"
    assert imported(store, home, rows).added == [ADA, "bo@dömain.org"]
    assert {item.profile_file for item in live(store)} == {"groups/lab.toml"}
    assert synced(store, home).changes == 0
    group.write_text(CROWS)
    changes = synced(store, home)
    assert (len(changes.updated), changes.warnings) == (2, ())
    assert all(has(store, item, "crows") for item in live(store))
    group.write_text(f'email = "lab@example.org"\n{TOPIC}')
    assert len(synced(store, home).updated) == 2
    assert all(has(store, item, "storks") for item in live(store))
    assert synced(store, home).changes == 0


def test_a_file_outside_of_the_home_is_followed_too(store: Store, home: Path) -> None:
    outside = home.parent / "outside.toml"
    outside.write_text(TOPIC)
    add(store, home, "../outside.toml")
    assert [item.profile_file for item in live(store)] == [str(outside.resolve())]
    outside.write_text(CROWS)
    assert len(synced(store, home).updated) == 1


@pytest.mark.parametrize("harm", ["deleted", "broken"])
def test_readers_of_a_file_that_cannot_be_used_keep_their_profile_and_it_is_said(
    store: Store, home: Path, harm: str
) -> None:
    add(store, home)
    add(store, home, email="bo@example.org")
    group = home / "groups" / "lab.toml"
    if harm == "deleted":
        group.unlink()
    else:
        group.write_text(CROWS.replace("keywords", "keyword"))
    for _ in range(2):
        changes = synced(store, home)
        (warning,) = changes.warnings
        assert warning.startswith("groups/lab.toml: ")
        assert "2 readers keep the profile from before" in warning
        assert changes.changes == 0
    assert all(has(store, item, "storks") for item in live(store))


def test_an_ended_subscription_follows_no_file(store: Store, home: Path) -> None:
    add(store, home)
    administration.remove(store, email=ADA, now=NOW)
    add(store, home, email="bo@example.org")
    (home / "groups" / "lab.toml").write_text(CROWS)
    assert len(synced(store, home).updated) == 1
    administration.remove(store, email="bo@example.org", now=NOW)
    (home / "groups" / "lab.toml").unlink()
    assert synced(store, home).warnings == ()


def test_a_subscription_that_was_only_copied_follows_the_file_after_another_import(
    store: Store, home: Path
) -> None:
    copied = ProfileSource(name="lab", text=CROWS)
    administration.add(store, email=ADA, profile=copied, now=NOW)
    assert [item.profile_file for item in live(store)] == [None]
    rows = f"email,profile\n{ADA},groups/lab.toml\n"
    assert imported(store, home, rows).updated == [ADA]
    (item,) = live(store)
    assert (item.profile_file, has(store, item, "storks")) == ("groups/lab.toml", True)
    assert imported(store, home, rows).existing == [ADA]


def test_an_import_of_a_reader_with_a_profile_file_says_so_and_adds_nothing(
    store: Store, home: Path
) -> None:
    own = home / "profiles" / "ada.toml"
    own.write_text(f'email = "{ADA}"\n{TOPIC}')
    rows = "email,profile\nAda@example.org,groups/lab.toml\n"
    for _ in range(2):  # before and after the first run
        done = imported(store, home, rows)
        assert [(row.line, row.email) for row in done.with_file] == [(2, "Ada@example.org")]
        assert "profiles/ada.toml" in done.with_file[0].result.reason
        assert add(store, home).outcome is AddOutcome.HAS_FILE
        synced(store, home)
    assert [item.origin for item in live(store)] == [SubscriptionOrigin.FILE]
    own.write_text("broken")
    assert len(imported(store, home, rows).with_file) == 1
    own.unlink()
    assert imported(store, home, rows).added == ["Ada@example.org"]


def test_the_own_file_of_a_reader_may_be_named(store: Store, home: Path) -> None:
    (home / "profiles" / "ada.toml").write_text(f'email = "{ADA}"\n{TOPIC}')
    rows = f"email,profile\n{ADA},profiles/ada.toml\n"
    assert imported(store, home, rows).added == [ADA]
    assert imported(store, home, rows).existing == [ADA]
    assert synced(store, home).changes == 0
    assert [(item.name, item.origin) for item in live(store)] == [("ada", "file")]


def test_a_profile_file_for_an_imported_reader_takes_over_by_set_profile_only(
    store: Store, home: Path
) -> None:
    add(store, home)
    own = home / "profiles" / "ada.toml"
    own.write_text(f'email = "{ADA}"\n{CROWS}')
    (warning,) = synced(store, home).warnings
    assert "set-profile" in warning
    assert [item.origin for item in live(store)] == [SubscriptionOrigin.IMPORT]
    set_profile(store, home, "profiles/ada.toml")
    changes = synced(store, home)
    assert (changes.changes, changes.warnings) == (0, ())
    (item,) = live(store)
    assert (item.origin, item.name, item.profile_file) == ("file", "ada", None)
    assert has(store, item, "crows")


def set_profile(store: Store, home: Path, file: str, *, name: str | None = None) -> None:
    set_profiles.set_profile(
        store,
        email=ADA,
        profile=read_source(home / file, home=home),
        name=name,
        profiles=profiles(home),
        now=LATER,
    )


def test_set_profile_ends_the_imported_one_of_two_that_double_the_mail(
    store: Store, home: Path
) -> None:
    add(store, home)
    own = home / "profiles" / "ada.toml"
    own.write_text(f'email = "{ADA}"\n{CROWS}')
    with store.write() as tx:
        start_subscription(
            tx, ADA, name="ada", origin=SubscriptionOrigin.FILE, profile_text=own.read_text()
        )
    assert "two digests" in synced(store, home).warnings[0]
    set_profile(store, home, "profiles/ada.toml")
    assert [item.origin for item in live(store)] == [SubscriptionOrigin.FILE]
    assert synced(store, home).warnings == ()


def test_set_profile_gives_a_reader_another_file_to_follow(store: Store, home: Path) -> None:
    add(store, home)
    other = home / "groups" / "crows.toml"
    other.write_text(CROWS)
    set_profile(store, home, "groups/crows.toml")
    (item,) = live(store)
    assert (item.name, item.profile_file) == ("crows", "groups/crows.toml")
    assert has(store, item, "crows")
    other.write_text(TOPIC)
    assert len(synced(store, home).updated) == 1


def test_set_profile_wants_to_know_which_of_several(store: Store, home: Path) -> None:
    (home / "groups" / "crows.toml").write_text(CROWS)
    (home / "groups" / "owls.toml").write_text(TOPIC)
    with pytest.raises(UsageError, match="no added or imported subscription"):
        set_profile(store, home, "groups/owls.toml")
    add(store, home)
    add(store, home, "groups/crows.toml")
    with pytest.raises(UsageError, match="lab, crows: name one with --subscription"):
        set_profile(store, home, "groups/owls.toml")
    with pytest.raises(UsageError, match="has a subscription 'crows' already"):
        set_profile(store, home, "groups/crows.toml", name="lab")
    set_profile(store, home, "groups/owls.toml", name="lab")
    assert [item.name for item in live(store)] == ["owls", "crows"]
