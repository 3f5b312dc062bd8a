"""Members of mailing lists: how they join and leave, and what a removed list or file does to them."""

from datetime import timedelta
from pathlib import Path

import pytest
from support.builders import NOW

from digest.config.mailing_lists import loader as list_loader
from digest.config.profiles.loader import load_all
from digest.core.models.subscribers import AddressStatus, Subscription
from digest.core.subscribers.consent import Consent
from digest.core.subscribers.reconcile import SubscriptionChanges
from digest.errors import UsageError
from digest.pipeline.mailing_lists.leaving import remove_from_list
from digest.pipeline.profiles import set_profiles
from digest.pipeline.profiles.profile_sources import read_source
from digest.pipeline.subscribers import administration, leavings, unsubscribe
from digest.pipeline.subscribers.administration import AddOutcome, AddResult
from digest.pipeline.subscribers.csv_import import import_csv
from digest.pipeline.subscribers.retention import prune_readers
from digest.pipeline.subscribers.sync_profiles import sync_profiles
from digest.store.database.store import Store
from digest.store.mailing_lists import memberships
from digest.store.maintenance import leavers
from digest.store.reports.status import status
from digest.store.subscribers import profiles as profile_store
from digest.store.subscribers import subscriptions

ADA, BO = "ada@example.org", "bo@example.org"
TOPIC = '[[topics]]\nname = "T"\nkeywords = ["storks"]\n'
CROWS = TOPIC.replace("storks", "crows")
BIRDS = '[[lists]]\nname = "birds"\ntitle = "Bird Digest"\nprofile = "lists/birds.toml"\n'
BEES = '[[lists]]\nname = "bees"\ntitle = "Bee Digest"\nprofile = "lists/bees.toml"\n'
HOUR = timedelta(hours=1)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    for name in ("profiles", "lists"):
        (home / name).mkdir(parents=True)
    for name in ("birds", "bees"):
        (home / "lists" / f"{name}.toml").write_text(TOPIC)
    (home / "lists.toml").write_text(BIRDS + BEES)
    return home


def add(
    store: Store, home: Path, name: str, email: str = ADA, *, consent: Consent | None = None
) -> AddResult:
    return administration.add(
        store,
        email=email,
        profile=read_source(
            home / "lists" / f"{name}.toml", home=home, lists=list_loader.load(home)
        ),
        now=NOW,
        profiles=load_all(home / "profiles"),
        consent=consent,
    )


def synced(store: Store, home: Path, *, hours: int = 1) -> SubscriptionChanges:
    return sync_profiles(
        store,
        load_all(home / "profiles"),
        now=NOW + hours * HOUR,
        keys=(),
        lists=list_loader.load(home),
    )


def live(store: Store, email: str | None = None) -> list[Subscription]:
    with store.read() as tx:
        return subscriptions.live_subscriptions(tx, email=email)


def lists_of(store: Store, email: str = ADA) -> list[str | None]:
    return [item.list_name for item in live(store, email)]


def test_a_reader_is_in_each_list_once_and_beside_an_own_file(store: Store, home: Path) -> None:
    (home / "profiles" / "ada.toml").write_text(f'email = "{ADA}"\n{CROWS}')
    synced(store, home)
    assert [add(store, home, name).outcome for name in ("birds", "bees", "birds")] == [
        AddOutcome.ADDED,
        AddOutcome.ADDED,
        AddOutcome.KNOWN,
    ]
    changes = synced(store, home)
    assert (changes.changes, changes.warnings) == (0, ())
    assert lists_of(store) == [None, "birds", "bees"]
    assert [item.name for item in live(store, ADA)] == ["ada", "Bird Digest", "Bee Digest"]


def test_who_leaves_a_list_stays_in_the_others_and_comes_back_by_a_newer_consent_only(
    store: Store, home: Path
) -> None:
    for name in ("birds", "bees"):
        add(store, home, name)
    first, _ = live(store, ADA)
    for _ in range(2):
        unsubscribe.leave(store, first.subscription_id, origin="one-click", now=NOW + HOUR)
    assert lists_of(store) == ["bees"]
    refused = add(store, home, "birds", consent=Consent(text="a form", given_at=NOW))
    assert refused.outcome is AddOutcome.LEFT
    assert "has left the list birds" in refused.reason
    assert add(store, home, "bees").outcome is AddOutcome.KNOWN
    with store.read() as tx:
        entries = [entry for entry in subscriptions.consent_log(tx, ADA) if entry.event == "left"]
        assert [(entry.origin, entry.detail) for entry in entries] == [
            ("one-click", "the list birds")
        ]
    newer = Consent(text="a form", given_at=NOW + 2 * HOUR)
    assert add(store, home, "birds", consent=newer).outcome is AddOutcome.ADDED
    assert lists_of(store) == ["bees", "birds"]


def test_who_leaves_the_last_list_is_unsubscribed(store: Store, home: Path) -> None:
    add(store, home, "birds")
    remove_from_list(store, email=ADA, list_name="birds", now=NOW)
    with store.read() as tx:
        found = subscriptions.find_address(tx, ADA)
        assert found is not None
        assert found.status is AddressStatus.UNSUBSCRIBED
    assert add(store, home, "bees").outcome is AddOutcome.LEFT
    with pytest.raises(UsageError, match="is not in the list birds"):
        remove_from_list(store, email=ADA, list_name="birds", now=NOW)


def test_leaving_everything_ends_all_lists(store: Store, home: Path) -> None:
    for name in ("birds", "bees"):
        add(store, home, name)
    (first, _) = live(store, ADA)
    unsubscribe.leave(store, first.subscription_id, origin="web", now=NOW, everything=True)
    assert {item.status for item in live(store, ADA)} == {AddressStatus.UNSUBSCRIBED}


def test_an_import_names_the_list_of_each_row_and_of_the_others(store: Store, home: Path) -> None:
    add(store, home, "birds", BO)
    unsubscribe.leave(store, live(store)[0].subscription_id, origin="web", now=NOW)
    rows = f"email,list\n{ADA},birds\n{ADA},\n{BO},birds\nnobody,birds\ncy@example.org,owls\n"
    done = import_csv(
        store,
        rows.encode(),
        file=home / "list.csv",
        profile=home / "lists" / "bees.toml",
        now=NOW,
        home=home,
        profiles=load_all(home / "profiles"),
        lists=list_loader.load(home),
    )
    assert [(row.line, row.outcome) for row in done.rows] == [
        (2, "added"),
        (3, "added"),
        (4, "left"),
        (5, "rejected"),
        (6, "rejected"),
    ]
    assert "no list 'owls'" in done.rows[4].reason
    assert lists_of(store) == ["birds", "bees"]


def test_readers_of_the_file_become_members_and_follow_the_list(store: Store, home: Path) -> None:
    (home / "lists.toml").write_text("")
    add(store, home, "birds")
    assert lists_of(store) == [None]
    (home / "lists.toml").write_text(BIRDS)
    synced(store, home)
    assert lists_of(store) == ["birds"]
    (home / "lists" / "new.toml").write_text(CROWS)
    (home / "lists.toml").write_text(BIRDS.replace("birds.toml", "new.toml"))
    assert len(synced(store, home).updated) == 1
    (item,) = live(store)
    assert item.profile_file == "lists/new.toml"
    with store.read() as tx:
        assert "crows" in profile_store.text_of(tx, item)
    # Another name with the same file is the same list, also for who has left it.
    unsubscribe.leave(store, item.subscription_id, origin="web", now=NOW)
    (home / "lists.toml").write_text(BIRDS)
    add(store, home, "birds", BO)
    (home / "lists.toml").write_text(BIRDS.replace('"birds"', '"owls"'))
    synced(store, home)
    assert lists_of(store, BO) == ["owls"]
    with store.read() as tx:
        assert memberships.left_at(tx, ADA, "owls") == NOW


def test_a_removed_list_ends_and_continues_when_it_is_back(store: Store, home: Path) -> None:
    for email in (ADA, BO):
        add(store, home, "birds", email)
        add(store, home, "bees", email)
    unsubscribe.leave(store, live(store, BO)[0].subscription_id, origin="web", now=NOW)
    (home / "lists.toml").write_text(BEES)
    (warning,) = synced(store, home).warnings
    assert "the list birds is not in lists.toml any more, so 1 subscription ended" in warning
    assert (lists_of(store), lists_of(store, BO)) == (["bees"], ["bees"])
    with store.read() as tx:
        (ended,) = status(tx, NOW + HOUR).ended
        assert (ended.what, ended.number) == ("the list birds", 1)
    assert synced(store, home, hours=2).warnings == ()
    (home / "lists.toml").write_text(BEES + BIRDS)
    (warning,) = synced(store, home, hours=3).warnings
    assert "is back" in warning
    assert sorted(map(str, lists_of(store))) == ["bees", "birds"]
    assert lists_of(store, BO) == ["bees"], "who left does not come back with the list"


@pytest.mark.parametrize(
    "text", ["", None, '[[lists]]\nname = "x"\ntitle = "X"\nprofile = "x.toml"\n']
)
def test_a_lists_file_that_is_empty_or_gone_ends_nothing(
    store: Store, home: Path, text: str | None
) -> None:
    add(store, home, "birds")
    add(store, home, "bees")
    file = home / "lists.toml"
    file.unlink() if text is None else file.write_text(text)
    warnings = synced(store, home).warnings
    assert len(warnings) == 2
    assert "digest subscribers end --list" in warnings[0]
    assert lists_of(store) == ["birds", "bees"]
    assert set_profiles.end_list(store, "birds", now=NOW) == 1
    assert set_profiles.end_list(store, "bees", now=NOW) == 1
    file.write_text(BIRDS + BEES)
    assert synced(store, home).warnings == ()
    assert lists_of(store) == [], "what the operator ended stays ended"
    assert add(store, home, "birds").outcome is AddOutcome.ADDED


def test_a_removed_file_ends_its_readers_unless_all_would_end(store: Store, home: Path) -> None:
    (home / "lists.toml").write_text("")
    add(store, home, "birds")
    add(store, home, "bees", BO)
    birds, bees = home / "lists" / "birds.toml", home / "lists" / "bees.toml"
    birds.unlink()
    (warning,) = synced(store, home).warnings
    assert "lists/birds.toml was removed, so 1 subscription ended" in warning
    assert "set-profile --all-using" in warning
    bees.unlink()
    (warning,) = synced(store, home).warnings
    assert "1 reader keeps the profile from before" in warning
    assert [item.email for item in live(store)] == [BO]
    birds.write_text(CROWS)
    bees.write_text(TOPIC)
    (warning,) = synced(store, home).warnings
    assert "lists/birds.toml is back, so 1 subscription continued" in warning
    assert sorted(item.email for item in live(store)) == [ADA, BO]
    birds.unlink()
    (home / "lists").rename(home / "moved")
    assert "1 reader keeps the profile" in " ".join(synced(store, home).warnings), "no folder"


def test_all_readers_of_a_file_get_another_one(store: Store, home: Path) -> None:
    (home / "lists.toml").write_text(BEES)
    emails = [f"reader{number}@example.org" for number in range(4)]
    for email in emails:
        add(store, home, "birds", email)
    (home / "lists" / "owls.toml").write_text(CROWS)
    add(store, home, "owls", emails[0])
    administration.add(
        store,
        email=emails[1],
        profile=read_source(home / "lists" / "birds.toml", home=home),
        now=NOW,
        profiles=load_all(home / "profiles"),
    )
    (home / "lists" / "birds.toml").unlink()
    source = read_source(home / "lists" / "owls.toml", home=home, lists=list_loader.load(home))
    done = set_profiles.set_profile_of_all(store, "lists/birds.toml", source, now=NOW)
    assert (done.changed, done.skipped) == (tuple(emails[1:]), (emails[0],))
    moved = [item for item in live(store) if item.email in emails[1:]]
    assert {(item.name, item.profile_file) for item in moved} == {("owls", "lists/owls.toml")}
    with store.read() as tx:
        assert all("crows" in profile_store.text_of(tx, item) for item in moved)
    with pytest.raises(UsageError, match="nobody follows lists/none"):
        set_profiles.set_profile_of_all(store, "lists/none.toml", source, now=NOW)
    bees = read_source(home / "lists" / "bees.toml", home=home, lists=list_loader.load(home))
    with pytest.raises(UsageError, match="needs the consent of each reader"):
        set_profiles.set_profile_of_all(store, "lists/owls.toml", bees, now=NOW)


def test_a_restored_backup_does_not_forget_who_left_a_list(store: Store, home: Path) -> None:
    for email in (ADA, BO):
        add(store, home, "birds", email)
        add(store, home, "bees", email)
    unsubscribe.leave(store, live(store, ADA)[0].subscription_id, origin="web", now=NOW + HOUR)
    unsubscribe.leave(store, live(store, BO)[0].subscription_id, origin="web", now=NOW + HOUR)
    with store.read() as tx:
        left = leavers.collect(tx)
    assert [(item.email, item.list_name) for item in left.members] == [
        (ADA, "birds"),
        (BO, "birds"),
    ]
    # As if Ada had joined before the backup, and Bo after it.
    with store.write() as tx:
        for email in (ADA, BO):
            found = subscriptions.find_address(tx, email)
            assert found is not None
        memberships.rename(tx, "birds", "owls")
    add(store, home, "birds", ADA)
    with store.write() as tx:
        leavers.apply(tx, left, keys=())
    assert [lists_of(store, email) for email in (ADA, BO)] == [["bees"], ["bees"]]
    assert [add(store, home, "birds", email).outcome for email in (ADA, BO)] == [
        AddOutcome.LEFT,
        AddOutcome.LEFT,
    ]


@pytest.mark.parametrize("is_removed", [False, True])
def test_who_left_everything_and_joins_one_list_again_is_in_no_other(
    store: Store, home: Path, *, is_removed: bool
) -> None:
    for name in ("birds", "bees"):
        add(store, home, name)
    add(store, home, "birds", BO)
    (item, _) = live(store, ADA)
    if is_removed:
        (home / "lists.toml").write_text(BIRDS)
        synced(store, home)
    unsubscribe.leave(
        store, item.subscription_id, origin="web", now=NOW + 2 * HOUR, everything=True
    )
    older = Consent(text="a list", given_at=NOW)
    newer = Consent(text="a form", given_at=NOW + 3 * HOUR)
    assert add(store, home, "birds", consent=newer).outcome is AddOutcome.ADDED
    (home / "lists.toml").write_text(BIRDS + BEES)
    synced(store, home, hours=4)
    assert lists_of(store) == ["birds"]
    assert add(store, home, "bees", consent=older).outcome is AddOutcome.LEFT
    assert add(store, home, "birds", consent=older).outcome is AddOutcome.KNOWN
    assert add(store, home, "bees", consent=newer).outcome is AddOutcome.ADDED, "both in one form"


def test_who_left_one_list_stays_gone_after_the_other_was_ended_long_ago(
    store: Store, home: Path
) -> None:
    for name in ("birds", "bees"):
        add(store, home, name)
    remove_from_list(store, email=ADA, list_name="birds", now=NOW)
    set_profiles.end_list(store, "bees", now=NOW)
    later, key = NOW + timedelta(days=400), b"k" * 32
    assert prune_readers(store, before=later, keys=[key]).readers == 1
    with store.read() as tx:
        assert subscriptions.find_address(tx, ADA) is None
        left = leavings.find(tx, ADA, keys=[key])
    assert left is not None
    assert left.at == NOW
