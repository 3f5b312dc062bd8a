"""Recorded weeks, replayed with the whole program: on which days does the operator get an alert?

They are replayed once as by cron, with `digest run` twice a day, and once with the jobs of the
scheduler, every six hours. There is a home with settings and profiles, a site with recorded days,
and a real mail server. There is no alert about weekends, late lists, lists that were fetched
while they grew, an outage that ends within the day, or a holiday that the calendar does not have.
"""

import json
import logging
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.homes import Mailbox
from support.samples.recorded_days import Site, ids, needs_days, recorded, served

from digest import logs
from digest.app.application import App
from digest.cli.root import root
from digest.demo.server import ReceivedMessage, mail_server
from digest.pipeline.cancellation import StopToken
from digest.scheduler.job_runner import JobRunner, RetryLater
from digest.scheduler.scheduler import cron_schedules
from jobs.registry import FOLLOWERS, JOBS

pytestmark = needs_days

OPERATOR = "operator@lab.example"
ADA, BOB = "ada@reader.example", "bob@reader.example"
NO_SUCH_USER = f"550 5.1.1 <{BOB}>: no such user"
# Each paper has a word that begins so; more keywords would only take time.
PROFILE = """\
email = "{email}"
send_at = "{hour}"
min_match = 1
max_papers = 200
trending = 0

[[topics]]
name = "Anything"
keywords = {keywords}
"""
READERS = ((ADA, "07:30", ["an*", "co*", "in*", "re*"]), (BOB, "18:00", ["benchmark"]))
BY_CRON = (time(8), time(20))
TICK = timedelta(hours=6)


@dataclass(frozen=True)
class ReceivedAlert:
    """An alert that the operator received."""

    at: datetime
    subject: str
    open: tuple[str, ...]
    over: tuple[str, ...]
    text: str


@dataclass
class Installation:
    """A home with its site, its mail server, and the current time."""

    home: Path
    site: Site
    refuses: Callable[[datetime], bool] = lambda _: False  # the server refuses Bob's messages
    broken: Callable[[datetime], bool] = lambda _: False  # Carl's profile is malformed
    mailbox: Mailbox = field(default_factory=Mailbox)
    arrived: list[datetime] = field(default_factory=list)

    def take(self, message: ReceivedMessage) -> str | None:
        if message.recipients == (BOB,) and self.refuses(self.site.now):
            return NO_SUCH_USER
        self.arrived.append(self.site.now)
        return self.mailbox.take(message)

    def become(self, now: datetime) -> None:
        """Sets the current time, and makes Carl's profile malformed if it is at that time."""
        self.site.now = now
        carl = self.home / "profiles" / "carl.toml"
        carl.unlink(missing_ok=True)
        if self.broken(now):
            carl.write_text("email = carl@reader.example\n", "utf-8")

    def told(self) -> list[ReceivedAlert]:
        """Returns the alerts, in the order in which they arrived."""
        messages = zip(self.arrived, self.mailbox.received, self.mailbox.messages(), strict=True)
        mails = [(at, mail) for at, sent, mail in messages if sent.recipients == (OPERATOR,)]
        return [_read(at, str(mail["Subject"]), mail.get_content()) for at, mail in mails]

    def digests(self, reader: str) -> list[tuple[date, str]]:
        """Returns the digests that a reader received: the day and the text of each."""
        messages = zip(self.arrived, self.mailbox.received, self.mailbox.texts(), strict=True)
        return [(at.date(), text) for at, sent, text in messages if sent.recipients == (reader,)]


def _read(at: datetime, subject: str, text: str) -> ReceivedAlert:
    """Parses an alert: numbered paragraphs are open problems, those with a dash are over."""
    text = text.replace("\r\n", "\n")
    unmarked = re.sub(r"\*\*\*#[0-9a-f]{6}@", "***@", text)  # the hashes differ by process
    paragraphs = unmarked.split("\n\n")
    lines = [" ".join(re.split(r"\n +since ", part)[0].split()) for part in paragraphs]
    return ReceivedAlert(
        at=at,
        subject=subject,
        open=tuple(part.partition(" ")[2] for part in lines if re.match(r"\d+\. ", part)),
        over=tuple(part.removeprefix("- ") for part in lines if re.match(r"- \S", part)),
        text=text,
    )


Replay = Callable[[Installation, date, date], None]


def by_cron(world: Installation, first: date, last: date) -> None:
    """Runs `digest run` twice a day."""
    day = first
    while day <= last:
        for hour in BY_CRON:
            world.become(datetime.combine(day, hour, UTC))
            args = ["--home", str(world.home), "run", "--now", world.site.now.isoformat()]
            root.main(args, prog_name="digest", standalone_mode=False)
        day += timedelta(days=1)


def by_scheduler(world: Installation, first: date, last: date) -> None:
    """Runs the jobs of the scheduler in their order, every six hours."""
    with App.open(world.home, environ={}) as app:
        timetable_of = cron_schedules(app.settings)
    slots = JobRunner(
        world.home,
        environ={},
        clock=lambda: world.site.now,
        owner="scheduler",
        is_leader=lambda: True,
        stop=StopToken(),
        jobs=JOBS,
        followers=FOLLOWERS,
    )
    now = datetime.combine(first, time(), UTC)
    while now.date() <= last:
        world.become(now)
        for name, timetable in timetable_of.items():
            assert not isinstance(slots.run(name, timetable), RetryLater)
        now += TICK


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Restores logging, which a command configures for the whole process."""
    handlers, level = list(logging.getLogger().handlers), logging.getLogger().level
    yield
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)
    logging.captureWarnings(capture=False)
    logs.redactor.show_addresses = False
    for name in ("digest", "jobs"):
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Installation]:
    """Replays days; waiting between requests and messages takes no time."""
    passed = [0.0]

    def sleep(seconds: float) -> None:
        passed[0] += seconds

    clock = SimpleNamespace(sleep=sleep, monotonic=lambda: passed[0])
    monkeypatch.setattr("digest.app.application.time", clock)
    monkeypatch.setattr("digest.app.source_building.configured_sources.time", clock)
    monkeypatch.setattr("digest.app.source_building.building.random", lambda: 0.0)
    monkeypatch.setattr(
        "digest.cli.stderr._settings", None
    )  # a command sets it for the whole process
    for name in [name for name in os.environ if name.startswith("DIGEST_")]:
        monkeypatch.delenv(name)

    def lived(
        way: Replay, site: Site, first: date, last: date, **otherwise: object
    ) -> Installation:
        world = Installation(home=tmp_path / "home", site=site, **otherwise)  # type: ignore[arg-type]
        with served(site) as address, mail_server(world.take) as port:
            _create_home(world.home, address, port)
            way(world, first, last)
        return world

    return lived


def _create_home(home: Path, address: str, port: int) -> None:
    (home / "profiles").mkdir(parents=True)
    (home / ".env").write_text(
        f"DIGEST_FROM=Papers <digest@lab.example>\nDIGEST_OPERATOR={OPERATOR}\n"
        f"DIGEST_SMTP_HOST=127.0.0.1\nDIGEST_SMTP_PORT={port}\nDIGEST_SMTP_SECURITY=none\n"
        "DIGEST_SCHEDULE_ZONE=UTC\nDIGEST_ENRICH=off\n",
        "utf-8",
    )
    (home / "sources.toml").write_text(
        f'[[sources]]\nname = "hf"\nkind = "huggingface"\nbase_url = "{address}"\ntrusted = true\n',
        "utf-8",
    )
    for email, hour, keywords in READERS:
        text = PROFILE.format(email=email, hour=hour, keywords=json.dumps(keywords))
        (home / "profiles" / f"{email.partition('@')[0]}.toml").write_text(text, "utf-8")


def at(day: date, hour: int = 0) -> datetime:
    return datetime.combine(day, time(hour), UTC)


def assert_each_paper_once(world: Installation) -> None:
    digests = world.digests(ADA)
    assert len({day for day, _ in digests}) == len(digests)
    shown = Counter(
        paper for _, text in digests for paper in set(re.findall(r"\d{4}\.\d{5}", text))
    )
    assert set(shown.values()) == {1}
    assert len(ids(world.site) & set(shown)) > 0.9 * len(ids(world.site))


MONDAY = date(2024, 12, 2)
WRONG = date(2024, 12, 9)  # a profile cannot be read, and in the evening a message is refused


def outage(looks: int) -> str:
    return (
        f"Source hf: could not be read, {looks} times in a row: answered 503 Service Unavailable,"
        " 4 times; try again later."
    )


@pytest.mark.parametrize(
    "way, mailed_at, looks, looks_in_all",
    [
        (by_cron, [at(date(2024, 12, 5), 8), at(WRONG, 8), at(date(2024, 12, 10), 8)], 3, 3),
        (
            by_scheduler,
            [at(date(2024, 12, 5)), at(WRONG, 6), at(date(2024, 12, 10), 6)],
            5,
            6,
        ),
    ],
)
def test_in_a_fortnight_a_long_outage_and_other_problems_bring_at_most_one_mail_a_day(
    live: Callable[..., Installation],
    way: Replay,
    mailed_at: list[datetime],
    looks: int,
    looks_in_all: int,
) -> None:
    last = MONDAY + timedelta(days=13)
    long = at(date(2024, 12, 4)), at(date(2024, 12, 5), 12)
    within_the_day = at(date(2024, 12, 13), 2), at(date(2024, 12, 13), 22)
    site = Site(recorded(MONDAY, last), outages=(long, within_the_day))
    site.comes_at(at(date(2024, 12, 6), 15))
    world = live(
        way,
        site,
        MONDAY,
        last,
        refuses=lambda now: now.date() == WRONG,
        broken=lambda now: at(WRONG) <= now < at(WRONG, 18),
    )
    broken = (
        f"Profiles cannot be read: {world.home}/profiles/carl.toml:1:9: not a TOML value; text must"
        ' be in quotes, as in "value"; their readers\' digests stay as they were.'
    )
    refused = (
        "The mail server refused 1 digest within a day: 550 5.1.1 <***@reader.example>: no such"
        " user."
    )
    told = world.told()
    assert [mail.at for mail in told] == mailed_at
    assert [(mail.open, mail.over) for mail in told] == [
        ((outage(looks),), ()),
        ((broken,), (outage(looks_in_all),)),
        ((refused,), (broken,)),  # there was an alert on that day already
    ]
    assert [mail.subject.partition(", ")[0] for mail in told] == [
        "Paper Digest: source hf: could not be read",
        "Paper Digest: profiles cannot be read",
        "Paper Digest: the mail server refused 1 digest within a day",
    ]
    assert not any(reader in mail.text for mail in told for reader in (ADA, BOB))
    assert_each_paper_once(world)


def test_an_unlisted_holiday_brings_no_mail_and_two_silent_days_bring_one(
    live: Callable[..., Installation],
) -> None:
    first, last = date(2024, 12, 30), date(2025, 1, 11)
    site = Site(recorded(first, last))
    assert date(2025, 1, 1) not in site.versions
    for silent in (date(2025, 1, 6), date(2025, 1, 7)):
        del site.versions[silent]
    world = live(by_cron, site, first, last)
    (told,) = world.told()
    assert told.at == at(date(2025, 1, 8), 8)
    silence = (
        "source hf: nothing new since 3 January 2025, though 2 days since should have brought"
        " something"
    )
    assert told.subject == f"Paper Digest: {silence}"
    assert told.open == (f"S{silence[1:]}.",)
    assert told.over == ()
    assert_each_paper_once(world)
