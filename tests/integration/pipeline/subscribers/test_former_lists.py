"""Lists that listmonk, Mailchimp and others exported: who may be subscribed, and who stays gone."""

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.speed.databases import new_sqlite_store

from digest.core.models.subscribers import AddressStatus
from digest.core.subscribers.list_status import ListStatus
from digest.errors import InputError
from digest.pipeline.subscribers import leavings
from digest.pipeline.subscribers.former_lists import export_files
from digest.pipeline.subscribers.former_lists.import_export import ImportedExport, import_export
from digest.store.database.store import Store
from digest.store.subscribers import subscriptions

NOW = datetime(2026, 5, 11, 6, tzinfo=UTC)
KEYS = (b"key of the tests",)
PROFILE = '[[topics]]\nname = "Caches"\nkeywords = ["KV cache"]\n'

# The columns of listmonk's export, in its order (cmd/subscribers.go); its times are Go's.
LISTMONK = """\
uuid,email,name,attributes,status,created_at,updated_at
1,ada@example.org,Ada,"{""city"": ""Bonn""}",enabled,2025-01-01 10:00:00.1234 +0000 +0000,2025-01-01 10:00:00 +0000 UTC
2,bob@example.org,Bob,{},disabled,2025-01-01 10:00:00 +0000 +0000,2025-02-01 10:00:00 +0000 +0000
3,eve@example.org,Eve,{},blocklisted,2025-01-01 10:00:00 +0000 +0000,2025-03-01 12:00:00.5 +0200 CEST
"""
# Mailchimp's columns, as published exports have them.
MAILCHIMP = {
    "subscribed_members_export_1a2b3c4d5e.csv": """\
"Email Address","First Name","Last Name",MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LAST_CHANGED,LEID,EUID,NOTES,TAGS
ada@example.org,Ada,L,2,"2024-02-01 09:00:00",192.0.2.20,"2024-02-01 09:05:00",192.0.2.21,"2024-02-01 09:05:00",1,a,,
""",
    "unsubscribed_members_export_1a2b3c4d5e.csv": """\
"Email Address","First Name","Last Name",MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_REASON,LEID,EUID
Bob@example.org,Bob,B,2,"2024-02-01 09:00:00","2024-02-01 09:05:00","2025-03-01 08:00:00","News","No longer interested",2,b
""",
    "cleaned_members_export_1a2b3c4d5e.csv": """\
"Email Address",MEMBER_RATING,CLEAN_TIME,CLEAN_CAMPAIGN_TITLE
eve@example.org,1,"2025-04-01 08:00:00","News"
""",
    "nonsubscribed_members_export_1a2b3c4d5e.csv": '"Email Address"\nzoe@example.org\n',
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(new_sqlite_store(tmp_path / "digest.db")) as opened:
        yield opened


def run(store: Store, tmp_path: Path, name: str, data: str | bytes) -> ImportedExport:
    profile = tmp_path / "caches.toml"
    profile.write_text(PROFILE, "utf-8")
    file = tmp_path / name
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    return import_export(store, file, profile=profile, now=NOW, keys=KEYS)


def added(done: ImportedExport) -> list[str]:
    return [email for _, result in done.files for email in result.added]


def left_at(store: Store, email: str) -> tuple[AddressStatus, datetime] | None:
    with store.read() as tx:
        found = leavings.find(tx, email, keys=KEYS)
    return (found.status, found.at) if found else None


def zipped(files: dict[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return stream.getvalue()


def test_an_export_of_listmonk(store: Store, tmp_path: Path) -> None:
    done = run(store, tmp_path, "subscribers.csv", LISTMONK)
    assert added(done) == ["ada@example.org"]
    ((_, result),) = done.files
    assert [row.email for row in result.unconfirmed] == ["bob@example.org"]
    assert done.newly_gone == 1
    assert left_at(store, "eve@example.org") == (
        AddressStatus.ERASED,
        datetime(2025, 3, 1, 10, tzinfo=UTC),
    )
    # The status of listmonk is that of the subscriber, not of the list.
    assert "who left one of its lists" in done.warning
    with store.read() as tx:
        assert subscriptions.find_address(tx, "eve@example.org") is None, "only a hash is kept"


def test_the_zip_of_mailchimp(store: Store, tmp_path: Path) -> None:
    done = run(store, tmp_path, "audience.zip", zipped(MAILCHIMP))
    assert added(done) == ["ada@example.org"]
    assert (done.is_zip, done.newly_gone, done.warning) == (True, 2, "")
    unsubscribed = datetime(2025, 3, 1, 8, tzinfo=UTC)
    assert left_at(store, "bob@example.org") == (AddressStatus.ERASED, unsubscribed)
    cleaned = datetime(2025, 4, 1, 8, tzinfo=UTC)
    assert left_at(store, "eve@example.org") == (AddressStatus.SUPPRESSED, cleaned)
    assert left_at(store, "zoe@example.org") is None
    # When Ada confirmed is kept as the evidence of her consent.
    with store.read() as tx:
        log = subscriptions.consent_log(tx, "ada@example.org")
    assert [entry.evidence for entry in log if entry.evidence] == [
        "confirmed in the former list, 2024-02-01 09:05"
    ]


def test_who_left_the_old_list_is_not_subscribed_by_a_later_import(
    store: Store, tmp_path: Path
) -> None:
    run(store, tmp_path, "audience.zip", zipped(MAILCHIMP))
    later = run(store, tmp_path, "list.csv", "email\nbob@example.org\neve@example.org\n")
    ((_, result),) = later.files
    assert len(result.left) == 2
    assert added(later) == []
    # Only a consent that is newer than the leaving brings a reader back.
    text = 'email,consent\nbob@example.org,"asked by mail, 2026-01-02"\n'
    assert added(run(store, tmp_path, "back.csv", text)) == ["bob@example.org"]


def test_an_address_that_a_list_has_twice_counts_as_left(store: Store, tmp_path: Path) -> None:
    text = "E-Mail,Status\nada@example.org,subscribed\nADA@example.org,Opted-Out\n"
    done = run(store, tmp_path, "list.csv", text)
    assert added(done) == []
    assert done.newly_gone == 1


def test_a_reader_of_this_installation_leaves_only_by_a_later_date(
    store: Store, tmp_path: Path
) -> None:
    run(store, tmp_path, "list.csv", "email\nada@example.org\n")

    def status() -> AddressStatus:
        with store.read() as tx:
            address = subscriptions.find_address(tx, "ada@example.org")
        assert address is not None
        return address.status

    before = "email,status,unsubscribed_at\nada@example.org,unsubscribed,2025-01-01\n"
    assert run(store, tmp_path, "old.csv", before).newly_gone == 0
    assert status() is AddressStatus.ACTIVE
    no_date = "email,status\nada@example.org,unsubscribed\n"
    assert run(store, tmp_path, "undated.csv", no_date).newly_gone == 0
    profile = tmp_path / "caches.toml"
    file = tmp_path / "new.csv"
    file.write_text("email,status,unsubscribed_at\nada@example.org,unsubscribed,2026-06-01\n")
    july = datetime(2026, 7, 1, tzinfo=UTC)
    assert import_export(store, file, profile=profile, now=july, keys=KEYS).newly_gone == 1
    assert status() is AddressStatus.UNSUBSCRIBED


def test_a_status_that_is_not_known_is_named_and_subscribes_nobody(
    store: Store, tmp_path: Path
) -> None:
    done = run(store, tmp_path, "list.csv", "email,status\nada@example.org,PhD\nbob@x,left\n")
    ((_, result),) = done.files
    first, second = result.rejected
    assert (first.line, second.line) == (2, 3)
    assert "the status 'PhD' is not known" in first.reason
    assert added(done) == []


@pytest.mark.parametrize(
    "data, words",
    [
        (zipped({"readme.txt": "x"}), "no CSV file"),
        (zipped({f"{number}.csv": "email\n" for number in range(51)}), "more than 50"),
        (b"PK\x03\x04 and no zip", "cannot be read"),
    ],
)
def test_a_zip_that_is_no_export_is_refused(
    store: Store, tmp_path: Path, data: bytes, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        run(store, tmp_path, "audience.zip", data)


def test_a_zip_that_unpacks_to_too_much_is_refused(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_files, "MAX_BYTES", 1000)
    with pytest.raises(InputError, match="1,000 bytes"):
        run(store, tmp_path, "audience.zip", zipped({"a.csv": "email\n" + "x" * 2000}))


def test_the_status_of_a_single_file_may_be_in_its_name(store: Store, tmp_path: Path) -> None:
    name = "unsubscribed_members_export_1a2b3c4d5e.csv"
    done = run(store, tmp_path, name, MAILCHIMP[name])
    ((_, result),) = done.files
    assert [row.status for row in result.gone] == [ListStatus.LEFT]
    assert done.newly_gone == 1
