"""An import in batches gives what adding one reader after the other gives."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import select
from support.builders import NOW

from digest.config.profiles import loader as profile_loader
from digest.config.profiles.loader import load_all
from digest.core.models.subscribers import AddressStatus
from digest.errors import InputError, ProfileError, UsageError
from digest.pipeline.profiles import stored_profiles
from digest.pipeline.profiles.profile_sources import read_source
from digest.pipeline.subscribers import administration, csv_import, erasure
from digest.pipeline.subscribers.bulk_import import add_many
from digest.pipeline.subscribers.csv_import import ImportResult, import_csv
from digest.pipeline.subscribers.sync_profiles import sync_profiles
from digest.store.database import schema
from digest.store.database.store import Store
from digest.store.subscribers import bulk, profiles, subscriptions

TOPIC = '[[topics]]\nname = "Bees"\nkeywords = ["waggle dance"]\n'
KEYS = [b"k" * 32]
LATER = NOW + timedelta(hours=5)
TABLES = (schema.address, schema.consent, schema.subscription, schema.suppression)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return furnish(tmp_path / "home")


def furnish(home: Path) -> Path:
    for name in ("profiles", "groups"):
        (home / name).mkdir(parents=True)
    files = {
        "groups/lab.toml": TOPIC,
        "groups/own.toml": f'email = "ada@example.org"\n{TOPIC}',
        "groups/late.toml": f'# ours\nemail = "x@example.org"\n{TOPIC}',
        "groups/other.toml": f'name = "Other"\n{TOPIC}',
        "groups/broken.toml": f"{TOPIC}no_such_key = 1\n",
        "groups/no-toml.toml": "name = \n",
        "groups/escaped.toml": f'"em\\u0061il" = "x@example.org"\n{TOPIC}',
        "profiles/filed.toml": f'email = "filed@example.org"\n{TOPIC}',
        "profiles/wrong.toml": 'email = "wrong@example.org"\nno_such_key = 1\n',
    }
    for name, text in files.items():
        (home / name).write_text(text, "utf-8")
    return home


def imported(store: Store, home: Path, rows: str, *, now: Any = LATER) -> ImportResult:
    return import_csv(
        store,
        rows.encode(),
        file=home / "list.csv",
        profile=None,
        now=now,
        keys=KEYS,
        home=home,
        profiles=load_all(home / "profiles"),
    )


def one_by_one(store: Store, home: Path, rows: str) -> ImportResult:
    """The definition: `administration.add` for each row."""
    result = ImportResult()
    profiles_now = load_all(home / "profiles")
    for line, row in csv_import._rows(rows.encode(), home / "list.csv"):
        email = (row.get("email") or "").strip()
        try:
            done = administration.add(
                store,
                email=email,
                profile=read_source(path_of(row, home), home=home),
                now=LATER,
                keys=KEYS,
                profiles=profiles_now,
                consent=csv_import._row_consent(row, LATER),
                cause=f"digest subscribers import, list.csv line {line}",
            )
        except (UsageError, ProfileError) as error:
            csv_import._reject(result, line, email, str(error))
            continue
        csv_import._count(result, _Row(line=line, email=email), done)  # type: ignore[arg-type]
    return result


def path_of(row: dict[str, str], home: Path) -> Path:
    name = (row.get("profile") or "").strip()
    if not name:
        raise UsageError("has no profile; add a column profile, or give --profile")
    return home / name


@dataclass(frozen=True, kw_only=True)
class _Row:
    line: int
    email: str


def content(store: Store) -> dict[str, list[Any]]:
    """All rows of readers, with the texts of profiles in place of their ids."""
    with store.read() as tx:
        texts = dict(tx.execute(select(schema.profile.c.id, schema.profile.c.text)).all())
        found: dict[str, list[Any]] = {"profile": sorted(texts.values())}
        for table in TABLES:
            rows = tx.execute(select(table).order_by(*table.primary_key)).mappings()
            found[table.name] = [
                {**row, "profile_id": texts.get(row.get("profile_id"))} for row in rows
            ]
        stored = profiles.by_ids(tx, list(texts))
    assert all(item.is_readable for item in stored.values())
    return found


def past(store: Store, home: Path) -> None:
    """Readers of before: subscribed, paused, unsubscribed, suppressed, erased, and from a file."""
    names = ("kept", "paused", "left", "bounced", "erased")
    rows = "".join(f"{name}@example.org,groups/lab.toml\n" for name in names)
    imported(store, home, f"email,profile\n{rows}", now=NOW - timedelta(days=1))
    administration.pause(store, email="paused@example.org", now=NOW)
    administration.remove(store, email="left@example.org", now=NOW)
    with store.write() as tx:
        subscriptions.set_status(
            tx,
            "bounced@example.org",
            AddressStatus.SUPPRESSED,
            event="suppressed",
            origin="bounce",
            detail="",
            now=NOW,
        )
    none = replace(load_all(home / "profiles"), files=(), errors=())
    erasure.erase(store, email="erased@example.org", profiles=none, keys=KEYS, now=NOW)
    sync_profiles(store, load_all(home / "profiles"), now=NOW, keys=KEYS)


@pytest.fixture(scope="module")
def home_with_past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose database `past.db` has readers of before."""
    home = furnish(tmp_path_factory.mktemp("import") / "home")
    with Store.open(f"sqlite:///{home}/past.db") as store:
        past(store, home)
        with store.engine.connect() as connection:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return home


names = st.sampled_from(
    ["ada", "bo", "kept", "paused", "left", "bounced", "erased", "filed", "wrong"]
)
odd_emails = st.sampled_from(
    ["ADA@Example.org", "Kept@EXAMPLE.org", " bo@example.org ", "", "no address", "münchen@x.org"]
)
emails = names.map(lambda name: f"{name}@example.org") | odd_emails
groups = st.sampled_from(
    ["lab", "lab", "lab", "own", "late", "other", "broken", "no-toml", "escaped", "absent"]
)
files = groups.map(lambda name: f"groups/{name}.toml") | st.sampled_from(
    ["", "profiles/filed.toml"]
)
consents = st.sampled_from(
    ["", "", "", "form, 2026-05-12", "form, 2026-05-11T08:00", "form, 2020-01-01", "no date"]
)
lists = st.lists(st.tuples(emails, files, consents), max_size=12).map(
    lambda rows: "email,profile,consent\n" + "".join(f'{a},{b},"{c}"\n' for a, b, c in rows)
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(rows=lists, per_transaction=st.sampled_from([1, 3, 1000]))
def test_a_list_is_imported_as_if_its_readers_were_added_one_by_one(
    home_with_past: Path, rows: str, per_transaction: int
) -> None:
    home = home_with_past
    for name in ("bulk", "single"):
        (home / f"{name}.db").write_bytes((home / "past.db").read_bytes())
    with (
        Store.open(f"sqlite:///{home}/bulk.db") as together,
        Store.open(f"sqlite:///{home}/single.db") as single,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(csv_import, "_ROWS_PER_TRANSACTION", per_transaction)
        assert imported(together, home, rows) == one_by_one(single, home, rows)
        assert content(together) == content(single)


LIST = (
    "email,profile,consent\n"
    + "".join(f"reader{number}@example.org,groups/lab.toml,\n" for number in range(5))
    + 'left@example.org,groups/lab.toml,"form, 2026-05-11T10:00"\n'
    "kept@example.org,groups/other.toml,\n"
    "ada@example.org,groups/own.toml,\n"
    "bo@example.org,groups/own.toml,\n"
    "bounced@example.org,groups/lab.toml,\n"
    "filed@example.org,groups/lab.toml,\n"
    "ADA@example.org,groups/own.toml,\n"
    "erased@example.org,groups/lab.toml,\n"
)


def test_both_databases_import_the_same(store: Store, home: Path, tmp_path: Path) -> None:
    past(store, home)
    done = imported(store, home, LIST)
    with Store.open(f"sqlite:///{tmp_path}/single.db") as single:
        past(single, home)
        assert done == one_by_one(single, home, LIST)
        mine, theirs = content(store), content(single)
        for table in ("consent", "subscription"):
            mine[table], theirs[table] = (
                [{**row, "id": 0, "address_id": 0} for row in found[table]]
                for found in (mine, theirs)
            )
        mine["address"], theirs["address"] = (
            [{**row, "id": 0} for row in found["address"]] for found in (mine, theirs)
        )
        assert mine == theirs


def end_state(store: Store) -> list[tuple[Any, ...]]:
    with store.read() as tx:
        return sorted(
            (item.email, item.name, item.status, item.profile_file, profiles.text_of(tx, item))
            for item in subscriptions.live_subscriptions(tx)
        )


@pytest.mark.parametrize("finished", [0, 1, 2])
def test_an_import_that_was_killed_is_completed_by_the_next(
    store: Store, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, finished: int
) -> None:
    monkeypatch.setattr(csv_import, "_ROWS_PER_TRANSACTION", 4)
    with Store.open(f"sqlite:///{tmp_path}/whole.db") as whole:
        past(whole, home)
        imported(whole, home, LIST)
        wanted = end_state(whole)
    past(store, home)
    calls: list[int] = []

    def killed(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        done = add_many(*args, **kwargs)
        if len(calls) > finished:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(csv_import, "add_many", killed)
    with pytest.raises(KeyboardInterrupt):
        imported(store, home, LIST)
    assert end_state(store) != wanted
    monkeypatch.setattr(csv_import, "add_many", add_many)
    imported(store, home, LIST)
    assert end_state(store) == wanted
    assert imported(store, home, LIST).added == []


def test_rows_before_an_error_in_the_list_are_imported(store: Store, home: Path) -> None:
    rows = "email,profile\nada@example.org,groups/lab.toml\nbo@example.org" + "x" * 200_000
    with pytest.raises(InputError, match="not CSV"):
        imported(store, home, rows)
    with store.read() as tx:
        assert [item.email for item in subscriptions.live_subscriptions(tx)] == ["ada@example.org"]


def test_each_profile_file_is_parsed_once(
    store: Store, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile_loader._parse_cached.cache_clear()
    parsed: list[str] = []
    check = profile_loader._validate

    def counted(text: str) -> Any:
        parsed.append(text)
        return check(text)

    monkeypatch.setattr(profile_loader, "_validate", counted)
    rows = "".join(
        f"reader{number}@example.org,groups/{name}.toml\n"
        for number in range(20)
        for name in ("lab", "late")
    )
    done = import_csv(
        store, f"email,profile\n{rows}".encode(), file=home / "list.csv", profile=None, now=NOW,
        home=home,
    )  # fmt: skip
    assert (len(done.added), len(parsed)) == (40, 2)
    assert stored_profiles.compile_outdated(store) == 0


def test_an_address_that_another_process_adds_meanwhile_is_not_added_twice(
    store: Store, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if store.engine.dialect.name == "sqlite":  # has one writer at a time
        return
    known_readers = bulk.known_readers

    def meanwhile(*args: Any, **kwargs: Any) -> Any:
        found = known_readers(*args, **kwargs)
        monkeypatch.setattr(bulk, "known_readers", known_readers)
        source = read_source(home / "groups" / "lab.toml", home=home)
        administration.add(store, email="bo@example.org", profile=source, now=NOW)
        return found

    monkeypatch.setattr(bulk, "known_readers", meanwhile)
    rows = "".join(f"{name}@example.org,groups/lab.toml\n" for name in ("ada", "bo", "carl"))
    done = imported(store, home, f"email,profile\n{rows}")
    assert (done.added, done.existing) == (
        ["ada@example.org", "carl@example.org"],
        ["bo@example.org"],
    )
