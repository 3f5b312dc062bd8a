"""`digest why-no-mail`, and what the operator does next."""

from pathlib import Path

from support.homes import DigestHome, Mailbox

DAY_1, DAY_1_LATER = "2026-05-11T06:00:00Z", "2026-05-11T09:00:00Z"
ADA = "ada@example.org"


def why_no_mail(digest_home: DigestHome, now: str = DAY_1_LATER) -> str:
    answer = digest_home.digest("why-no-mail", ADA, "--now", now)
    assert answer.code == 0, answer.err
    return answer.out


def test_a_sent_digest_is_shown_with_the_reply_of_the_server(
    digest_home: DigestHome, samples: list[Path]
) -> None:
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    digest_home.json("run", "--now", DAY_1)
    assert "sent 2026-05-11 06:00 UTC; the server said: 250 OK" in why_no_mail(digest_home)
    result = digest_home.json("why-no-mail", ADA, "--now", DAY_1_LATER)
    assert [item["state"] for item in result["editions"]] == ["sent"]


def test_a_deferred_digest_is_shown_with_the_reason_and_the_next_attempt(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    mailbox.replies = ["451 come back later"]
    digest_home.digest("run", "--now", DAY_1)
    answer = why_no_mail(digest_home)
    assert "deferred after 1 attempt" in answer
    assert "451 come back later; tried again from 2026-05-11 06:" in answer


def test_a_day_whose_digest_was_sent_is_not_called_empty(
    digest_home: DigestHome, samples: list[Path]
) -> None:
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    digest_home.json("run", "--now", DAY_1)
    answer = why_no_mail(digest_home)
    assert "Subscription ada (file): its digest of 2026-05-11 was sent; a run after" in answer
    assert "nothing had come" not in answer
    again = digest_home.digest("run", "--now", DAY_1_LATER).out
    assert "none, it already has its digest of 2026-05-11" in again


def test_a_day_without_papers_is_explained(digest_home: DigestHome) -> None:
    digest_home.profile("ada")
    digest_home.digest("run", "--now", DAY_1)
    answer = why_no_mail(digest_home)
    assert "due today: nothing had come for it yet, and the next run that brings" in answer
    assert "No digest was made for it in the last 7 days." in answer
    assert digest_home.digest("why-no-mail", "nobody@example.org").code == 2


def test_a_paused_reader_is_not_called_due(digest_home: DigestHome) -> None:
    digest_home.profile("ada")
    digest_home.digest("run", "--now", DAY_1)
    digest_home.json("subscribers", "pause", ADA)
    answer = why_no_mail(digest_home)
    assert f"{ADA} is paused" in answer
    assert "no digest is made: the address is paused" in answer
    assert "due" not in answer
    assert "next run" not in answer


def test_unreachable_sources_are_not_called_empty(digest_home: DigestHome) -> None:
    (digest_home.path / "sources.toml").write_text(
        '[[sources]]\nname = "news"\nkind = "feed"\nurl = "http://127.0.0.1:9/feed"\n'
    )
    digest_home.profile("ada")
    first = digest_home.digest("run", "--now", DAY_1)
    assert "not on the public internet" in first.err
    answer = why_no_mail(digest_home)
    assert "no source could be read (news; digest status shows why)" in answer
    assert "nothing new" not in answer


def test_a_digest_in_doubt_is_listed_and_can_be_released(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    digest_home.environ["DIGEST_IN_DOUBT"] = "hold"
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    killed = ("digest.store.editions.claims:settle_attempt", "before", "1")
    digest_home.digest("run", "--now", DAY_1, killed_at=killed)
    assert digest_home.json("run", "--now", DAY_1)["delivery"]["held"] == 1
    (item,) = digest_home.json("status")["in_doubt"]
    assert item["email"] == ADA
    assert "in doubt" in why_no_mail(digest_home)
    assert digest_home.digest("deliver", "--drop", "77").code == 2
    number = str(item["edition"])
    assert digest_home.json("deliver", "--release", number)["released"] == [item["edition"]]
    assert digest_home.json("deliver", "--now", DAY_1_LATER)["sent"] == 1
    assert len(mailbox.received) == 2


def test_a_home_can_deliver_into_a_maildir(bare_home: DigestHome, samples: list[Path]) -> None:
    bare_home.environ = {"DIGEST_DELIVERY": "maildir:mail", "DIGEST_FROM": "digest@example.org"}
    bare_home.profile("ada")
    bare_home.dump(samples[0])
    assert bare_home.json("run", "--now", DAY_1)["delivery"]["sent"] == 1
    assert len(list((bare_home.path / "mail" / "new").iterdir())) == 1
