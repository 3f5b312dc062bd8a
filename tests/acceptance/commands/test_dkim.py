"""`digest dkim new`, and the signatures of sent messages."""

from pathlib import Path

import dkim
import pytest
from support.homes import House, Mailbox

DAY_1 = "2026-05-11T06:00:00Z"
SIGNING = {"DIGEST_DKIM_KEY": "dkim-digest.pem", "DIGEST_BASE_URL": "https://digest.example.org"}


@pytest.fixture
def reader(house: House, samples: list[Path]) -> House:
    """A home with a reader, and papers to send."""
    house.profile("ada")
    house.dump(samples[0])
    return house


def test_a_key_is_made_once_and_then_signs_what_is_sent(reader: House, mailbox: Mailbox) -> None:
    house = reader
    key = house.json("dkim", "new")
    assert (house.path / "dkim-digest.pem").stat().st_mode & 0o777 == 0o600
    again = house.digest("dkim", "new")
    assert (again.code, "was not overwritten" in again.err) == (2, True)
    house.environ.update(SIGNING)
    house.json("collect", "--now", DAY_1)
    trial = house.digest(
        "send", "--to", "bob@example.org", "--profile", house.path / "profiles/ada.toml"
    )
    assert trial.code == 0, trial.err
    house.json("run", "--now", DAY_1)
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


def test_an_ed25519_key_is_made_under_another_selector(house: House) -> None:
    key = house.json("dkim", "new", "--type", "ed25519", "--selector", "ed")
    assert key["name"] == "ed._domainkey.example.org"
    assert key["value"].startswith("v=DKIM1; k=ed25519; p=")
    assert key["settings"] == ["DIGEST_DKIM_KEY=dkim-ed.pem", "DIGEST_DKIM_SELECTOR=ed"]


def test_without_a_sender_there_is_no_domain_to_sign_for(house: House) -> None:
    del house.environ["DIGEST_FROM"]
    answer = house.digest("dkim", "new")
    assert (answer.code, "DIGEST_FROM" in answer.err) == (2, True)


def test_a_key_that_cannot_be_used_stops_the_run_before_any_message_is_sent(
    reader: House, mailbox: Mailbox
) -> None:
    house = reader
    house.environ.update(SIGNING)
    answer = house.digest("run", "--now", DAY_1)
    assert (answer.code, "digest dkim new" in answer.err) == (2, True)
    assert house.json("dkim", "new")
    assert house.json("run", "--now", DAY_1)["delivery"]["sent"] == 1
    assert len(mailbox.received) == 1
