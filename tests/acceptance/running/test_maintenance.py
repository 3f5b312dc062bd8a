"""Backup, restore, pruning, tidying and suppressions with the commands."""

from pathlib import Path

from support.homes import House, Mailbox
from support.samples.bounces import SAMPLES

HARD = next(sample for sample in SAMPLES if sample.name == "dsn unknown user")
DAYS = ("2026-05-11T06:00:00Z", "2026-05-12T06:00:00Z")


def two_days(house: House, samples: list[Path]) -> None:
    house.profile("ada")
    for day, dump in zip(DAYS, samples, strict=True):
        house.dump(dump)
        house.json("run", "--now", day)


def test_a_backup_that_is_restored_mails_nothing_twice(
    house: House, mailbox: Mailbox, samples: list[Path]
) -> None:
    two_days(house, samples)
    sent = len(mailbox.received)
    file = house.path / "backup.db"
    backup = house.json("db", "backup", file)
    assert backup["rows"]["edition"] == 2
    again = house.digest("db", "backup", file)
    assert again.code == 2
    assert "--force" in again.err
    refused = house.digest("db", "restore", file)
    assert refused.code == 2
    assert "--replace" in refused.err
    for path in house.path.glob("digest.db*"):
        if path.is_file():
            path.unlink()
    answer = house.digest("db", "restore", file)
    assert answer.code == 0, answer.err
    assert "readers who unsubscribed since the backup" in answer.out
    for day in (DAYS[1], "2026-05-13T06:00:00Z"):
        house.json("run", "--now", day)
    assert len(mailbox.received) == sent
    assert house.json("db", "check")["state"] == "current"


def test_backup_with_keep_removes_the_oldest_backups(house: House, samples: list[Path]) -> None:
    two_days(house, samples)
    folder = house.path / "backups"
    assert house.digest("db", "backup", folder, "--keep", "2").code == 2
    folder.mkdir()
    for day in range(1, 5):
        backup = house.json("db", "backup", folder, "--keep", "2", "--now", f"2026-06-0{day}")
    assert [Path(path).name for path in backup["removed"]] == ["digest-20260602-000000.db"]
    assert len(list(folder.iterdir())) == 2
    (folder / "digest-2025-notes.db").write_text("the operator's own file")
    answer = house.digest("db", "backup", folder, "--keep", "1", "--now", "2026-06-05")
    assert answer.code == 0, answer.err
    assert "digest-2025-notes.db: not removed" in answer.err
    assert len(list(folder.iterdir())) == 2


def test_a_file_that_is_no_backup_is_rejected_and_named(house: House) -> None:
    other = house.path / "other.db"
    other.write_text("something else")
    answer = house.digest("db", "restore", other)
    assert answer.code == 1
    assert str(other) in answer.err
    assert not (house.path / "digest.db").exists()


def test_prune_reports_what_it_would_remove_and_what_it_removed(
    house: House, samples: list[Path]
) -> None:
    two_days(house, samples)
    at = ("--now", "2027-05-12T06:00:00Z")
    preview = house.json("db", "prune", "--older-than", "90d", "--dry-run", *at)
    assert preview["editions"] == 2
    assert house.json("db", "prune", "--older-than", "90d", *at)["editions"] == 2
    assert house.json("db", "prune", "--older-than", "90d", *at)["editions"] == 0
    for wrong in ("soon", "-1d", "30d"):
        assert house.digest("db", "prune", "--older-than", wrong, *at).code == 2


def test_tidy_reads_the_mailbox_and_removes_old_data(
    house: House, mailbox: Mailbox, samples: list[Path]
) -> None:
    for name in ("new", "cur", "tmp"):
        (house.path / "box" / name).mkdir(parents=True)
    (house.path / "box/new/1.h").write_bytes(HARD.message())
    house.environ = mailbox.environ | {"DIGEST_BOUNCES_MAILDIR": "box"}
    two_days(house, samples)
    assert not list((house.path / "box/new").iterdir())  # `run` has processed the bounce
    result = house.json("tidy", "--now", "2027-05-12T06:00:00Z")
    assert result["removed"]["editions"] == 2
    assert house.json("tidy", "--now", "2027-05-12T07:00:00Z")["removed"] is None


def test_a_mailbox_that_cannot_be_read_does_not_stop_a_run(
    house: House, mailbox: Mailbox, samples: list[Path]
) -> None:
    house.environ = mailbox.environ | {"DIGEST_BOUNCES_MAILDIR": "absent"}
    house.profile("ada")
    house.dump(samples[0])
    answer = house.digest("run", "--now", DAYS[0])
    assert answer.code == 1
    assert "bounces cannot be read" in answer.err
    assert len(mailbox.received) == 1


def test_a_dry_run_leaves_the_mailbox_alone(house: House, mailbox: Mailbox) -> None:
    for name in ("new", "cur", "tmp"):
        (house.path / "box" / name).mkdir(parents=True)
    (house.path / "box/new/1.h").write_bytes(HARD.message())
    house.environ = mailbox.environ | {"DIGEST_BOUNCES_MAILDIR": "box"}
    house.json("run", "--dry-run")
    assert len(list((house.path / "box/new").iterdir())) == 1


def test_a_suppression_is_lifted_only_with_the_option_suppressed(
    house: House, mailbox: Mailbox, samples: list[Path]
) -> None:
    for name in ("ada", "bo"):
        house.profile(name)
    house.dump(samples[0])
    mailbox.replies = ["550 5.1.1 no such user"]  # for the first of the two
    answer = house.digest("--json", "run", "--now", DAYS[0])
    assert answer.result["delivery"]["suppressed"] == 1
    (address,) = (
        item["email"]
        for item in answer.result["delivery"]["letters"]
        if item["outcome"] == "refused"
    )
    assert "550 5.1.1 no such user" in house.digest("subscribers", "show", address).out
    refused = house.digest("subscribers", "resume", address)
    assert refused.code == 2
    assert "--suppressed" in refused.err
    assert house.json("subscribers", "resume", "--suppressed", address)["status"] == "active"
    assert "was suppressed" in house.digest("subscribers", "show", address).out
    house.dump(samples[1])
    house.json("run", "--now", DAYS[1])
    assert sum(address in item.recipients for item in mailbox.received) == 1
