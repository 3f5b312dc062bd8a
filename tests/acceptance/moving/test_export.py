"""An export: everything in one archive, which an empty home reads on either kind of database."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from support.homes import DigestHome, Mailbox

from digest.store.archive.shown_papers import BLOCK
from digest.store.database.schema import metadata
from digest.store.maintenance import exported_rows

DAY_1, DAY_2 = "2026-05-11T06:00:00Z", "2026-05-12T06:00:00Z"
PASSWORD = "a-password-of-the-server"


def tables(archive: Path) -> dict[str, list[Any]]:
    with zipfile.ZipFile(archive) as opened:
        return {
            name.removeprefix("tables/").removesuffix(".jsonl"): [
                json.loads(line) for line in opened.read(name).splitlines()
            ]
            for name in opened.namelist()
            if name.startswith("tables/")
        }


def write_env(home: DigestHome) -> None:
    lines = [
        "DIGEST_SECRET=" + "s" * 32,
        f"DIGEST_OPENALEX_KEY={PASSWORD}",
        "DIGEST_LANGUAGE=en",
        "DIGEST_LIST_NAME='Papers #1'",
    ]
    (home.path / ".env").write_text("\n".join(lines) + "\n", "utf-8")


@pytest.fixture
def lived_in(digest_home: DigestHome, samples: list[Path]) -> DigestHome:
    """A home after its first day, with everything that an export has."""
    write_env(digest_home)
    digest_home.profile("ada")
    shared = digest_home.path / "shared.toml"
    shared.write_text(
        'min_match = 1\n[[topics]]\nname = "All"\nkeywords = ["an*", "co*", "re*"]\n', "utf-8"
    )
    digest_home.json("subscribers", "add", "bob@example.org", "--profile", shared)
    digest_home.json("subscribers", "add", "eve@example.org", "--profile", shared,
                     "--consent", "by mail, 2026-05-01")  # fmt: skip
    digest_home.dump(samples[0])
    digest_home.json("run", "--now", DAY_1)
    digest_home.json("feedback", "ada@example.org", "more", "1")
    digest_home.json("feedback", "ada@example.org", "mute", "Ada Lovelace")
    digest_home.json("subscribers", "remove", "eve@example.org", "--now", DAY_1)
    digest_home.json("subscribers", "erase", "eve@example.org", "--now", DAY_1)
    (digest_home.path / "channels.toml").write_text(
        '[[channels]]\nname = "team"\nkind = "slack"\nurl = "https://hooks.example/a-secret-path"\n'
    )
    return digest_home


@pytest.fixture
def new_home(tmp_path: Path, mailbox: Mailbox, database_url: str) -> DigestHome:
    path = tmp_path / "new"
    path.mkdir()
    home = DigestHome(path, {**mailbox.environ, "DIGEST_DATABASE_URL": database_url,
                             "DIGEST_SECRET": "s" * 32})  # fmt: skip
    (path / "profiles").mkdir(mode=0o700)
    (path / "dumps").mkdir()
    return home


def test_a_home_moves_with_an_export_to_either_kind_of_database(
    lived_in: DigestHome,
    new_home: DigestHome,
    mailbox: Mailbox,
    samples: list[Path],
    tmp_path: Path,
) -> None:
    archive, again = tmp_path / "all.zip", tmp_path / "again.zip"
    exported = lived_in.json("export", archive, "--now", DAY_1)
    assert exported["rows"]["paper"] > 10
    assert (archive.stat().st_mode & 0o077) == 0

    # No secret leaves the home.
    with zipfile.ZipFile(archive) as opened:
        whole = b"\n".join(opened.read(name) for name in opened.namelist()).decode()
        settings = opened.read("home/settings.env").decode()
        manifest = json.loads(opened.read("manifest.json"))
    for secret in (PASSWORD, "s" * 32, "a-secret-path", "message key"):
        assert secret not in whole
    assert "DIGEST_LANGUAGE=en\n" in settings
    assert "DIGEST_LIST_NAME='Papers #1'\n" in settings
    assert "# DIGEST_SECRET=" in settings
    assert manifest["channels"] == [{"name": "team", "kind": "slack"}]

    done = new_home.json("import", archive, "--as-is", "--now", DAY_1)
    assert "profiles/ada.toml" in done["written"]
    assert done["channels"] == ["team"]
    new_home.json("export", again, "--now", DAY_1)
    before, after = tables(archive), tables(again)
    for name in ("feedback", "author_choice", "suppression", "edition", "profile"):
        assert before[name], f"the test has rows of {name}"
    for name, rows in before.items():
        assert after[name] == rows, name
    # The new home goes on where the old one was: no paper twice, and who was erased stays gone.
    received = len(mailbox.received)
    new_home.json("run", "--now", DAY_1)
    assert len(mailbox.received) == received
    refused = new_home.digest(
        "subscribers", "add", "eve@example.org", "--profile", lived_in.path / "shared.toml"
    )
    assert "so it gets no mail" in refused.err
    new_home.dump(samples[1])
    new_home.json("run", "--now", DAY_2)
    assert {message["To"] for message in mailbox.messages()[received:]} <= {
        "ada@example.org",
        "bob@example.org",
    }
    shown = tables_of_papers(new_home, tmp_path / "last.zip")
    assert len(shown) == len(set(shown)), "no paper is shown twice"

    # A home with data is not overwritten.
    full = new_home.digest("import", archive)
    assert full.code == 2
    assert "contains data; use an empty database (only `digest db restore`" in full.err


def tables_of_papers(home: DigestHome, archive: Path) -> list[tuple[int, int]]:
    home.json("export", archive)
    return [(row["subscription_id"], row["paper_id"]) for row in tables(archive)["edition_paper"]]


def test_without_as_is_nothing_that_waited_is_sent(
    lived_in: DigestHome,
    mailbox: Mailbox,
    samples: list[Path],
    tmp_path: Path,
) -> None:
    lived_in.dump(samples[1])
    lived_in.json("collect", "--now", DAY_2)
    lived_in.json("publish", "--now", DAY_2)
    lived_in.json("export", tmp_path / "all.zip", "--now", DAY_2)
    new = DigestHome(tmp_path / "new", dict(mailbox.environ))
    new.path.mkdir()
    (new.path / "profiles").mkdir(mode=0o700)
    done = new.json("import", tmp_path / "all.zip", "--now", DAY_2)
    assert done["held"] > 0
    received = len(mailbox.received)
    assert new.json("deliver", "--now", DAY_2)["sent"] == 0
    assert len(mailbox.received) == received


DAMAGES = [
    ("manifest.json", b"{}", "no export"),
    ("tables/paper.jsonl", b"not json\n", "paper.jsonl:1: no JSON"),
    ("tables/paper.jsonl", b'{"id": 1, "colour": "red"}\n', "unknown column colour"),
    ("tables/address.jsonl", b'{"id": 1, "created_at": "yesterday"}\n', "no row of address"),
    ("tables/identifier.jsonl", b'{"scheme": "doi", "value": "10.1/x", "paper_id": 77}\n',
     "rows do not fit together"),
    ("home/../evil.toml", b"", "unexpected name"),
    ("home/.env", b"", "unexpected name"),
    ("home/channels.toml", b"", "unexpected name"),
    ("home/lists/key.pem", b"", "unexpected name"),
]  # fmt: skip


def test_a_damaged_archive_is_refused_and_changes_nothing(
    bare_home: DigestHome, tmp_path: Path
) -> None:
    whole, broken = tmp_path / "all.zip", tmp_path / "broken.zip"
    bare_home.json("export", whole)
    for name, text, words in DAMAGES:
        with zipfile.ZipFile(whole) as old, zipfile.ZipFile(broken, "w") as new:
            for item in old.namelist():
                if item != name:
                    new.writestr(item, old.read(item))
            new.writestr(name, text)
        found = bare_home.digest("import", broken)
        assert found.code in (1, 2), name
        assert words in found.err
    assert not (tmp_path / "evil.toml").exists()
    assert bare_home.json("import", whole)["rows"]["paper"] == 0


def test_each_table_is_exported_and_described_or_left_out_for_a_reason() -> None:
    exported = {table.name for table in exported_rows.exported_tables()}
    assert exported == set(exported_rows.DESCRIPTIONS)
    left_out = {table.name for table in metadata.sorted_tables} - exported
    assert left_out == {
        "admin_session", "api_answer", "api_token", "counter", "job_runs", "meta", "paper_vector",
        "send_rate", "service_request", "site_event", "site_request", "webhook", "webhook_message",
        "shown_papers",  # exported as edition_paper, with a line for each paper
    }  # fmt: skip


def test_shown_papers_are_read_in_the_order_of_earlier_versions() -> None:
    lines = [
        {"subscription_id": subscription, "paper_id": paper, "edition_id": edition}
        for subscription, paper, edition in (
            (1, 3, 7),
            (1, 4, 7),
            (1, 4, 9),
            (1, 600, 7),
            (2, 4, 8),
        )
    ]
    rows = [tuple(row.values()) for row in exported_rows.packed(lines)]
    assert rows == [
        (0, 1, 7, bytes([3, 4])),
        (0, 1, 9, bytes([4])),
        (600 // BLOCK, 1, 7, bytes([600 % BLOCK])),
        (0, 2, 8, bytes([4])),
    ]


def test_mailing_lists_move_with_their_files_and_who_left_stays_gone(
    digest_home: DigestHome, new_home: DigestHome, tmp_path: Path
) -> None:
    old, archive = digest_home.path, tmp_path / "lists.zip"
    write_env(digest_home)
    (old / "lists").mkdir()
    (old / "lists" / "birds.toml").write_text('[[topics]]\nname = "T"\nkeywords = ["storks"]\n')
    (old / "lists" / "look.toml").write_text('base = "playful"\n')
    (old / "lists" / "bees.toml").write_text('[[topics]]\nname = "T"\nkeywords = ["bees"]\n')
    (old / "birds.pem").write_text("a secret")
    (old / "lists.toml").write_text(
        '[[lists]]\nname = "birds"\ntitle = "Birds"\nprofile = "lists/birds.toml"\n'
        'theme = "lists/look.toml"\nsender = "B <b@birds.example>"\ndkim_key = "birds.pem"\n'
        '[[lists]]\nname = "bees"\ntitle = "Bees"\nprofile = "lists/bees.toml"\ntheme = "journal"\n'
    )
    for name in ("birds", "bees"):
        digest_home.json("subscribers", "add", "ada@example.org", "--list", name, "--now", DAY_1)
    digest_home.json("subscribers", "remove", "ada@example.org", "--list", "bees", "--now", DAY_1)
    exported = digest_home.json("export", archive, "--now", DAY_2)
    lists = {"lists.toml", "lists/birds.toml", "lists/look.toml", "lists/bees.toml"}
    assert {name for name in exported["files"] if "lists" in name or "birds" in name} == lists
    done = new_home.json("import", archive, "--as-is", "--now", DAY_2)
    assert lists <= set(done["written"])
    (new_home.path / "birds.pem").write_text("")
    found = new_home.json("lists")
    assert [(item["name"], item["readers"]) for item in found["lists"]] == [
        ("birds", 1),
        ("bees", 0),
    ]
    refused = new_home.digest("subscribers", "add", "ada@example.org", "--list", "bees")
    assert "has left the list bees" in refused.err
