"""Mailing lists and shared profile files by the commands alone, as an operator uses them."""

from pathlib import Path

import pytest
from support.homes import PROFILE, DigestHome, Mailbox

ADA, BO, CY = "ada@reader.example", "bo@reader.example", "cy@reader.example"
MONDAY, TUESDAY, WEDNESDAY = (f"2026-05-{day}T06:00:00Z" for day in (11, 12, 13))
TOPICS = PROFILE.partition("\n")[2]
LISTS = """\
[[lists]]
name = "graphs"
title = "Graph Letters"
profile = "lists/graphs.toml"
sender = "Graph Letters <graphs@example.org>"

[[lists]]
name = "agents"
title = "Agent Letters"
profile = "lists/agents.toml"
offered = false
"""


@pytest.fixture
def home(digest_home: DigestHome, samples: list[Path]) -> DigestHome:
    for folder in ("lists", "groups"):
        (digest_home.path / folder).mkdir()
    for file in ("lists/graphs", "lists/agents", "groups/lab"):
        (digest_home.path / f"{file}.toml").write_text(TOPICS, "utf-8")
    (digest_home.path / "lists.toml").write_text(LISTS, "utf-8")
    digest_home.dump(samples[0])
    return digest_home


def profile_names(home: DigestHome, email: str) -> list[str]:
    kept = home.json("subscribers", "export", email)["kept"]["subscription"]
    return [row["profile_text"].split('name = "')[1].split('"')[0] for row in kept]


def test_every_follower_of_a_file_gets_its_change(home: DigestHome, tmp_path: Path) -> None:
    csv = tmp_path / "list.csv"
    csv.write_text(f"email,profile,list\n{ADA},{home.path}/groups/lab.toml,\n{BO},,graphs\n,,\n")
    planned = home.digest("--json", "subscribers", "import", csv, "--dry-run", "--now", MONDAY)
    assert [(row["line"], row["outcome"]) for row in planned.result["rows"]] == [
        (2, "added"),
        (3, "added"),
        (4, "rejected"),
    ]
    shown = home.digest("subscribers", "import", csv, "--dry-run", "--show-addresses")
    assert f"line 3: {BO}: would be added" in shown.out
    assert "Nothing was changed. It would be:\n2 added, 0 known before, 1 rejected" in shown.out
    assert home.json("subscribers", "list")["subscriptions"] == []
    assert home.digest("subscribers", "import", csv, "--now", MONDAY).code == 1
    home.json("subscribers", "add", CY, "--profile", home.path / "groups/lab.toml")
    home.json("subscribers", "add", CY, "--list", "agents", "--now", MONDAY)
    assert home.digest("run", "--now", MONDAY).code == 0
    for file in ("lists/graphs", "lists/agents", "groups/lab"):
        path = home.path / f"{file}.toml"
        path.write_text(TOPICS.replace("Anything", f"Changed {path.stem}"), "utf-8")
    assert "4 subscriptions changed" in home.digest("run", "--now", TUESDAY).out
    assert profile_names(home, ADA) == ["Changed lab"]
    assert profile_names(home, BO) == ["Changed graphs"]
    assert profile_names(home, CY) == ["Changed lab", "Changed agents"]


def test_lists_are_shown_and_a_reader_of_two_gets_one_digest_of_each_a_day(
    home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    for name in ("graphs", "agents"):
        home.json("subscribers", "add", ADA, "--list", name, "--now", MONDAY)
    home.json("subscribers", "add", BO, "--list", "graphs", "--now", MONDAY)
    home.json("subscribers", "pause", BO, "--now", MONDAY)
    for _ in range(2):
        home.digest("run", "--now", MONDAY)
    assert sorted(str(message["From"]) for message in mailbox.messages()) == [
        "Agent Letters <digest@example.org>",
        "Graph Letters <graphs@example.org>",
    ]
    assert [message["To"] for message in mailbox.messages()] == [ADA, ADA]
    graphs, agents = home.json("lists")["lists"]
    assert (graphs["readers"], graphs["getting_mail"]) == (2, 1)
    assert graphs["last_digest"] == "2026-05-11"
    assert (agents["list_id"], agents["page"]) == ("agents.example.org", None)
    assert "2 readers (1 get no mail)" in home.digest("lists").out
    home.json("subscribers", "remove", ADA, "--list", "graphs", "--now", MONDAY)
    again = home.digest("subscribers", "add", ADA, "--list", "graphs", "--now", TUESDAY)
    assert again.code == 2
    assert "has left the list graphs" in again.err
    (left,) = home.json("subscribers", "list", "--left")["lists"]
    assert (left["email"], left["list"]) == (ADA, "graphs")
    home.dump(samples[1])
    home.digest("run", "--now", TUESDAY)
    assert str(mailbox.messages()[-1]["List-Id"]) == "Agent Letters <agents.example.org>"
    assert len(mailbox.messages()) == 3


def test_removed_files_and_lists_are_told_and_their_readers_can_be_moved(home: DigestHome) -> None:
    (home.path / "groups" / "other.toml").write_text(TOPICS, "utf-8")
    lab, other = home.path / "groups" / "lab.toml", home.path / "groups" / "other.toml"
    home.json("subscribers", "add", ADA, "--profile", lab)
    home.json("subscribers", "add", BO, "--profile", other)
    home.json("subscribers", "add", CY, "--list", "graphs")
    home.json("subscribers", "add", CY, "--list", "agents")
    home.digest("run", "--now", MONDAY)
    lab.unlink()
    (home.path / "lists.toml").write_text(LISTS.partition("\n\n")[2], "utf-8")
    answer = home.digest("run", "--now", TUESDAY)
    assert "groups/lab.toml was removed, so 1 subscription ended" in answer.err
    assert "the list graphs is not in lists.toml any more, so 1 subscription ended" in answer.err
    state = home.json("status", "--now", TUESDAY)
    assert {item["what"] for item in state["ended"]} == {"groups/lab.toml", "the list graphs"}
    assert "Ended, as their file or list was removed" in home.digest("status", "--now", TUESDAY).out
    moved = ("subscribers", "set-profile", "--all-using", lab, other)
    planned = home.json(*moved, "--dry-run")
    assert (planned["changed"], planned["skipped"]) == ([ADA], [])
    assert home.json("subscribers", "list")["subscriptions"][0]["email"] == BO
    assert (
        home.digest(*moved, "--now", WEDNESDAY).out
        == "1 subscription changed to groups/other.toml\n"
    )
    files = {
        item["email"]: item["profile_file"]
        for item in home.json("subscribers", "list")["subscriptions"]
    }
    assert files[ADA] == files[BO] == "groups/other.toml"
    ended = home.json("subscribers", "end", "--all-using", other, "--dry-run")
    assert ended == {"ended": 2, "dry_run": True}
    assert home.json("subscribers", "end", "--all-using", other)["ended"] == 2


def test_a_key_is_made_for_the_sender_of_a_list(home: DigestHome) -> None:
    file = home.path / "lists.toml"
    file.write_text(LISTS.replace("graphs@example.org", "graphs@birds.example"), "utf-8")
    key = home.json("dkim", "new", "--list", "graphs", "--type", "ed25519")
    assert key["name"] == "digest._domainkey.birds.example"
    assert key["settings"] == ['dkim_key = "dkim-graphs.pem"', 'dkim_selector = "digest"']
    refused = home.digest("dkim", "new", "--list", "agents")
    assert (refused.code, "has no sender of its own" in refused.err) == (2, True)


def test_a_wrong_list_is_reported_with_its_place(home: DigestHome) -> None:
    file = home.path / "lists.toml"
    file.write_text(LISTS.replace("title", "titel", 1), "utf-8")
    for command in (["run"], ["lists"], ["doctor"]):
        answer = home.digest(*command, "--now", MONDAY)
        assert answer.code == 2
        assert f'{file}:3:1: unknown key "titel"' in answer.out + answer.err
    file.write_text(LISTS.replace("lists/agents", "lists/gone"), "utf-8")
    assert "agents: " in home.digest("doctor", "--now", MONDAY).out
    assert home.digest("subscribers", "add", ADA, "--list", "none").code == 2
