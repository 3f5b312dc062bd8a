"""Sends the editions that go to channels: the same ledger, claims and outcomes as for mail.

They are claimed apart, after the mail, so that no reader of mail waits for a chat that does not answer.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from digest.core.channel_progress import messages_hash, progress_text, taken
from digest.core.models.delivery import (
    ClaimedEdition,
    Deferred,
    InDoubt,
    Outcome,
    Refused,
    Sent,
)
from digest.core.schedule.retry import next_attempt, wait_before
from digest.errors import DigestError, SettingsError
from digest.pipeline.delivery.counter import DeliveryCounter
from digest.pipeline.delivery.deliver import DeliveryOptions, DeliveryReport, Runtime
from digest.store.database.store import Store
from digest.store.editions import channel_editions, claims
from digest.store.locks import delivery_lock
from digest.store.locks.delivery_lock import DeliveryLock

CLAIM_SIZE = 20
"""Editions of one claim."""

BUDGET = 300.0
"""Seconds of one run; what is left is sent by the next one."""

_SILENT = "it did not answer for another digest of this run; the next run tries again"


class OpenChannel(Protocol):
    """Takes messages to one place."""

    @property
    def place(self) -> str:
        """Names the server."""

    @property
    def target(self) -> str:
        """Identifies the place; may be secret."""

    def send(self, part: bytes, *, key: str, now: datetime) -> Outcome:
        """Sends one message.

        Args:
            part: the message.
            key: the same in every attempt, and of no other message.
            now: the current time.
        """


class ChannelDigest(Struct, frozen=True, kw_only=True):
    """A digest that is ready to be sent: its channel, and its messages."""

    channel: OpenChannel
    parts: Sequence[bytes]
    key: str  # of the digest; each message adds its number


PrepareForChannel = Callable[[ClaimedEdition], ChannelDigest | Deferred]
"""Writes the messages of an edition; `Deferred` says why its channel cannot be used now."""


def deliver_to_channels(
    store: Store,
    *,
    prepare: PrepareForChannel,
    now: datetime,
    time: Runtime,
    options: DeliveryOptions,
    only: str | None = None,
) -> DeliveryReport:
    """Sends the queued editions of channels, and those that are due for another attempt.

    `deliver` comes first: it recovers what dead processes left.

    Args:
        store: the database with the ledger.
        prepare: writes the messages of an edition.
        now: when the run starts.
        time: clock, jitter and stop token.
        options: what happens to late or doubtful editions.
        only: an address; None for all readers.

    Raises:
        StoreError: the database fails.
    """
    with store.read() as tx:
        if not channel_editions.names(tx):
            return DeliveryReport()
    with delivery_lock.acquire(store, clock=time.clock) as owner:
        run = _ChannelRun(store, owner, prepare, now=now, time=time, options=options)
        return run.go(only)


class _ChannelRun:
    def __init__(
        self,
        store: Store,
        owner: DeliveryLock,
        prepare: PrepareForChannel,
        *,
        now: datetime,
        time: Runtime,
        options: DeliveryOptions,
    ) -> None:
        self._store = store
        self._owner = owner
        self._prepare = prepare
        self._now = now
        self._time = time
        self._started = time.clock()
        self._options = options
        self._counter = DeliveryCounter()
        self._silent: set[str] = set()  # places that did not answer

    def go(self, only: str | None) -> DeliveryReport:
        problem = ""
        try:
            while claimed := self._claim(only):
                for edition in claimed:
                    if self._is_over():
                        break
                    self._attempt(edition)
        # A wrong `channels.toml` is a result: the mail of the same run was sent.
        except SettingsError as error:
            problem = str(error)
        finally:
            with self._store.write() as tx:
                claims.release_claims(tx, owner=self._owner.token)
        counts: Counter[type[Outcome]] = self._counter.counts
        return DeliveryReport(delivered=self._counter.delivered, counts=counts, problem=problem)

    def _is_over(self) -> bool:
        return self._time.stop.requested or self._time.clock() - self._started > BUDGET

    def _claim(self, only: str | None) -> list[ClaimedEdition]:
        if self._is_over():
            return []
        now = self._moment()
        with self._store.write(durable=True) as tx:
            return claims.claim(
                tx,
                owner=self._owner.token,
                now=now,
                limit=CLAIM_SIZE,
                email=only,
                oldest=now - self._options.max_lateness,
                channels=True,
            )

    def _attempt(self, claimed: ClaimedEdition) -> None:
        # Before the attempt starts: an edition that is not started was certainly not sent.
        try:
            digest = self._prepare(claimed)
        except DigestError:
            raise
        except Exception as error:  # noqa: BLE001 - one edition alone is wrong, as with mail
            digest = Deferred(reason=f"its messages cannot be written: {type(error).__name__}")
        if isinstance(digest, ChannelDigest) and digest.channel.place in self._silent:
            digest = Deferred(reason=f"{claimed.channel}: {_SILENT}")
        with self._store.write(durable=True) as tx:
            token, now = self._owner.token, self._moment()
            if not claims.start_attempt(tx, claimed.edition_id, owner=token, now=now):
                return  # its reader has left or paused
        outcome = digest if isinstance(digest, Deferred) else self._send(claimed, digest)
        self._counter.record(claimed, outcome)
        now = self._moment()
        with self._store.write(durable=True) as tx:
            claims.settle_attempt(
                tx,
                claimed.edition_id,
                owner=self._owner.token,
                outcome=outcome,
                now=now,
                next_attempt_at=self._next_attempt(claimed, outcome, now),
            )

    def _send(self, claimed: ClaimedEdition, digest: ChannelDigest) -> Outcome:
        """Sends the messages that were not taken yet, and stops at the first that is not."""
        whole = messages_hash(digest.channel.target, digest.parts)
        first = taken(claimed.progress, of=whole)
        outcome: Outcome = Sent(reply=f"{claimed.channel}: all messages were taken before")
        for number, part in enumerate(digest.parts[first:], start=first + 1):
            if number > 1 and self._time.stop.requested:
                return Deferred(reason=f"{claimed.channel}: stopped after message {number - 1}")
            # Right before sending: without the lock, another process may be sending the edition.
            self._owner.require_held()
            key = f"{digest.key}-{number}"
            outcome = digest.channel.send(part, key=key, now=self._moment())
            if not isinstance(outcome, Sent):
                return self._failed(claimed, digest, outcome)
            if number < len(digest.parts):
                with self._store.write(durable=True) as tx:
                    channel_editions.record_progress(
                        tx,
                        claimed.edition_id,
                        owner=self._owner.token,
                        progress=progress_text(number, of=whole),
                    )
        return outcome

    def _failed(
        self, claimed: ClaimedEdition, digest: ChannelDigest, outcome: Deferred | Refused | InDoubt
    ) -> Outcome:
        # Without a status the server has not answered: it may let each digest wait as long.
        if isinstance(outcome, InDoubt) or (isinstance(outcome, Deferred) and outcome.code is None):
            self._silent.add(digest.channel.place)
        return replace(outcome, reason=f"channel {claimed.channel}: {outcome.reason}")

    def _next_attempt(
        self, claimed: ClaimedEdition, outcome: Outcome, now: datetime
    ) -> datetime | None:
        jitter = self._time.jitter()
        if isinstance(outcome, InDoubt):
            return now + wait_before(claimed.attempts + 1, jitter=jitter)
        if not isinstance(outcome, Deferred):
            return None
        too_late = (claimed.released_at or claimed.composed_at) + self._options.max_lateness
        at = next_attempt(claimed.attempts + 1, now=now, too_late=too_late, jitter=jitter)
        if at is None or outcome.retry_after is None:
            return at
        asked = now + timedelta(seconds=outcome.retry_after)
        return max(at, asked) if asked < too_late else None

    def _moment(self) -> datetime:
        return self._now + timedelta(seconds=self._time.clock() - self._started)
