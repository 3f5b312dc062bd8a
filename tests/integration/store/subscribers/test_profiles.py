"""Profiles are stored once for all readers who share them, compiled, and removed with their last reader."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update
from support.builders import NOW
from support.editions import insert_edition
from support.smtp.transports import FakeTransport, timeless
from support.subscribers import start_subscription

from benchmarks.common.ledger_setup import short_message
from digest.config.profiles import loader as profile_loader
from digest.config.toml_document import TomlIssue
from digest.core.models.delivery import ClaimedEdition, Envelope
from digest.core.models.editions import Edition
from digest.core.models.subscribers import Subscription
from digest.core.profiles.compiled import ANY_READER, written_text
from digest.core.profiles.encoding import VERSION
from digest.errors import ProfileError
from digest.pipeline.delivery.deliver import deliver
from digest.pipeline.profiles import stored_profiles
from digest.pipeline.publishing.publish import publish
from digest.pipeline.subscribers.retention import prune_readers
from digest.store.database import schema
from digest.store.database.store import Store
from digest.store.editions import claims
from digest.store.subscribers import due as due_store
from digest.store.subscribers import erasure, profiles, reading_lists, subscriptions

ADA, BO = "ada@example.org", "bo@example.org"
TOPIC = 'name = "Ada"\ndays = ["mon"]\n[[topics]]\nname = "Bees"\nkeywords = ["waggle dance"]\n'
REFUSED = TOPIC + "no_such_key = 1\n"


def start(store: Store, email: str = ADA, text: str = TOPIC) -> Subscription:
    with store.write() as tx:
        number = start_subscription(
            tx,
            email,
            name="lab",
            profile_text=written_text(ANY_READER + text, email),
            detail="test",
        )
        (found,) = (
            item
            for item in subscriptions.live_subscriptions(tx, email=email)
            if item.subscription_id == number
        )
    return found


def stored(store: Store) -> list[str]:
    with store.read() as tx:
        return list(tx.execute(select(schema.profile.c.text).order_by("id")).scalars())


def change(store: Store, item: Subscription, text: str) -> None:
    with store.write() as tx:
        subscriptions.update_profile(tx, item.subscription_id, text, now=NOW)


def test_readers_with_one_profile_share_a_row_that_names_none_of_them(store: Store) -> None:
    ada, bo = start(store), start(store, BO)
    assert ada.profile_id == bo.profile_id
    (text,) = stored(store)
    assert ADA not in text
    with store.read() as tx:
        assert profiles.text_of(tx, ada) == f'email = "{ADA}"\n{TOPIC}'
        assert profiles.text_of(tx, bo) == f'email = "{BO}"\n{TOPIC}'


def test_a_profile_is_deleted_with_its_last_reader(store: Store) -> None:
    ada, bo = start(store), start(store, BO)
    change(store, ada, f"# new\n{TOPIC}")
    assert len(stored(store)) == 2
    change(store, bo, f"# new\n{TOPIC}")
    assert stored(store) == [f"# new\n{TOPIC}"]
    with store.write() as tx:
        for email in (ADA, BO):
            found = subscriptions.find_address(tx, email)
            assert found is not None
            erasure.erase(tx, found.address_id)
    assert stored(store) == []


def test_an_address_in_the_profile_of_others_is_masked_and_the_profile_compiled_again(
    store: Store,
) -> None:
    mentioning = TOPIC.replace('"Ada"', f'"with {BO}"')
    ada, _ = start(store, text=mentioning), start(store, BO)
    assert stored_profiles.compile_outdated(store) == 2
    with store.write() as tx:
        found = subscriptions.find_address(tx, BO)
        assert found is not None
        erasure.erase(tx, found.address_id)
    with store.read() as tx:
        (row,) = tx.execute(select(schema.profile)).all()
    assert BO not in repr(row)
    assert row.compiled is None
    assert stored_profiles.compile_outdated(store) == 1
    with store.read() as tx:
        profile = stored_profiles.profile_of(tx, ada, file="ada")
    assert profile.name == "with ***@example.org"


def test_two_profiles_that_become_equal_by_masking_become_one(store: Store) -> None:
    texts = (f"# {BO}\n{TOPIC}", f"# ***@example.org\n{TOPIC}")
    ada = start(store, text=texts[0])
    carl = start(store, "carl@example.org", texts[1])
    start(store, BO)
    with store.write() as tx:
        found = subscriptions.find_address(tx, BO)
        assert found is not None
        erasure.erase(tx, found.address_id)
        first, second = subscriptions.live_subscriptions(tx)
        assert profiles.text_of(tx, first) == f'email = "{ADA}"\n{texts[1]}'
    assert (first.subscription_id, first.profile_id) == (ada.subscription_id, carl.profile_id)
    assert second.profile_id == carl.profile_id
    assert len(stored(store)) == 1


def test_publish_parses_no_profile_that_is_compiled(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(store)
    stored_profiles.compile_outdated(store)
    monkeypatch.setattr(profile_loader, "parse", None)
    (result,) = publish(store, now=NOW, message_domain="example.org")
    assert (result.reason, result.failed) == ("no new papers", False)
    with store.read() as tx:
        (item,) = due_store.all_live(tx)
        assert stored_profiles.profile_of(tx, item.subscription, file="ada").days == (0,)


def queue(store: Store, item: Subscription) -> None:
    edition = Edition(local_date=date(2026, 5, 11), sections=(), considered=1, matched=0)
    with store.write() as tx:
        insert_edition(tx, item.subscription_id, edition)


def test_a_claim_carries_the_name_and_the_rhythm_of_the_profile(store: Store) -> None:
    queue(store, start(store))
    stored_profiles.compile_outdated(store)
    with store.write() as tx:
        (claimed,) = claims.claim(tx, owner="me", now=NOW, limit=10)
    assert (claimed.reader_name, claimed.weekly) == ("Ada", True)


def test_a_delivery_compiles_profiles_that_an_interrupted_upgrade_left(store: Store) -> None:
    queue(store, start(store))
    claimed: list[ClaimedEdition] = []

    def write(edition: ClaimedEdition) -> Envelope:
        claimed.append(edition)
        return short_message(edition)

    deliver(
        store,
        connect=FakeTransport().connect,
        write=write,
        now=NOW,
        time=timeless(),
    )
    assert [(item.reader_name, item.weekly) for item in claimed] == [("Ada", True)]


def test_a_profile_that_is_refused_is_reported_by_publish_and_still_gives_its_message(
    store: Store,
) -> None:
    queue(store, start(store, text=REFUSED))
    for _ in range(2):
        (result,) = publish(store, now=NOW, message_domain="example.org")
        assert result.failed
        assert "no_such_key" in result.reason
        assert result.reason.startswith("profile lab:")
    with store.write() as tx:
        (claimed,) = claims.claim(tx, owner="me", now=NOW, limit=10)
    assert (claimed.reader_name, claimed.weekly) == ("", False)


def test_a_profile_that_was_refused_is_used_again_when_the_program_accepts_it(store: Store) -> None:
    ada = start(store)
    stored_profiles.compile_outdated(store)
    with store.write() as tx:
        tx.execute(update(schema.profile).values(compiled=None))
    with store.read() as tx:
        assert stored_profiles.profile_of(tx, ada, file="ada").name == "Ada"


@pytest.mark.parametrize("version", [VERSION - 1, VERSION + 1])
def test_a_profile_of_another_version_is_compiled_again_once(store: Store, version: int) -> None:
    start(store)
    stored_profiles.compile_outdated(store)
    with store.write() as tx:
        tx.execute(update(schema.profile).values(version=version, compiled=b"[]"))
    assert stored_profiles.compile_outdated(store) == 1
    assert stored_profiles.compile_outdated(store) == 0
    (result,) = publish(store, now=NOW, message_domain="example.org")
    assert not result.failed


def test_a_profile_whose_time_zone_is_gone_is_checked_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = start(store, text=f'timezone = "Europe/Paris"\n{TOPIC}')
    stored_profiles.compile_outdated(store)
    profile_loader._parse_cached.cache_clear()
    monkeypatch.setattr(stored_profiles, "ZoneInfo", _no_zone)
    stored_profiles._is_zone.cache_clear()
    gone = [TomlIssue(text="it is not a time zone")]
    monkeypatch.setattr(profile_loader, "_validate", lambda _: gone)
    with store.read() as tx, pytest.raises(ProfileError, match="is not a time zone"):
        stored_profiles.profile_of(tx, ada, file="ada")
    stored_profiles._is_zone.cache_clear()
    profile_loader._parse_cached.cache_clear()


def _no_zone(name: str) -> None:
    raise LookupError(name)


def test_a_text_that_was_changed_meanwhile_is_not_overwritten_by_what_was_compiled(
    store: Store,
) -> None:
    ada = start(store)
    with store.read() as tx:
        (number, text), *_ = profiles.outdated(tx, limit=10).items()
    with store.write() as tx:
        profiles.replace_text(tx, ada.profile_id, f"# changed\n{TOPIC}")
        profiles.save_compiled(tx, {number: stored_profiles.compiled_text(text)})
        assert list(profiles.outdated(tx, limit=10).values()) == [f"# changed\n{TOPIC}"]


def test_only_profiles_that_name_reading_lists_are_read_for_them(store: Store) -> None:
    start(store)
    likes = TOPIC + 'likes = ["library.bib"]\n'
    bo = start(store, BO, likes)
    stored_profiles.compile_outdated(store)
    with store.read() as tx:
        assert reading_lists.may_like(tx) == [bo]


def test_the_subscriptions_with_a_text_are_found_by_what_was_written(store: Store) -> None:
    ada, bo = start(store), start(store, BO)
    own = start(store, "carl@example.org", "# other\n" + TOPIC)
    with store.read() as tx:

        def found(text: str, *, live: bool = True) -> list[int]:
            return profiles.subscriptions_with(tx, text, live=live, limit=5)

        assert found(f'email = "{ADA}"\n{TOPIC}') == [ada.subscription_id]
        assert found(f'email = "{BO}"\n{TOPIC}') == [bo.subscription_id]
        assert found(TOPIC) == []
        assert found(f'email = "carl@example.org"\n# other\n{TOPIC}') == [own.subscription_id]
    with store.write() as tx:
        subscriptions.end(tx, ada.subscription_id, now=NOW + timedelta(hours=1))
        assert (
            profiles.subscriptions_with(tx, f'email = "{ADA}"\n{TOPIC}', live=True, limit=5) == []
        )
        assert profiles.subscriptions_with(
            tx, f'email = "{ADA}"\n{TOPIC}', live=False, limit=5
        ) == [ada.subscription_id]


def test_profiles_that_nobody_has_are_removed_with_the_data_of_former_readers(store: Store) -> None:
    start(store)
    with store.write() as tx:
        profiles.store_text(tx, f"# nobody\n{TOPIC}", email=ADA)
    assert len(stored(store)) == 2
    prune_readers(store, before=NOW - timedelta(days=1), keys=[b"k" * 32])
    assert stored(store) == [ANY_READER + TOPIC]


def test_a_profile_that_another_transaction_begins_to_use_is_not_removed(store: Store) -> None:
    ada = start(store)
    if store.engine.dialect.name == "sqlite":  # has one writer at a time
        return
    with store.write() as other:
        number = profiles.store_text(other, written_text(ANY_READER + TOPIC, BO), email=BO)
        change(store, ada, f"# new\n{TOPIC}")
        start_subscription(
            other, BO, name="lab", profile_text=written_text(ANY_READER + TOPIC, BO), detail="test"
        )
    with store.read() as tx:
        (_, bo) = subscriptions.live_subscriptions(tx)
        assert bo.profile_id == number
        assert tx.execute(select(func.count()).select_from(schema.profile)).scalar_one() == 2
