"""Digests that go to channels: what arrives there, and what the operator is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.homes import PROFILE, DigestHome, Mailbox
from support.servers.channel_server import ChannelServer, channel_server, reply

NOW, LATER = "2026-05-11T06:00:00Z", "2026-05-11T12:00:00Z"
SECRET = "T0123-B0123-a-secret-of-slack"


@pytest.fixture
def service() -> Iterator[ChannelServer]:
    with channel_server() as server:
        yield server


def add_reader(home: DigestHome, name: str, channel: str) -> None:
    home.profile(name, f'deliver_to = "{channel}"\n' + PROFILE.format(email=f"{name}@example.org"))


def write_channels(home: DigestHome, *tables: str) -> None:
    text = "\n".join(f"[[channels]]\n{table}\n" for table in tables)
    (home.path / "channels.toml").write_text(text, "utf-8")


def slack(service: ChannelServer) -> str:
    service.good = b"ok"
    return f'name = "team"\nkind = "slack"\nurl = "{service.url}/{SECRET}"\ninside = true'


def test_each_reader_gets_the_digest_where_the_profile_says(
    digest_home: DigestHome, mailbox: Mailbox, service: ChannelServer, samples: list[Path]
) -> None:
    (digest_home.path / "notes").mkdir()
    write_channels(digest_home, slack(service), 'name = "notes"\nkind = "folder"\npath = "notes"')
    for name, channel in (("ada", "team"), ("bob", "notes"), ("eve", "rss")):
        add_reader(digest_home, name, channel)
    digest_home.profile("zoe")
    digest_home.dump(samples[0])

    dry = digest_home.json("run", "--dry-run", "--now", NOW)
    assert dry["delivery"]["sent"] == 4
    assert service.received == []
    assert not list((digest_home.path / "notes").iterdir())

    # A wrong file of channels holds up no mail, and the report says what is wrong.
    channels = digest_home.path / "channels.toml"
    right = channels.read_text("utf-8")
    channels.write_text(right.replace("slack", "slak"), "utf-8")
    wrong = digest_home.digest("run", "--json", "--now", NOW).result["delivery"]
    assert wrong["sent"] == 1
    assert "'slak' is not a kind of channel" in wrong["problem"].replace('"', "'")
    channels.write_text(right, "utf-8")

    # A mail server that is down holds up no channel.
    digest_home.profile("yan")
    down = digest_home.digest("run", "--now", NOW, environ={"DIGEST_SMTP_PORT": "1"})
    assert len(service.received) == 1, down
    assert digest_home.json("run", "--now", NOW)["delivery"]["sent"] == 1
    assert [message["To"] for message in mailbox.messages()] == [
        "zoe@example.org",
        "yan@example.org",
    ]
    (request,) = service.received
    assert request.line == f"POST /{SECRET} HTTP/1.1"
    shown = str(request.json["blocks"])
    (file,) = (digest_home.path / "notes").iterdir()
    assert file.name.startswith("2026-05-11-")
    lines = file.read_text("utf-8").splitlines()
    (title,) = [line for line in lines if line.startswith("1\N{EN SPACE}")]
    words = [word for word in title.split() if word.isalpha()]
    assert words
    assert all(word in shown for word in words)

    why = digest_home.digest("why-no-mail", "bob@example.org", "--now", LATER).out
    assert f"to the channel notes: folder: {file.name}" in why
    assert "mailbox" not in why

    # Nothing is sent twice, and no log or report has the secret.
    again = digest_home.digest("run", "--now", LATER)
    status = digest_home.digest("status", "--json", "--now", LATER)
    assert len(service.received) == 1
    assert SECRET not in again.out + again.err + status.out


def test_a_home_whose_digests_all_go_to_channels_needs_no_mail_server(
    bare_home: DigestHome, service: ChannelServer, samples: list[Path]
) -> None:
    write_channels(bare_home, slack(service))
    add_reader(bare_home, "ada", "team")
    bare_home.dump(samples[0])
    service.ways = [reply(503, b"later"), reply(404, f"no {SECRET}".encode())]

    first = bare_home.digest("run", "--json", "--now", NOW)
    delivery = first.result["delivery"]
    assert (delivery["sent"], delivery["deferred"]) == (0, 1)
    second = bare_home.digest("deliver", "--json", "--now", LATER)
    assert second.result["refused"] == 1
    (letter,) = second.result["letters"]
    assert "channels.toml" in letter["reason"]
    assert SECRET not in first.out + first.err + second.out + second.err
    # What was refused waits for the operator, as with mail.
    edition = str(letter["edition"])
    assert bare_home.json("deliver", "--release", edition, "--now", LATER)["released"] == [
        int(edition)
    ]
    assert bare_home.json("deliver", "--now", LATER)["sent"] == 1


@pytest.mark.parametrize(
    "kill, messages",
    [
        (("digest.store.editions.claims:start_attempt", "before"), 1),
        (("digest.channels.channel:HttpChannel.send", "before"), 1),
        # Killed after sending: it is in doubt, and DIGEST_IN_DOUBT=resend sends it again.
        (("digest.channels.channel:HttpChannel.send", "after"), 2),
        # The commit comes after the call.
        (("digest.store.editions.claims:settle_attempt", "after"), 2),
    ],
)
def test_a_killed_run_loses_no_digest_of_a_channel(
    bare_home: DigestHome,
    service: ChannelServer,
    samples: list[Path],
    kill: tuple[str, str],
    messages: int,
) -> None:
    write_channels(bare_home, slack(service))
    add_reader(bare_home, "ada", "team")
    bare_home.dump(samples[0])
    bare_home.digest("run", "--now", NOW, killed_at=(*kill, "1"))
    for hour in ("07", "09", "13"):
        bare_home.digest("deliver", "--now", f"2026-05-11T{hour}:00:00Z")
    assert len(service.received) == messages


def test_the_doctor_and_a_test_message_say_what_is_wrong_with_a_channel(
    bare_home: DigestHome, service: ChannelServer
) -> None:
    write_channels(bare_home, slack(service), 'name = "notes"\nkind = "folder"\npath = "nowhere"')
    add_reader(bare_home, "ada", "taem")
    found = bare_home.digest("doctor", "--json")
    text = found.out
    assert "'taem' is not in channels.toml; did you mean team" in text or "team" in text
    assert "nowhere is no folder" in text
    assert service.received == []

    assert bare_home.json("channels", "test", "team")["outcome"] == "sent"
    assert len(service.received) == 1
    service.ways = [reply(403, b"invalid_token")]
    refused = bare_home.digest("channels", "test", "team")
    assert refused.code == 3
    assert "403 invalid_token" in refused.err
    assert SECRET not in refused.out + refused.err
    listed = bare_home.json("channels", "list")["channels"]
    assert [(row["name"], row["kind"]) for row in listed] == [
        ("team", "slack"),
        ("notes", "folder"),
    ]
