"""`digest why-no-mail`, and what the operator does next."""

from pathlib import Path

from support.homes import House, Mailbox

DAY_1, DAY_1_LATER = "2026-05-11T06:00:00Z", "2026-05-11T09:00:00Z"
ADA = "ada@example.org"


def why_no_mail(house: House, now: str = DAY_1_LATER) -> str:
    answer = house.digest("why-no-mail", ADA, "--now", now)
    assert answer.code == 0, answer.err
    return answer.out


def test_a_sent_digest_is_shown_with_the_reply_of_the_server(
    house: House, samples: list[Path]
) -> None:
    house.profile("ada")
    house.dump(samples[0])
    house.json("run", "--now", DAY_1)
    assert "sent 2026-05-11 06:00 UTC; the server said: 250 OK" in why_no_mail(house)
    result = house.json("why-no-mail", ADA, "--now", DAY_1_LATER)
    assert [item["state"] for item in result["editions"]] == ["sent"]


def test_a_deferred_digest_is_shown_with_the_reason_and_the_next_attempt(
    house: House, mailbox: Mailbox, samples: list[Path]
) -> None:
    house.profile("ada")
    house.dump(samples[0])
    mailbox.replies = ["451 come back later"]
    house.digest("run", "--now", DAY_1)
    answer = why_no_mail(house)
    assert "deferred after 1 attempt" in answer
    assert "451 come back later; tried again from 2026-05-11 06:" in answer


def test_a_day_whose_digest_was_sent_is_not_called_empty(house: House, samples: list[Path]) -> None:
    house.profile("ada")
    house.dump(samples[0])
    house.json("run", "--now", DAY_1)
    answer = why_no_mail(house)
    assert "Subscription ada (file): its digest of 2026-05-11 was sent; a run after" in answer
    assert "nothing had come" not in answer
    again = house.digest("run", "--now", DAY_1_LATER).out
    assert "none, it already has its digest of 2026-05-11" in again


def test_a_day_without_papers_is_explained(house: House) -> None:
    house.profile("ada")
    house.digest("run", "--now", DAY_1)
    answer = why_no_mail(house)
    assert "due today: nothing had come for it yet, and the next run that brings" in answer
    assert "No digest was made for it in the last 7 days." in answer
    assert house.digest("why-no-mail", "nobody@example.org").code == 2


def test_a_paused_reader_is_not_called_due(house: House) -> None:
    house.profile("ada")
    house.digest("run", "--now", DAY_1)
    house.json("subscribers", "pause", ADA)
    answer = why_no_mail(house)
    assert f"{ADA} is paused" in answer
    assert "no digest is made: the address is paused" in answer
    assert "due" not in answer
    assert "next run" not in answer


def test_unreachable_sources_are_not_called_empty(house: House) -> None:
    (house.path / "sources.toml").write_text(
        '[[sources]]\nname = "news"\nkind = "feed"\nurl = "http://127.0.0.1:9/feed"\n'
    )
    house.profile("ada")
    first = house.digest("run", "--now", DAY_1)
    assert "not on the public internet" in first.err
    answer = why_no_mail(house)
    assert "no source could be read (news; digest status shows why)" in answer
    assert "nothing new" not in answer


def test_a_digest_in_doubt_is_listed_and_can_be_released(
    house: House, mailbox: Mailbox, samples: list[Path]
) -> None:
    house.environ["DIGEST_IN_DOUBT"] = "hold"
    house.profile("ada")
    house.dump(samples[0])
    killed = ("digest.store.editions.claims:settle_attempt", "before", "1")
    house.digest("run", "--now", DAY_1, killed_at=killed)
    assert house.json("run", "--now", DAY_1)["delivery"]["held"] == 1
    (item,) = house.json("status")["in_doubt"]
    assert item["email"] == ADA
    assert "in doubt" in why_no_mail(house)
    assert house.digest("deliver", "--drop", "77").code == 2
    number = str(item["edition"])
    assert house.json("deliver", "--release", number)["released"] == [item["edition"]]
    assert house.json("deliver", "--now", DAY_1_LATER)["sent"] == 1
    assert len(mailbox.received) == 2


def test_a_home_can_deliver_into_a_maildir(bare_house: House, samples: list[Path]) -> None:
    bare_house.environ = {"DIGEST_DELIVERY": "maildir:mail", "DIGEST_FROM": "digest@example.org"}
    bare_house.profile("ada")
    bare_house.dump(samples[0])
    assert bare_house.json("run", "--now", DAY_1)["delivery"]["sent"] == 1
    assert len(list((bare_house.path / "mail" / "new").iterdir())) == 1
