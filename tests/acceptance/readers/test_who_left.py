"""The commands name who left, and tell it by their exit codes and their JSON."""

from pathlib import Path

import pytest
from support.homes import SAMPLES as PAPERS
from support.homes import DigestHome, Mailbox

from digest.core.subscribers import signed_tokens

TOPIC = '[[topics]]\nname = "T"\nkeywords = ["re*"]\n'
SECRET = "a-secret-of-the-tests-that-is-long-enough-1234"
ADA = "ada@reader.example"
LEFT, LATER = "2026-05-11T06:00:00Z", "2026-05-12T06:00:00Z"
CONSENT = "by phone, 2026-05-11T07:30Z"


@pytest.fixture
def csv(digest_home: DigestHome) -> Path:
    """A list of two readers that was imported; one of them then unsubscribed by mail."""
    digest_home.environ["DIGEST_SECRET"] = SECRET
    (digest_home.path / "lab.toml").write_text(TOPIC)
    csv = digest_home.path / "list.csv"
    csv.write_text(f"email,profile\n{ADA},lab.toml\nbo@reader.example,lab.toml\n")
    assert digest_home.json("subscribers", "import", csv, "--now", LEFT)["added"] == [
        ADA,
        "bo@reader.example",
    ]
    token = signed_tokens.sign(signed_tokens.UNSUBSCRIBE, 1, secret=SECRET.encode())
    request = digest_home.path / "request.eml"
    request.write_text(
        f"From: {ADA}\nTo: digest@example.org\nSubject: unsubscribe {token}\n\n", "utf-8"
    )
    assert "1 unsubscribe" in digest_home.digest("bounces", request, "--now", LEFT).out
    return csv


@pytest.mark.parametrize("erased", [False, True])
def test_an_import_names_who_left_with_exit_code_1(
    digest_home: DigestHome, csv: Path, *, erased: bool
) -> None:
    if erased:
        digest_home.json("subscribers", "erase", ADA, "--now", LEFT)
    again = digest_home.digest("--json", "subscribers", "import", csv, "--now", LATER)
    assert again.code == 1
    (row,) = again.result["left"]
    assert (row["line"], row["email"], row["since"]) == (2, ADA, "2026-05-11T06:00:00+00:00")
    assert row["status"] == ("erased" if erased else "unsubscribed")
    assert (again.result["added"], again.result["known"]) == ([], ["bo@reader.example"])
    shown = digest_home.digest("subscribers", "import", csv, "--now", LATER, "--show-addresses")
    assert shown.code == 1
    assert "1 reader not added, because they have left" in shown.out
    assert f"list.csv:2: {ADA} " in shown.err
    assert [
        item["status"] for item in digest_home.json("subscribers", "list")["subscriptions"]
    ] == [
        *(["unsubscribed"] if not erased else []),
        "active",
    ]


@pytest.mark.parametrize("erased", [False, True])
def test_add_refuses_who_left_until_there_is_a_newer_consent(
    digest_home: DigestHome, csv: Path, *, erased: bool
) -> None:
    del csv
    if erased:
        digest_home.json("subscribers", "erase", ADA, "--now", LEFT)
    command = (
        "subscribers",
        "add",
        ADA,
        "--profile",
        digest_home.path / "lab.toml",
        "--now",
        LATER,
    )
    for further in ((), ("--consent", "old list, 2026-05-10")):
        refused = digest_home.digest("--json", *command, *further)
        assert refused.code == 2
        assert ADA in refused.result["error"]
    wrong = digest_home.digest(*command, "--consent", "yes")
    assert (wrong.code, "--consent contains no date" in wrong.err) == (2, True)
    assert digest_home.json(*command, "--consent", CONSENT)["added"] is True
    shown = digest_home.json("subscribers", "show", ADA)
    assert shown["status"] == "active"
    (entry,) = [entry for entry in shown["consent"] if "evidence" in entry]
    assert (entry["evidence"], entry["given_at"]) == (CONSENT, "2026-05-11T07:30:00+00:00")
    assert entry["detail"] == "digest subscribers add"
    assert f"consent: {CONSENT}" in digest_home.digest("subscribers", "show", ADA).out


def test_an_import_with_a_consent_for_the_run_brings_back_who_left_before_it(
    digest_home: DigestHome, csv: Path
) -> None:
    done = digest_home.json("subscribers", "import", csv, "--now", LATER, "--consent", CONSENT)
    assert (done["added"], done["left"]) == ([ADA], [])


def test_the_readers_who_left_are_listed_also_after_their_subscriptions_ended(
    digest_home: DigestHome, csv: Path
) -> None:
    del csv
    digest_home.json("subscribers", "remove", "bo@reader.example", "--now", LATER)
    assert digest_home.json("subscribers", "list", "--left")["left"] == [
        {"email": ADA, "status": "unsubscribed", "since": "2026-05-11T06:00:00+00:00"},
        {
            "email": "bo@reader.example",
            "status": "unsubscribed",
            "since": "2026-05-12T06:00:00+00:00",
        },
    ]
    assert f"{ADA}  " in digest_home.digest("subscribers", "list", "--left").out


def test_no_test_mail_is_sent_to_who_left(
    digest_home: DigestHome, csv: Path, mailbox: Mailbox
) -> None:
    del csv
    send = ("send", "--profile", digest_home.profile("me"), "--to")
    refused = digest_home.digest(*send, ADA)
    assert (refused.code, "has unsubscribed" in refused.err) == (2, True)
    digest_home.dump(min(PAPERS.glob("*.txt")))
    assert digest_home.digest("collect").code == 0
    assert digest_home.json(*send, "bo@reader.example")["outcome"] == "sent"
    assert len(mailbox.received) == 1


def test_a_restored_backup_names_who_left_after_it(digest_home: DigestHome, csv: Path) -> None:
    del csv
    digest_home.json("db", "backup", digest_home.path / "saved.db")
    digest_home.json("subscribers", "remove", "bo@reader.example", "--now", LATER)
    done = digest_home.json("db", "restore", digest_home.path / "saved.db", "--replace")
    assert (done["left_since"], done["left"], done["erased_since"]) == (
        1,
        ["bo@reader.example"],
        0,
    )


def test_list_and_show_say_where_each_profile_comes_from_and_set_profile_changes_it(
    digest_home: DigestHome, csv: Path
) -> None:
    del csv
    digest_home.profile("cy", email="cy@reader.example")
    digest_home.digest("publish", "--now", LATER)
    files = [
        item["profile_file"] for item in digest_home.json("subscribers", "list")["subscriptions"]
    ]
    assert files == ["lab.toml", "lab.toml", "profiles/cy.toml"]
    (digest_home.path / "other.toml").write_text(TOPIC)
    changed = digest_home.json(
        "subscribers", "set-profile", "bo@reader.example", digest_home.path / "other.toml"
    )
    assert changed == {
        "email": "bo@reader.example",
        "subscription": "other",
        "profile_file": "other.toml",
    }
    assert (
        "other (import): other.toml"
        in digest_home.digest("subscribers", "show", "bo@reader.example").out
    )
    refused = digest_home.digest(
        "subscribers", "set-profile", "cy@reader.example", digest_home.path / "other.toml"
    )
    assert (refused.code, "edit its file" in refused.err) == (2, True)


def test_an_import_of_a_reader_with_a_profile_file_says_so(
    digest_home: DigestHome, csv: Path
) -> None:
    digest_home.profile("cy", email="cy@reader.example")
    csv.write_text("email,profile\ncy@reader.example,lab.toml\n")
    answer = digest_home.digest("--json", "subscribers", "import", csv)
    assert answer.code == 1
    assert [item["email"] for item in answer.result["with_file"]] == ["cy@reader.example"]


def test_tidy_removes_who_left_long_ago(digest_home: DigestHome, csv: Path) -> None:
    kept = digest_home.json("tidy", "--now", "2027-05-11T05:00:00Z")["removed_readers"]
    assert kept == {"before": "2026-05-11T05:00:00+00:00", "readers": 0, "bounces": 0}
    done = digest_home.digest("tidy", "--now", "2027-05-12T06:00:00Z")
    assert "1 former reader and 0 reports of bounces from before 2026-05-12 removed" in done.out
    again = digest_home.digest("--json", "subscribers", "import", csv)
    assert [row["status"] for row in again.result["left"]] == ["erased"]
