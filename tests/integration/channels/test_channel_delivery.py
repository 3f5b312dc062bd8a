"""What a run does with the editions that go to channels, with any channel."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import update
from support.smtp.transports import FakeTransport
from support.speed.databases import new_sqlite_store

from benchmarks.common.ledger_setup import NOW, fill, reader, short_message
from digest.core.models.delivery import (
    ClaimedEdition,
    Deferred,
    EditionState,
    InDoubt,
    Outcome,
    Refused,
    Sent,
)
from digest.errors import SettingsError
from digest.pipeline.delivery.channel_delivery import (
    BUDGET,
    ChannelDigest,
    deliver_to_channels,
)
from digest.pipeline.delivery.deliver import DeliveryOptions, DeliveryReport, Runtime, deliver
from digest.store.database.schema import edition, subscription
from digest.store.database.store import Store
from digest.store.editions import ledger
from digest.store.subscribers import profiles

PLAIN = DeliveryOptions()


@dataclass
class Clock:
    now: float = 0.0

    def read(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class FakeChannel:
    """Gives the outcomes of `ways`, then `Sent`."""

    ways: list[Outcome] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    place: str = "chat.example:443"
    target: str = "https://chat.example/secret"
    sending: Callable[[], None] = lambda: None

    def send(self, part: bytes, *, key: str, now: datetime) -> Outcome:
        del part, now
        self.keys.append(key)
        self.sending()
        return self.ways.pop(0) if self.ways else Sent(reply="ok")


def fill_channels(store: Store, count: int, *, mail: int = 0) -> None:
    """Editions 1 to `count` go to a channel, and `mail` more by mail."""
    fill(store, count + mail)
    with store.write() as tx:
        number = profiles.store_text(tx, 'deliver_to = "team"\n', email="")
        tx.execute(update(subscription).where(subscription.c.id <= count).values(profile_id=number))


def run(
    store: Store,
    channel: FakeChannel,
    *,
    hours: float = 0,
    parts: int = 1,
    clock: Clock | None = None,
    options: DeliveryOptions = PLAIN,
    only: str | None = None,
) -> DeliveryReport:
    clock = clock or Clock()

    def prepare(claimed: ClaimedEdition) -> ChannelDigest:
        return ChannelDigest(
            channel=channel,
            parts=[f"{claimed.edition_id} {number}".encode() for number in range(parts)],
            key=str(claimed.edition_id),
        )

    now = NOW + timedelta(hours=hours)
    time = Runtime(clock=clock.read, sleep=clock.sleep, jitter=lambda: 0.5)
    # As `deliver_queued` does: this recovers what dead processes left and what is in doubt.
    deliver(
        store, connect=FakeTransport().connect, write=short_message, now=now, time=time,
        options=options,
    )  # fmt: skip
    return deliver_to_channels(
        store, prepare=prepare, now=now, time=time, options=options, only=only
    )


def states(store: Store, count: int) -> list[EditionState]:
    with store.read() as tx:
        return [ledger.load(tx, number + 1).state for number in range(count)]


@pytest.fixture
def sqlite(tmp_path: Path) -> Store:
    return Store.open(new_sqlite_store(tmp_path / "digest.db"))


def test_mail_and_channels_are_claimed_apart(store: Store) -> None:
    fill_channels(store, 3, mail=4)
    channel, transport = FakeChannel(), FakeTransport()
    time = Runtime(clock=Clock().read, sleep=Clock().sleep, jitter=lambda: 0.5)
    mailed = deliver(store, connect=transport.connect, write=short_message, now=NOW, time=time)
    assert mailed.count(Sent) == 4
    assert not set(transport.to) & {reader(number) for number in (1, 2, 3)}
    assert run(store, channel, only=reader(2)).count(Sent) == 1
    assert channel.keys == ["2-1"]
    assert run(store, channel).count(Sent) == 2
    assert states(store, 7) == [EditionState.SENT] * 7
    assert run(store, channel).counts.total() == 0


def test_a_retry_goes_on_with_the_first_message_that_was_not_taken(store: Store) -> None:
    fill_channels(store, 1)
    channel = FakeChannel([Sent(reply=""), Deferred(reason="busy", code=429)])
    assert run(store, channel, parts=3).count(Deferred) == 1
    assert run(store, channel, hours=1, parts=3).count(Sent) == 1
    assert channel.keys == ["1-1", "1-2", "1-2", "1-3"]


def test_messages_that_changed_meanwhile_are_all_sent(sqlite: Store) -> None:
    fill_channels(sqlite, 1)
    channel = FakeChannel([Sent(reply=""), Deferred(reason="busy", code=429)])
    run(sqlite, channel, parts=3)
    channel.target = "https://elsewhere.example"
    assert run(sqlite, channel, hours=1, parts=3).count(Sent) == 1
    assert channel.keys == ["1-1", "1-2", "1-1", "1-2", "1-3"]


@pytest.mark.parametrize("hold", [False, True])
def test_a_digest_in_doubt_follows_the_setting_for_mail(sqlite: Store, *, hold: bool) -> None:
    fill_channels(sqlite, 1)
    options = DeliveryOptions(hold=hold)
    channel = FakeChannel([InDoubt(reason="Slack: it did not answer in time")])
    assert run(sqlite, channel, options=options).count(InDoubt) == 1
    assert states(sqlite, 1) == [EditionState.IN_DOUBT]
    again = run(sqlite, channel, hours=6, options=options)
    assert again.count(Sent) == (0 if hold else 1)


def test_a_refusal_is_final_and_its_reason_names_the_channel(sqlite: Store) -> None:
    fill_channels(sqlite, 1)
    channel = FakeChannel([Refused(reason="Slack: 404", code=404)])
    assert run(sqlite, channel).failures == ("reader1@example.org: channel team: Slack: 404",)
    assert run(sqlite, channel, hours=9).counts.total() == 0


def test_a_service_that_asks_for_time_gets_it(sqlite: Store) -> None:
    fill_channels(sqlite, 1)
    busy = Deferred(reason="busy", code=429, retry_after=5 * 3600)
    channel = FakeChannel([busy])
    run(sqlite, channel)
    assert run(sqlite, channel, hours=4.9).counts.total() == 0
    assert run(sqlite, channel, hours=5.1).count(Sent) == 1
    # Longer than a digest may be late: it expires at once, and says why.
    with sqlite.write() as tx:
        tx.execute(update(edition).values(state=EditionState.QUEUED))
    channel.ways = [replace(busy, retry_after=72 * 3600)]
    run(sqlite, channel, hours=5.2)
    assert states(sqlite, 1) == [EditionState.EXPIRED]


def test_a_server_that_does_not_answer_holds_up_one_digest_and_not_all(sqlite: Store) -> None:
    fill_channels(sqlite, 30)
    channel = FakeChannel([Deferred(reason="Slack: it did not answer in time")])
    assert run(sqlite, channel).count(Deferred) == 30
    assert len(channel.keys) == 1
    assert run(sqlite, channel, hours=1).count(Sent) == 30


def test_a_run_ends_in_time_and_leaves_the_rest_in_the_queue(sqlite: Store) -> None:
    fill_channels(sqlite, 30)
    clock = Clock()
    channel = FakeChannel(sending=lambda: clock.sleep(BUDGET / 4))
    assert run(sqlite, channel, clock=clock).count(Sent) == 5
    assert states(sqlite, 30).count(EditionState.QUEUED) == 25
    channel.sending = lambda: None
    assert run(sqlite, channel).count(Sent) == 25


def test_a_wrong_file_of_channels_ends_the_run_before_anything_is_in_doubt(sqlite: Store) -> None:
    fill_channels(sqlite, 2)

    def refuse(claimed: ClaimedEdition) -> ChannelDigest:
        raise SettingsError(f"channels.toml:1: wrong ({claimed.channel})")

    time = Runtime(clock=Clock().read, sleep=Clock().sleep, jitter=lambda: 0.5)
    report = deliver_to_channels(sqlite, prepare=refuse, now=NOW, time=time, options=PLAIN)
    assert report.problem == "channels.toml:1: wrong (team)"
    assert states(sqlite, 2) == [EditionState.QUEUED] * 2
