"""A clock that is wrong for one run loses no digest and sends no paper twice."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from support.homes import DigestHome, Mailbox

TODAY = datetime(2026, 5, 11, 6, tzinfo=UTC)
DAY = timedelta(days=1)
READERS = ("ada", "bob")


def titles(number: int) -> list[str]:
    return [f"Results of inquiry {number}"]


class Days:
    """Runs with a new paper each, at any moments."""

    def __init__(self, digest_home: DigestHome, mailbox: Mailbox) -> None:
        self.digest_home, self.mailbox = digest_home, mailbox
        self.commands = ["run"]
        self.number = 0
        (digest_home.path / "sources.toml").write_text(
            '[[sources]]\nname = "papers"\nkind = "jsonl"\npath = "dumps"\n', "utf-8"
        )
        for reader in READERS:
            digest_home.profile(reader)

    def run(self, at: datetime, *, code: int = 0) -> str:
        """Runs all stages; returns what was printed on standard error."""
        self.number += 1
        file = self.digest_home.path / "dumps" / f"{self.number}.jsonl"
        lines = (
            f'{{"title": "{title}", "abstract": "An answer."}}' for title in titles(self.number)
        )
        file.write_text("\n".join(lines), "utf-8")
        return self.again(at, code=code)

    def again(self, at: datetime, *, code: int = 0) -> str:
        """Runs all stages without new papers."""
        errors = ""
        for command in self.commands:
            answer = self.digest_home.digest(command, "--now", at.isoformat())
            assert answer.code in {0, code}, answer.err
            errors += answer.err
        return errors

    def received(self) -> dict[str, Counter[str]]:
        """How often each reader got each paper."""
        found: dict[str, Counter[str]] = {reader: Counter() for reader in READERS}
        for message, text in zip(self.mailbox.received, self.mailbox.texts(), strict=True):
            reader = message.recipients[0].partition("@")[0]
            found[reader].update(re.findall(r"Results of inquiry \d+", " ".join(text.split())))
        return found

    def wrong(self) -> dict[str, dict[str, int]]:
        """By reader, the papers that did not come exactly once, and how often they came."""
        everything = [title for number in range(self.number) for title in titles(number + 1)]
        return {
            reader: wrong
            for reader, got in self.received().items()
            if (wrong := {title: got[title] for title in everything if got[title] != 1})
        }


@pytest.fixture
def days(digest_home: DigestHome, mailbox: Mailbox) -> Days:
    return Days(digest_home, mailbox)


@pytest.mark.parametrize("error", [40, 10, -10, -40])
def test_each_reader_gets_each_paper_once_when_the_clock_is_wrong_for_one_run(
    days: Days, error: int
) -> None:
    for day in (0, 1 + error, 2, 3):
        days.run(TODAY + day * DAY)
    assert days.wrong() == {}


def test_a_clock_that_was_ahead_does_not_spoil_the_days_that_it_showed(days: Days) -> None:
    for day in (0, 6, 1, 3, 4, 5, 6, 7):
        days.run(TODAY + day * DAY)
    assert days.wrong() == {}


def test_single_commands_stand_a_clock_that_is_ahead_behind_and_right_again(days: Days) -> None:
    days.commands = ["collect", "publish", "deliver"]
    for day in (0, 40, -40, 1, 2):
        days.run(TODAY + day * DAY)
    assert days.wrong() == {}


def test_a_digest_dated_back_on_a_day_that_had_one_comes_with_the_next(days: Days) -> None:
    days.run(TODAY)
    days.run(TODAY + 40 * DAY)
    days.run(TODAY)  # the day is used up already
    assert set(days.received()["ada"]) == {*titles(1), *titles(2)}
    days.run(TODAY + 41 * DAY)
    assert days.wrong() == {}


@pytest.mark.parametrize("error", [40, -40])
def test_what_the_server_deferred_under_a_wrong_clock_is_sent_under_the_right_one(
    days: Days, error: int
) -> None:
    days.run(TODAY)
    days.mailbox.replies = ["451 4.3.0 try again later"] * len(READERS)
    days.run(TODAY + (1 + error) * DAY, code=1)
    days.mailbox.replies = []
    days.again(TODAY + 1 * DAY)
    days.run(TODAY + 2 * DAY)
    assert days.wrong() == {}


def test_a_deferred_digest_does_not_expire_because_one_run_had_a_clock_that_is_ahead(
    days: Days,
) -> None:
    days.mailbox.replies = ["451 4.3.0 try again later"] * len(READERS)
    days.run(TODAY, code=1)
    days.mailbox.replies = []
    days.again(TODAY + 40 * DAY, code=1)
    days.again(TODAY + timedelta(hours=5))
    assert days.wrong() == {}


def test_a_pause_of_sending_does_not_last_until_a_date_of_a_wrong_clock(days: Days) -> None:
    days.run(TODAY)
    days.mailbox.replies = ["554 5.7.1 blocked"] * 20
    for minutes in range(2):
        days.run(TODAY + 40 * DAY + timedelta(minutes=minutes), code=1)
    days.mailbox.replies = []
    days.run(TODAY + 1 * DAY)
    days.run(TODAY + 2 * DAY)
    assert days.wrong() == {}


def test_a_clock_that_was_set_back_is_said_once_in_the_log_the_summary_and_the_doctor(
    days: Days, digest_home: DigestHome
) -> None:
    days.run(TODAY)
    assert "the clock shows" not in days.run(TODAY + 40 * DAY)
    doctor = digest_home.digest("doctor", "--now", (TODAY + 1 * DAY).isoformat()).out
    assert "the last run was at 20 June 2026 06:00 UTC" in doctor
    errors = days.run(TODAY + 1 * DAY)
    assert "the clock shows 12 May 2026 06:00 UTC, but the last run was at 20 June 2026" in errors
    jobs = digest_home.json("status")["jobs"]
    assert any("the clock shows" in line for job in jobs for line in job["problems"])
    assert "the clock shows" not in days.run(TODAY + 2 * DAY)
    doctor = digest_home.digest("doctor", "--now", (TODAY + 2 * DAY).isoformat()).out
    assert "digests dated after today: 2" in " ".join(doctor.split())


def test_the_doctor_creates_no_database_to_look_at_the_clock(digest_home: DigestHome) -> None:
    assert "there was no run yet" in digest_home.digest("doctor").out
    assert not (digest_home.path / "digest.db").exists()
