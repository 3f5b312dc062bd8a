from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import select, text, update
from support.builders import NOW
from support.schema_snapshot import picture

from digest.errors import StoreUnavailable, StoreVersion
from digest.store.database.connection import open_engine, parse_url
from digest.store.database.learned_tables import reader_paper
from digest.store.database.schema import HEAD, REVISIONS, alembic_version, counter, metadata
from digest.store.database.store import Store, transaction
from digest.store.maintenance import migrate
from digest.store.maintenance.migrate import SchemaState, check, upgrade
from digest.store.subscribers import profiles, subscriptions


def beside(database_url: str) -> str:
    """The URL of a second empty database."""
    if database_url.startswith("sqlite"):
        return database_url.replace("digest.db", "other.db")
    return f"{database_url}&options=-csearch_path%3Dother"


def test_the_revisions_are_those_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    config.set_main_option("recursive_version_locations", "true")
    scripts = list(ScriptDirectory.from_config(config).walk_revisions())
    assert tuple(script.revision for script in reversed(scripts)) == REVISIONS


def test_the_migrations_build_what_a_new_store_has(database_url: str) -> None:
    other = beside(database_url)
    with Store.open(database_url) as store:
        with store.write() as tx:
            if tx.dialect.name == "postgresql":
                tx.execute(text("CREATE SCHEMA other"))
        assert upgrade(other) == list(REVISIONS)
        with Store.open(other) as upgraded, store.read() as tx, upgraded.read() as other_tx:
            assert picture(other_tx) == picture(tx)
            assert picture(tx).keys() >= metadata.tables.keys()
            for table in (alembic_version, counter):
                rows = select(table)
                assert set(other_tx.execute(rows).all()) == set(tx.execute(rows).all())
            assert upgraded.instance_id != store.instance_id


def test_profiles_of_the_schema_before_are_moved_and_shared(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = '[[topics]]\nname = "T"\nkeywords = ["bee"]\n'
    own = [f'email = "reader{number}@example.org"\n{topic}' for number in range(1201)]
    own[7] = f'name = "Seven"\n{own[7]}'
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "REVISIONS", REVISIONS[: REVISIONS.index("0007")])
        patch.setattr(migrate, "HEAD", "0006")
        upgrade(database_url)
    engine = open_engine(parse_url(database_url))
    with transaction(engine, write=True) as tx:
        tx.execute(
            text(
                "INSERT INTO address (id, email, email_key, status, created_at, changed_at)"
                " VALUES (:id, :email, :email, 'active', :now, :now)"
            ),
            [
                {"id": number, "email": f"reader{number}@example.org", "now": NOW}
                for number in range(1201)
            ],
        )
        tx.execute(
            text(
                "INSERT INTO subscription (id, address_id, name, origin, profile_text, paused,"
                " read_through, next_due, created_at)"
                " VALUES (:id, :id, 'lab', 'import', :text, :no, 0, :now, :now)"
            ),
            [
                {"id": number, "text": written, "no": False, "now": NOW}
                for number, written in enumerate(own)
            ],
        )
    engine.dispose()
    assert upgrade(database_url) == [f"{number:04}" for number in range(7, 16)]
    with Store.open(database_url) as store, store.read() as tx:
        live = subscriptions.live_subscriptions(tx)
        assert [profiles.text_of(tx, item) for item in live] == own
        assert len({item.profile_id for item in live}) == 2


def test_papers_that_were_saved_before_are_kept(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "REVISIONS", REVISIONS[: REVISIONS.index("0013")])
        patch.setattr(migrate, "HEAD", "0012")
        upgrade(database_url)
    engine = open_engine(parse_url(database_url))
    with transaction(engine, write=True) as tx:
        for statement in (
            "INSERT INTO address VALUES (1, 'a@b.example', 'a@b.example', 'active', :now, :now)",
            (
                "INSERT INTO subscription (id, address_id, name, origin, paused, read_through,"
                " created_at) VALUES (1, 1, 'papers', 'web', :no, 0, :now)"
            ),
            "INSERT INTO paper (id, first_seen_at) VALUES (1, :now), (2, :now)",
            "INSERT INTO feedback VALUES (1, 1, 'saved', :now), (1, 2, 'less', :now)",
        ):
            values = {"now": NOW, "no": False}
            tx.execute(text(statement), {k: v for k, v in values.items() if f":{k}" in statement})
    engine.dispose()
    assert upgrade(database_url)[0] == "0013"
    with Store.open(database_url) as store, store.read() as tx:
        kept = tx.execute(select(reader_paper)).all()
    assert [tuple(row) for row in kept] == [(1, 1, NOW, "")]


def test_upgrading_twice_does_nothing(database_url: str) -> None:
    assert upgrade(database_url) == list(REVISIONS)
    assert upgrade(database_url) == []


def test_checking_says_how_the_schema_stands(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check(database_url) == SchemaState(current=None, head=HEAD, state="empty")
    with Store.open(database_url) as store:
        assert check(database_url) == SchemaState(current=HEAD, head=HEAD, state="current")
        with monkeypatch.context() as patch:
            patch.setattr(migrate, "REVISIONS", (*REVISIONS, "9999"))
            patch.setattr(migrate, "HEAD", "9999")
            assert check(database_url).state == "older"
        with store.write() as tx:
            tx.execute(update(alembic_version).values(version_num="9999"))
    assert check(database_url) == SchemaState(current="9999", head=HEAD, state="newer")
    with pytest.raises(StoreVersion, match="nothing was changed"):
        upgrade(database_url)


def test_checking_creates_no_file(tmp_path: Path) -> None:
    assert check(f"sqlite:///{tmp_path}/digest.db").state == "empty"
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StoreUnavailable, match="folder does not exist"):
        check(f"sqlite:///{tmp_path}/absent/digest.db")
