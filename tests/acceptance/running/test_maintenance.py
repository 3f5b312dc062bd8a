"""The care of the data, at the command line."""

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
    sent = len(mailbox.letters)
    kept = house.path / "kept.db"
    made = house.json("db", "backup", kept)
    assert made["rows"]["edition"] == 2
    again = house.digest("db", "backup", kept)
    assert again.code == 2
    assert "--force" in again.err
    refused = house.digest("db", "restore", kept)
    assert refused.code == 2
    assert "--replace" in refused.err
    for file in house.path.glob("digest.db*"):
        if file.is_file():
            file.unlink()
    answer = house.digest("db", "restore", kept)
    assert answer.code == 0, answer.err
    assert "who unsubscribed since the backup" in answer.out
    for day in (DAYS[1], "2026-05-13T06:00:00Z"):
        house.json("run", "--now", day)
    assert len(mailbox.letters) == sent
    assert house.json("db", "check")["state"] == "current"


def test_backups_of_several_days_take_turns(house: House, samples: list[Path]) -> None:
    two_days(house, samples)
    folder = house.path / "backups"
    assert house.digest("db", "backup", folder, "--keep", "2").code == 2
    folder.mkdir()
    for day in range(1, 5):
        made = house.json("db", "backup", folder, "--keep", "2", "--now", f"2026-06-0{day}")
    assert [Path(path).name for path in made["removed"]] == ["digest-20260602-000000.db"]
    assert len(list(folder.iterdir())) == 2


def test_something_else_than_a_backup_is_refused_by_name(house: House) -> None:
    other = house.path / "other.db"
    other.write_text("something else")
    answer = house.digest("db", "restore", other)
    assert answer.code == 1
    assert str(other) in answer.err
    assert not (house.path / "digest.db").exists()


def test_pruning_says_what_would_go_and_what_went(house: House, samples: list[Path]) -> None:
    two_days(house, samples)
    at = ("--now", "2027-05-12T06:00:00Z")
    said = house.json("db", "prune", "--older-than", "90d", "--dry-run", *at)
    assert said["editions"] == 2
    assert house.json("db", "prune", "--older-than", "90d", *at)["editions"] == 2
    assert house.json("db", "prune", "--older-than", "90d", *at)["editions"] == 0
    for wrong in ("soon", "-1d", "30d"):
        assert house.digest("db", "prune", "--older-than", wrong, *at).code == 2


def test_tidying_reads_the_mailbox_and_removes_what_is_old(
    house: House, mailbox: Mailbox, samples: list[Path]
) -> None:
    for name in ("new", "cur", "tmp"):
        (house.path / "box" / name).mkdir(parents=True)
    (house.path / "box/new/1.h").write_bytes(HARD.message())
    house.environ = mailbox.environ | {"DIGEST_BOUNCES_MAILDIR": "box"}
    two_days(house, samples)
    assert not list((house.path / "box/new").iterdir())  # `run` has read it
    done = house.json("tidy", "--now", "2027-05-12T06:00:00Z")
    assert done["removed"]["editions"] == 2
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
    assert len(mailbox.letters) == 1


def test_a_dry_run_leaves_the_mailbox_alone(house: House, mailbox: Mailbox) -> None:
    for name in ("new", "cur", "tmp"):
        (house.path / "box" / name).mkdir(parents=True)
    (house.path / "box/new/1.h").write_bytes(HARD.message())
    house.environ = mailbox.environ | {"DIGEST_BOUNCES_MAILDIR": "box"}
    house.json("run", "--dry-run")
    assert len(list((house.path / "box/new").iterdir())) == 1


def test_a_suppression_is_lifted_by_hand_and_only_on_demand(
    house: House, mailbox: Mailbox, samples: list[Path]
) -> None:
    for name in ("ada", "bo"):
        house.profile(name)
    house.dump(samples[0])
    mailbox.replies = ["550 5.1.1 no such user"]  # to the first of the two
    answer = house.digest("--json", "run", "--now", DAYS[0])
    assert answer.result["delivery"]["suppressed"] == 1
    (gone,) = (
        item["email"]
        for item in answer.result["delivery"]["letters"]
        if item["outcome"] == "refused"
    )
    assert "550 5.1.1 no such user" in house.digest("subscribers", "show", gone).out
    refused = house.digest("subscribers", "resume", gone)
    assert refused.code == 2
    assert "--suppressed" in refused.err
    assert house.json("subscribers", "resume", "--suppressed", gone)["status"] == "active"
    assert "was suppressed" in house.digest("subscribers", "show", gone).out
    house.dump(samples[1])
    house.json("run", "--now", DAYS[1])
    assert sum(gone in item.recipients for item in mailbox.letters) == 1
