"""`digest dkim new`, and the signatures of sent messages."""

from pathlib import Path

import dkim
import pytest
from support.homes import DigestHome, Mailbox

DAY_1 = "2026-05-11T06:00:00Z"
SIGNING = {"DIGEST_DKIM_KEY": "dkim-digest.pem", "DIGEST_BASE_URL": "https://digest.example.org"}


@pytest.fixture
def reader(digest_home: DigestHome, samples: list[Path]) -> DigestHome:
    """A home with a reader, and papers to send."""
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    return digest_home


def test_a_key_is_made_once_and_then_signs_what_is_sent(
    reader: DigestHome, mailbox: Mailbox
) -> None:
    digest_home = reader
    key = digest_home.json("dkim", "new")
    assert (digest_home.path / "dkim-digest.pem").stat().st_mode & 0o777 == 0o600
    again = digest_home.digest("dkim", "new")
    assert (again.code, "was not overwritten" in again.err) == (2, True)
    digest_home.environ.update(SIGNING)
    digest_home.json("collect", "--now", DAY_1)
    trial = digest_home.digest(
        "send", "--to", "bob@example.org", "--profile", digest_home.path / "profiles/ada.toml"
    )
    assert trial.code == 0, trial.err
    digest_home.json("run", "--now", DAY_1)
    record = {f"{key['name']}.".encode(): key["value"].encode()}
    for item in mailbox.received:
        assert dkim.verify(item.message, dnsfunc=lambda name, **_: record[name])
    sent_on_trial, sent = mailbox.messages()
    assert sorted(sent_on_trial.keys()) == sorted(sent.keys()), (
        "a test message has the same headers as any other"
    )
    signed = "".join(str(sent["DKIM-Signature"]).split()).lower()
    for name in set(sent.keys()) - {"DKIM-Signature"}:
        assert f":{name.lower()}:" in signed or f"h={name.lower()}:" in signed
    assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert str(sent["Feedback-ID"]).startswith("2026-05-11:digest:")


def test_an_ed25519_key_is_made_under_another_selector(digest_home: DigestHome) -> None:
    key = digest_home.json("dkim", "new", "--type", "ed25519", "--selector", "ed")
    assert key["name"] == "ed._domainkey.example.org"
    assert key["value"].startswith("v=DKIM1; k=ed25519; p=")
    assert key["settings"] == ["DIGEST_DKIM_KEY=dkim-ed.pem", "DIGEST_DKIM_SELECTOR=ed"]


def test_without_a_sender_there_is_no_domain_to_sign_for(digest_home: DigestHome) -> None:
    del digest_home.environ["DIGEST_FROM"]
    answer = digest_home.digest("dkim", "new")
    assert (answer.code, "DIGEST_FROM" in answer.err) == (2, True)


def test_a_key_that_cannot_be_used_stops_the_run_before_any_message_is_sent(
    reader: DigestHome, mailbox: Mailbox
) -> None:
    digest_home = reader
    digest_home.environ.update(SIGNING)
    answer = digest_home.digest("run", "--now", DAY_1)
    assert (answer.code, "digest dkim new" in answer.err) == (2, True)
    assert digest_home.json("dkim", "new")
    assert digest_home.json("run", "--now", DAY_1)["delivery"]["sent"] == 1
    assert len(mailbox.received) == 1
