"""Backup, restore, pruning, tidying and suppressions with the commands."""

from pathlib import Path

from support.homes import DigestHome, Mailbox
from support.samples.bounces import SAMPLES

HARD = next(sample for sample in SAMPLES if sample.name == "dsn unknown user")
DAYS = ("2026-05-11T06:00:00Z", "2026-05-12T06:00:00Z")


def two_days(digest_home: DigestHome, samples: list[Path]) -> None:
    digest_home.profile("ada")
    for day, dump in zip(DAYS, samples, strict=True):
        digest_home.dump(dump)
        digest_home.json("run", "--now", day)


def test_a_backup_that_is_restored_mails_nothing_twice(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    two_days(digest_home, samples)
    sent = len(mailbox.received)
    file = digest_home.path / "backup.db"
    backup = digest_home.json("db", "backup", file)
    assert backup["rows"]["edition"] == 2
    again = digest_home.digest("db", "backup", file)
    assert again.code == 2
    assert "--force" in again.err
    refused = digest_home.digest("db", "restore", file)
    assert refused.code == 2
    assert "--replace" in refused.err
    for path in digest_home.path.glob("digest.db*"):
        if path.is_file():
            path.unlink()
    answer = digest_home.digest("db", "restore", file)
    assert answer.code == 0, answer.err
    assert "readers who unsubscribed since the backup" in answer.out
    for day in (DAYS[1], "2026-05-13T06:00:00Z"):
        digest_home.json("run", "--now", day)
    assert len(mailbox.received) == sent
    assert digest_home.json("db", "check")["state"] == "current"


def test_backup_with_keep_removes_the_oldest_backups(
    digest_home: DigestHome, samples: list[Path]
) -> None:
    two_days(digest_home, samples)
    folder = digest_home.path / "backups"
    assert digest_home.digest("db", "backup", folder, "--keep", "2").code == 2
    folder.mkdir()
    for day in range(1, 5):
        backup = digest_home.json("db", "backup", folder, "--keep", "2", "--now", f"2026-06-0{day}")
    assert [Path(path).name for path in backup["removed"]] == ["digest-20260602-000000.db"]
    assert len(list(folder.iterdir())) == 2
    (folder / "digest-2025-notes.db").write_text("the operator's own file")
    answer = digest_home.digest("db", "backup", folder, "--keep", "1", "--now", "2026-06-05")
    assert answer.code == 0, answer.err
    assert "digest-2025-notes.db: not removed" in answer.err
    assert len(list(folder.iterdir())) == 2


def test_a_file_that_is_no_backup_is_rejected_and_named(digest_home: DigestHome) -> None:
    other = digest_home.path / "other.db"
    other.write_text("something else")
    answer = digest_home.digest("db", "restore", other)
    assert answer.code == 1
    assert str(other) in answer.err
    assert not (digest_home.path / "digest.db").exists()


def test_prune_reports_what_it_would_remove_and_what_it_removed(
    digest_home: DigestHome, samples: list[Path]
) -> None:
    two_days(digest_home, samples)
    at = ("--now", "2027-05-12T06:00:00Z")
    preview = digest_home.json("db", "prune", "--older-than", "90d", "--dry-run", *at)
    assert preview["editions"] == 2
    assert digest_home.json("db", "prune", "--older-than", "90d", *at)["editions"] == 2
    assert digest_home.json("db", "prune", "--older-than", "90d", *at)["editions"] == 0
    for wrong in ("soon", "-1d", "30d"):
        assert digest_home.digest("db", "prune", "--older-than", wrong, *at).code == 2


def test_tidy_reads_the_mailbox_and_removes_old_data(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    for name in ("new", "cur", "tmp"):
        (digest_home.path / "box" / name).mkdir(parents=True)
    (digest_home.path / "box/new/1.h").write_bytes(HARD.message())
    digest_home.environ = mailbox.environ | {"DIGEST_BOUNCES_MAILDIR": "box"}
    two_days(digest_home, samples)
    assert not list((digest_home.path / "box/new").iterdir())  # `run` has processed the bounce
    result = digest_home.json("tidy", "--now", "2027-05-12T06:00:00Z")
    assert result["removed"]["editions"] == 2
    assert digest_home.json("tidy", "--now", "2027-05-12T07:00:00Z")["removed"] is None


def test_a_mailbox_that_cannot_be_read_does_not_stop_a_run(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    digest_home.environ = mailbox.environ | {"DIGEST_BOUNCES_MAILDIR": "absent"}
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    answer = digest_home.digest("run", "--now", DAYS[0])
    assert answer.code == 1
    assert "bounces cannot be read" in answer.err
    assert len(mailbox.received) == 1


def test_a_dry_run_leaves_the_mailbox_alone(digest_home: DigestHome, mailbox: Mailbox) -> None:
    for name in ("new", "cur", "tmp"):
        (digest_home.path / "box" / name).mkdir(parents=True)
    (digest_home.path / "box/new/1.h").write_bytes(HARD.message())
    digest_home.environ = mailbox.environ | {"DIGEST_BOUNCES_MAILDIR": "box"}
    digest_home.json("run", "--dry-run")
    assert len(list((digest_home.path / "box/new").iterdir())) == 1


def test_a_suppression_is_lifted_only_with_the_option_suppressed(
    digest_home: DigestHome, mailbox: Mailbox, samples: list[Path]
) -> None:
    for name in ("ada", "bo"):
        digest_home.profile(name)
    digest_home.dump(samples[0])
    mailbox.replies = ["550 5.1.1 no such user"]  # for the first of the two
    answer = digest_home.digest("--json", "run", "--now", DAYS[0])
    assert answer.result["delivery"]["suppressed"] == 1
    (address,) = (
        item["email"]
        for item in answer.result["delivery"]["letters"]
        if item["outcome"] == "refused"
    )
    assert "550 5.1.1 no such user" in digest_home.digest("subscribers", "show", address).out
    refused = digest_home.digest("subscribers", "resume", address)
    assert refused.code == 2
    assert "--suppressed" in refused.err
    assert digest_home.json("subscribers", "resume", "--suppressed", address)["status"] == "active"
    assert "was suppressed" in digest_home.digest("subscribers", "show", address).out
    digest_home.dump(samples[1])
    digest_home.json("run", "--now", DAYS[1])
    assert sum(address in item.recipients for item in mailbox.received) == 1
