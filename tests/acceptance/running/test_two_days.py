"""Runs over two days: each paper reaches a reader once."""

from pathlib import Path

from support.homes import DigestHome, Mailbox

DAY_1 = "2026-05-11T06:00:00Z"
DAY_1_LATER = "2026-05-11T18:00:00Z"
DAY_2 = "2026-05-12T06:00:00Z"


def test_one_digest_arrives_after_the_first_dump(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    result = digest_home.json("run", "--now", DAY_1)
    assert result["delivery"]["sent"] == 1
    assert [message.recipients for message in mailbox.received] == [("ada@example.org",)]


def test_running_again_on_the_same_day_sends_nothing(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    digest_home.json("run", "--now", DAY_1)
    again = digest_home.json("run", "--now", DAY_1_LATER)
    assert again["delivery"]["sent"] == 0
    assert len(mailbox.received) == 1


def test_the_second_digest_has_only_papers_that_the_first_did_not_have(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    digest_home.json("run", "--now", DAY_1)
    digest_home.dump(samples[1])
    digest_home.json("run", "--now", DAY_2)
    titles = [
        {paper["title"] for paper in digest_home.json("parse", path)["papers"]} for path in samples
    ]
    first, second = (" ".join(text.split()) for text in mailbox.texts())
    assert all(title in first for title in titles[0])
    assert all(title in second for title in titles[1] - titles[0])
    assert not any(title in second for title in titles[0])


def test_a_second_day_without_a_dump_sends_nothing_and_says_why(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    digest_home.json("run", "--now", DAY_1)
    result = digest_home.json("run", "--now", DAY_2)
    assert [item["reason"] for item in result["published"]] == ["no new papers"]
    assert len(mailbox.received) == 1


def test_a_reader_who_wants_empty_digests_gets_one_that_says_so(
    digest_home: DigestHome, mailbox: Mailbox
) -> None:
    profile = digest_home.profile("ada")
    profile.write_text('when_empty = "send"\n' + profile.read_text("utf-8"), "utf-8")
    digest_home.json("run", "--now", DAY_1)
    assert len(mailbox.received) == 1


def test_a_dry_run_shows_what_would_happen_and_changes_nothing(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    result = digest_home.json("run", "--dry-run", "--now", DAY_1)
    assert result["published"][0]["papers"] > 0
    assert result["delivery"]["sent"] == 1
    assert mailbox.received == []
    assert digest_home.json("status")["papers"] == 0
    assert digest_home.json("run", "--now", DAY_1)["delivery"]["sent"] == 1


def test_only_sends_to_one_address_without_waiting_for_its_time(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    for name in ("ada", "bob"):
        profile = digest_home.profile(name)
        profile.write_text('send_at = "23:00"\n' + profile.read_text("utf-8"), "utf-8")
    digest_home.dump(samples[0])
    digest_home.json("run", "--only", "bob@example.org", "--now", DAY_1)
    assert [message.recipients for message in mailbox.received] == [("bob@example.org",)]


def test_a_digest_is_not_made_before_its_time_or_on_other_days(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    profile = digest_home.profile("ada")
    profile.write_text(
        'send_at = "09:30"\ntimezone = "Europe/Paris"\ndays = ["mon"]\n'
        + profile.read_text("utf-8"),
        "utf-8",
    )
    digest_home.dump(samples[0])
    sunday = digest_home.json("run", "--now", "2026-05-10T12:00:00Z")
    assert "Sunday is not among its days" in sunday["published"][0]["reason"]
    early = digest_home.json("run", "--now", "2026-05-11T07:29:00Z")
    assert "not before 09:30" in early["published"][0]["reason"]
    assert early["published"][0]["next_due"] == "2026-05-11T07:30:00+00:00"
    assert not mailbox.received
    digest_home.json("run", "--now", "2026-05-11T07:30:00Z")
    assert len(mailbox.received) == 1


def test_daily_runs_before_send_at_say_what_is_needed_and_make_a_digest_from_the_second_day_on(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    profile = digest_home.profile("ada")
    profile.write_text('send_at = "07:30"\n' + profile.read_text("utf-8"), "utf-8")
    digest_home.dump(samples[0])
    first = digest_home.digest("run", "--now", "2026-05-11T07:00:00Z")
    assert "none, not before 07:30 in UTC; it is 07:00 there" in first.out
    assert (
        "Waiting    1 subscription; a run after 2026-05-11 07:30 UTC makes the next digest"
        in first.out
    )
    assert not mailbox.received
    answer = digest_home.digest("why-no-mail", "ada@example.org", "--now", "2026-05-12T06:00:00Z")
    assert "no run came within the hours of its last digest" in answer.out
    digest_home.dump(samples[1])
    for day, messages in ((12, 1), (13, 1), (14, 2), (15, 2)):
        if day == 14:
            paper = (
                '{"title": "Insects that recount", "abstract": "Precise statistics of results."}'
            )
            (digest_home.path / "dumps" / "more.jsonl").write_text(paper + "\n", "utf-8")
        digest_home.json("run", "--now", f"2026-05-{day}T07:00:00Z")
        assert len(mailbox.received) == messages
    status = digest_home.digest("status", "--now", "2026-05-15T07:10:00Z")
    assert "a run after 2026-05-15 07:30 UTC makes the next digest" in status.out


def test_renaming_a_profile_file_sends_no_paper_twice(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    profile = digest_home.profile("ada")
    digest_home.dump(samples[0])
    digest_home.json("run", "--now", DAY_1)
    profile.rename(profile.with_name("lovelace.toml"))
    again = digest_home.json("run", "--now", DAY_1)
    assert (again["subscriptions"]["started"], again["subscriptions"]["ended"]) == (0, 0)
    assert [item["subscription"] for item in again["published"]] == ["lovelace"]
    assert len(mailbox.received) == 1


def test_a_refusing_server_leaves_the_digest_queued_with_its_reason(
    digest_home: DigestHome, samples: list[Path]
) -> None:
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    digest_home.environ["DIGEST_SMTP_PORT"] = "1"  # no server listens there
    answer = digest_home.digest("run", "--now", DAY_1)
    assert answer.code == 3
    assert "127.0.0.1:1 cannot be used" in answer.err
    status = digest_home.json("status")
    assert status["editions"]["queued"] == 1
    assert "cannot be used" in status["failures"][0]["reason"]


def test_a_queued_digest_is_sent_by_the_next_run(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    port = digest_home.environ["DIGEST_SMTP_PORT"]
    digest_home.environ["DIGEST_SMTP_PORT"] = "1"
    assert digest_home.digest("run", "--now", DAY_1).code == 3
    digest_home.environ["DIGEST_SMTP_PORT"] = port
    assert digest_home.json("run", "--now", DAY_1_LATER)["delivery"]["sent"] == 1
    assert len(mailbox.received) == 1


def test_a_deferred_message_is_tried_again_later(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    mailbox.replies = ["451 come back later"]
    assert digest_home.digest("run", "--now", DAY_1).code == 1
    assert digest_home.json("deliver", "--now", DAY_1)["letters"] == []
    assert digest_home.json("deliver", "--now", DAY_1_LATER)["sent"] == 1
    assert len(mailbox.received) == 1


def test_a_server_that_refuses_all_mail_leaves_the_digests_for_later_with_its_reply(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    for name in ("ada", "bo", "cy", "di"):
        digest_home.profile(name)
    digest_home.dump(samples[0])
    mailbox.replies = ["554 5.7.1 Relay access denied"] * 3
    answer = digest_home.digest("run", "--now", DAY_1)
    assert answer.code == 3
    assert "Relay access denied" in answer.err
    assert digest_home.json("status")["editions"] == {"queued": 1, "deferred": 3}
    assert digest_home.json("run", "--now", DAY_1_LATER)["delivery"]["sent"] == 4


def test_a_digest_refused_by_policy_is_tried_again_and_its_reply_is_shown(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    mailbox.replies = ["550 5.7.1 not from you"]
    answer = digest_home.digest("run", "--now", DAY_1)
    assert answer.code == 1
    assert "550 5.7.1 not from you" in answer.out
    assert digest_home.json("status")["editions"] == {"deferred": 1}


def test_a_missing_profiles_folder_ends_no_subscription(
    digest_home: DigestHome, samples: list[Path]
) -> None:
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    digest_home.json("run", "--now", DAY_1)
    (digest_home.path / "profiles").rename(digest_home.path / "elsewhere")
    answer = digest_home.digest("run", "--now", DAY_2)
    assert answer.code == 2
    assert "profiles is missing, so its subscriptions were not changed" in answer.err
    (digest_home.path / "elsewhere").rename(digest_home.path / "profiles")
    digest_home.dump(samples[1])
    assert digest_home.json("run", "--now", DAY_2)["delivery"]["sent"] == 1


def test_only_with_an_unknown_address_is_wrong_usage(digest_home: DigestHome) -> None:
    digest_home.profile("ada")
    answer = digest_home.digest("run", "--only", "nobody@example.org", "--now", DAY_1)
    assert answer.code == 2
    assert "nobody@example.org has no live subscription" in answer.err
