"""A reader who left comes back only by a newer consent, whatever is imported or added."""

from datetime import timedelta
from pathlib import Path

import pytest
from support.builders import NOW

from digest.config.profiles.loader import LoadedProfiles, load_all
from digest.core.models.subscribers import AddressStatus, Subscription
from digest.core.subscribers.consent import Consent
from digest.errors import UsageError
from digest.pipeline.profiles.profile_sources import ProfileSource, read_source
from digest.pipeline.subscribers import administration, erasure, leavings
from digest.pipeline.subscribers.administration import AddOutcome
from digest.pipeline.subscribers.csv_import import ImportResult, import_csv
from digest.pipeline.subscribers.sync_profiles import sync_profiles
from digest.store.database.store import Store
from digest.store.papers import announcements
from digest.store.subscribers import subscriptions
from digest.store.subscribers.consent import ConsentEntry

KEYS = (b"k" * 32,)
ADA = "ada@example.org"
TOPIC = '[[topics]]\nname = "T"\nkeywords = ["x"]\n'
LAB = ProfileSource(name="lab", text=TOPIC)
HOUR = timedelta(hours=1)
WAYS = ("unsubscribed", "suppressed", "erased", "erased after unsubscribing", "removed")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("profiles", "groups"):
        (tmp_path / name).mkdir()
    (tmp_path / "groups" / "lab.toml").write_text(TOPIC)
    return tmp_path


def leave(store: Store, way: str, *, email: str = ADA) -> None:
    """Lets a subscribed reader leave at NOW, in one of `WAYS`."""
    if way == "removed":
        administration.remove(store, email=email, now=NOW)
    elif way != "erased":
        status = AddressStatus(way) if way == "suppressed" else AddressStatus.UNSUBSCRIBED
        with store.write() as tx:
            subscriptions.set_status(
                tx, email, status, event=status, origin="one-click", detail="", now=NOW
            )
    if way.startswith("erased"):
        none = LoadedProfiles(files=(), errors=(), broken=frozenset())
        assert erasure.erase(store, email=email, profiles=none, keys=KEYS, now=NOW)


def imported(
    store: Store, home: Path, rows: str, *, consent: Consent | None = None
) -> ImportResult:
    return import_csv(
        store,
        rows.encode(),
        file=home / "list.csv",
        profile=home / "groups" / "lab.toml",
        now=NOW + 5 * HOUR,
        keys=KEYS,
        home=home,
        profiles=load_all(home / "profiles"),
        consent=consent,
    )


def consent(hours: float) -> Consent:
    return Consent(text="a form", given_at=NOW + hours * HOUR)


def add(store: Store, name: str = "lab", *, given: Consent | None = None) -> AddOutcome:
    profile = ProfileSource(name=name, text=TOPIC)
    at = NOW + 5 * HOUR if given else NOW - HOUR
    return administration.add(
        store, email=ADA, profile=profile, now=at, keys=KEYS, consent=given
    ).outcome


def live(store: Store, email: str = ADA) -> list[Subscription]:
    with store.read() as tx:
        return subscriptions.live_subscriptions(tx, email=email)


def gets_mail(store: Store, email: str = ADA) -> bool:
    return any(item.status is AddressStatus.ACTIVE for item in live(store, email))


def log(store: Store) -> list[ConsentEntry]:
    with store.read() as tx:
        return subscriptions.consent_log(tx, ADA)


@pytest.mark.parametrize("way", WAYS)
def test_an_import_names_readers_who_left_and_does_not_bring_them_back(
    store: Store, home: Path, way: str
) -> None:
    rows = f"email\n{ADA}\nbo@example.org\n"
    assert imported(store, home, rows).added == [ADA, "bo@example.org"]
    leave(store, way)
    again = imported(store, home, rows.replace(ADA, "ADA@Example.org"))
    (row,) = again.left
    assert (row.line, row.email, again.existing) == (2, "ADA@Example.org", ["bo@example.org"])
    assert row.result.leaving is not None
    assert row.result.leaving.at == NOW
    assert "only a newer consent changes that" in row.result.reason
    assert not gets_mail(store)
    assert again.added == again.updated == []


@pytest.mark.parametrize("way", WAYS)
def test_add_does_not_bring_a_reader_back_without_a_newer_consent(store: Store, way: str) -> None:
    assert add(store) is AddOutcome.ADDED
    leave(store, way)
    for given in (None, consent(-1), consent(0)):
        assert add(store, given=given) is AddOutcome.LEFT
        assert add(store, "other", given=given) is AddOutcome.LEFT
    assert not gets_mail(store)


@pytest.mark.parametrize("way", WAYS)
def test_a_newer_consent_brings_a_reader_back_and_is_kept_as_evidence(
    store: Store, way: str
) -> None:
    add(store)
    leave(store, way)
    assert add(store, given=consent(1)) is AddOutcome.ADDED
    assert gets_mail(store)
    (evidence,) = [entry for entry in log(store) if entry.evidence]
    assert (evidence.evidence, evidence.given_at) == ("a form", NOW + HOUR)
    assert (evidence.at, evidence.detail) == (NOW + 5 * HOUR, "digest subscribers add")
    with store.read() as tx:
        assert leavings.find(tx, ADA, keys=KEYS) is None
    # A later leaving is newer than this consent.
    with store.write() as tx:
        left = AddressStatus.UNSUBSCRIBED
        at = NOW + 6 * HOUR
        subscriptions.set_status(tx, ADA, left, event=left, origin="x", detail="", now=at)
    assert add(store, given=consent(1)) is AddOutcome.LEFT


@pytest.mark.parametrize("way", ["unsubscribed", "removed"])
def test_a_reader_who_comes_back_gets_none_of_the_old_subscriptions(store: Store, way: str) -> None:
    add(store, "one")
    add(store, "two")
    leave(store, way)
    assert add(store, "three", given=consent(1)) is AddOutcome.ADDED
    assert [item.name for item in live(store)] == ["three"]


def test_remove_ends_the_subscriptions(store: Store) -> None:
    add(store, "one")
    add(store, "two")
    leave(store, "removed")
    assert live(store) == []
    assert [entry.event for entry in log(store)][-3:] == ["ended", "ended", "unsubscribed"]


def test_each_row_of_an_import_may_have_its_own_consent(store: Store, home: Path) -> None:
    names = ("ada", "bo", "cy", "di")
    emails = [f"{name}@example.org" for name in names]
    assert len(imported(store, home, "\n".join(["email", *emails])).added) == 4
    for email in emails:
        leave(store, "unsubscribed", email=email)
    rows = """\
email,consent
ada@example.org,form of 2026-05-11T07:00
bo@example.org,form of 2026-05-10
cy@example.org,
di@example.org,a form
"""
    done = imported(store, home, rows)
    assert done.added == ["ada@example.org"]
    assert [row.email for row in done.left] == ["bo@example.org", "cy@example.org"]
    assert [item.line for item in done.rejected] == [5]
    assert "its consent contains no date" in done.rejected[0].reason
    (entry,) = [entry for entry in log(store) if entry.evidence]
    assert entry.detail == "digest subscribers import, list.csv line 2"
    assert imported(store, home, rows, consent=consent(2)).added == ["cy@example.org"]


def test_a_consent_of_a_subscribed_reader_is_recorded_once(store: Store) -> None:
    add(store)
    for _ in range(2):
        assert add(store, given=consent(1)) is AddOutcome.KNOWN
    assert [entry.event for entry in log(store)] == ["subscribed", "consented"]


def test_an_import_does_not_resume_a_paused_reader(store: Store, home: Path) -> None:
    add(store)
    administration.pause(store, email=ADA, now=NOW)
    assert imported(store, home, f"email\n{ADA}\n").left == []
    assert not gets_mail(store)


def test_a_consent_that_is_newer_than_a_pause_resumes_the_reader(store: Store) -> None:
    add(store)
    administration.pause(store, email=ADA, now=NOW)
    assert add(store, given=consent(-1)) is AddOutcome.KNOWN
    assert not gets_mail(store)
    assert add(store, given=consent(1)) is AddOutcome.KNOWN
    assert gets_mail(store)


@pytest.mark.parametrize("way", WAYS)
def test_a_reader_who_comes_back_gets_the_papers_from_then_on(
    store: Store, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcements, "start_seq", lambda _: 3)
    monkeypatch.setattr(announcements, "last_seq", lambda _: 7)
    add(store)
    assert [item.read_through for item in live(store)] == [3]
    leave(store, way)
    add(store, given=consent(1))
    assert [item.read_through for item in live(store)] == [7]


def test_an_address_and_its_hash_give_the_later_leaving(store: Store) -> None:
    add(store)
    leave(store, "unsubscribed")
    status = AddressStatus.ERASED
    for hours in (-1, 2):
        with store.write() as tx:
            leavings.remember(tx, ADA, status, at=NOW + hours * HOUR, key=KEYS[0])
            found = leavings.find(tx, ADA, keys=KEYS)
        assert found is not None
        assert found.at == NOW + max(hours, 0) * HOUR


def test_resume_needs_a_newer_consent_after_an_unsubscription(store: Store) -> None:
    add(store)
    leave(store, "unsubscribed")
    for given in (None, consent(-1)):
        with pytest.raises(UsageError, match="newer"):
            administration.resume(store, email=ADA, now=NOW, consent=given, suppressed=True)
    assert not gets_mail(store)
    administration.resume(store, email=ADA, now=NOW + 5 * HOUR, consent=consent(1))
    assert gets_mail(store)
    assert log(store)[-1].evidence == "a form"


@pytest.mark.parametrize("cause, is_enough", [("bounce", True), ("complaint", False)])
def test_the_operator_alone_lifts_a_bounce_but_no_complaint(
    store: Store, cause: str, *, is_enough: bool
) -> None:
    add(store)
    with store.write() as tx:
        status = AddressStatus.SUPPRESSED
        subscriptions.set_status(
            tx, ADA, status, event="suppressed", origin=cause, detail="", now=NOW
        )
    if is_enough:
        administration.resume(store, email=ADA, now=NOW, suppressed=True)
    else:
        with pytest.raises(UsageError, match="only a newer consent"):
            administration.resume(store, email=ADA, now=NOW, suppressed=True)
    assert gets_mail(store) is is_enough


def test_resume_says_when_no_subscription_is_left(store: Store) -> None:
    add(store)
    leave(store, "removed")
    with pytest.raises(UsageError, match="its subscriptions have ended"):
        administration.resume(store, email=ADA, now=NOW + 5 * HOUR, consent=consent(1))
    assert not gets_mail(store)


@pytest.mark.parametrize("way", WAYS)
def test_a_profile_file_brings_nobody_back_before_a_newer_consent(
    store: Store, home: Path, way: str
) -> None:
    add(store)
    leave(store, way)
    own = home / "profiles" / "ada.toml"
    own.write_text(f'email = "{ADA}"\n{TOPIC}')
    profiles = load_all(home / "profiles")

    def sync() -> tuple[str, ...]:
        return sync_profiles(store, profiles, now=NOW + 6 * HOUR, keys=KEYS).warnings

    (warning,) = sync()
    assert "--consent" in warning
    assert not gets_mail(store)
    done = administration.add(
        store,
        email=ADA,
        profile=read_source(own, home=home),
        now=NOW + 5 * HOUR,
        keys=KEYS,
        profiles=profiles,
        consent=consent(1),
    )
    assert done.outcome is AddOutcome.ADDED
    assert sync() == ()
    assert [(item.name, item.origin) for item in live(store)] == [("ada", "file")]
    assert gets_mail(store)
