"""Claims editions for the connections of one run, and records the outcomes in the ledger."""

from collections import deque
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from msgspec import Struct

from digest.core.models.delivery import ClaimedEdition, Outcome
from digest.errors import DigestError, StoreError, StoreUnavailable
from digest.pipeline.cancellation import StopToken
from digest.store.database.sqlite_write_queue import SqliteWriteLock
from digest.store.database.store import Connection, Store
from digest.store.editions import attempt_statements, claims
from digest.store.locks.delivery_lock import DeliveryLock

if TYPE_CHECKING:
    from digest.store.database.prepared_writes import PreparedWriter, RowUpdate

CLAIM_SIZE = 50  # editions per claim: a slow or hung run keeps only these from other processes
MAX_CLAIM_SIZE = 400  # editions per claim of a run that sends 50 within seconds
FAST = timedelta(seconds=5)  # a claim that is used up sooner is followed by a larger one
FEW = 10  # commits: a run with fewer does not pay for opening a prepared writer


class AttemptStarted(Struct, frozen=True, kw_only=True):
    """The message may be with the mail server from now on."""

    edition_id: int
    at: datetime


class AttemptSettled(Struct, frozen=True, kw_only=True):
    """The attempt ended with this outcome."""

    edition_id: int
    outcome: Outcome
    at: datetime
    next_attempt_at: datetime | None  # None: there is no further attempt


class Requeued(Struct, frozen=True, kw_only=True):
    """The server accepts no messages now, so the edition goes back to the queue."""

    edition_id: int
    reason: str
    at: datetime


DeliveryEvent = AttemptStarted | AttemptSettled | Requeued


class _WriteBatch:
    """Events of one connection, which are committed together."""

    def __init__(self, events: tuple[DeliveryEvent, ...]) -> None:
        self.events = events
        self.done = False
        self.not_sent: set[int] = set()  # started editions whose readers have left or paused
        self.error: Exception | None = None


class ClaimQueue:
    """The claimed editions of a run. Each connection uses it from a thread of its own.

    Args:
        store: the database with the ledger.
        owner: the lock that proves that this run is alive; the claims carry its token.
        moment: returns the current time.
        oldest: returns for a time the moment before which an edition is too old to send.
        durable: True if what is written must survive a power cut, not only a crash.
        only: an address; None for all readers.
        stop: once it is requested, no further edition is handed out.
    """

    def __init__(
        self,
        store: Store,
        owner: DeliveryLock,
        *,
        moment: Callable[[], datetime],
        oldest: Callable[[datetime], datetime],
        durable: bool,
        only: str | None,
        stop: StopToken,
    ) -> None:
        self._store = store
        self._owner = owner
        self._moment = moment
        self._oldest = oldest
        self._durable = durable
        self._only = only
        self._claims: deque[ClaimedEdition] = deque()
        self._claiming = Lock()
        self._batches: list[_WriteBatch] = []
        self._adding = Lock()
        self._writing = Lock()
        self._claim_size = CLAIM_SIZE
        self._claimed_at: datetime | None = None
        self._commits = 0
        self._writer: PreparedWriter | None = None
        self._write_lock = SqliteWriteLock(store.engine.url)
        self._stopped = False
        self._stop = stop

    @property
    def stopped(self) -> bool:
        """True when no further edition is handed out."""
        return self._stopped or self._stop.requested

    def fill(self) -> int:
        """Claims editions if none are left, and returns how many are ready to be sent."""
        with self._claiming:
            if not self._claims and not self.stopped:
                now = self._moment()
                limit = self._next_claim_size(now)
                # Without this lock, SQLite makes other processes that want to write sleep for
                # much longer than the claim takes.
                with self._writing, self._write_lock, self._store.write(durable=True) as tx:
                    claimed = claims.claim(
                        tx,
                        owner=self._owner.token,
                        now=now,
                        limit=limit,
                        email=self._only,
                        oldest=self._oldest(now),
                    )
                self._claims.extend(claimed)
            return len(self._claims)

    def next(self) -> ClaimedEdition | None:
        """Returns the next edition to send; None if there is none, or the run stops."""
        while not self.stopped:
            if not self.fill():
                return None
            with self._claiming:
                if self._claims and not self.stopped:
                    return self._claims.popleft()
        return None

    def put_back(self, claimed: ClaimedEdition) -> None:
        """Puts an edition whose attempt has not started back to the front of the queue."""
        with self._claiming:
            self._claims.appendleft(claimed)

    def write(self, *events: DeliveryEvent) -> AbstractSet[int]:
        """Records events in the ledger; they are committed when it returns.

        While one thread commits, the others queue up. The first of them then commits the
        events of all of them in one transaction, since a commit is what takes the time.

        Returns:
            The started editions that must not be sent: their readers have left or paused.

        Raises:
            StoreError: this run does not hold a claim any more, or the database fails.
        """
        if not events:
            return frozenset()
        batch = _WriteBatch(events)
        with self._adding:
            self._batches.append(batch)
        with self._writing:
            if not batch.done:
                with self._adding:
                    batches, self._batches = self._batches, []
                self._commit(batches)
        if batch.error is not None:
            raise batch.error
        return batch.not_sent

    def stop(self) -> None:
        """Hands out no further edition."""
        self._stopped = True

    def release(self, *, reason: str | None) -> None:
        """Returns the claims whose attempt has not started to the ledger's queue; call it last.

        Args:
            reason: why they were not sent; None if nothing went wrong.
        """
        self._close_writer()
        self._write_lock.close()
        with self._store.write() as tx:
            claims.release_claims(tx, owner=self._owner.token, reason=reason, now=self._moment())

    def _next_claim_size(self, now: datetime) -> int:
        """Returns how many editions to claim: twice as many after a claim that was used up fast."""
        previous, self._claimed_at = self._claimed_at, now
        if previous is not None:
            fast = now - previous < FAST
            self._claim_size = min(2 * self._claim_size, MAX_CLAIM_SIZE) if fast else CLAIM_SIZE
        return self._claim_size

    def _commit(self, batches: list[_WriteBatch]) -> None:
        self._commits += 1
        try:
            if not self._write_prepared(batches):
                self._write_by_store(batches)
        except Exception as error:  # noqa: BLE001 - raised again in the thread of each batch
            # A lost claim makes the common transaction fail for all batches: the others are
            # written again without it. An unavailable database would fail again.
            retry = isinstance(error, StoreError) and not isinstance(error, StoreUnavailable)
            for batch in batches:
                if retry:
                    self._write_alone(batch)
                else:
                    batch.error = error
        for batch in batches:
            batch.done = True

    def _write_prepared(self, batches: list[_WriteBatch]) -> bool:
        """Writes the batches with prepared statements: all of them and True, or none and False.

        It returns False if a reader has left or paused: `claims` then finds out which one.
        """
        if self._writer is None and self._commits == FEW:
            self._writer = self._store.prepared_writer(durable=self._durable)
        if self._writer is None:
            return False
        updates = []
        for batch in batches:
            for event in batch.events:
                if isinstance(event, Requeued):
                    return False
                updates.append(self._row_update(event))
        try:
            return self._writer.write(updates)
        except DigestError:
            self._close_writer()
            raise

    def _write_by_store(self, batches: list[_WriteBatch]) -> None:
        with self._store.write(durable=self._durable) as tx:
            for batch in batches:
                for event in batch.events:
                    self._record(tx, batch, event)

    def _write_alone(self, batch: _WriteBatch) -> None:
        try:
            for event in batch.events:
                with self._store.write(durable=self._durable) as tx:
                    self._record(tx, batch, event)
        except Exception as error:  # noqa: BLE001 - raised again in the thread of the batch
            batch.error = error

    def _close_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _row_update(self, event: AttemptStarted | AttemptSettled) -> "RowUpdate":
        owner = self._owner.token
        if isinstance(event, AttemptStarted):
            return attempt_statements.start_statement(event.edition_id, owner=owner, now=event.at)
        return attempt_statements.settle_statement(
            event.edition_id,
            owner=owner,
            outcome=event.outcome,
            now=event.at,
            next_attempt_at=event.next_attempt_at,
        )

    def _record(self, tx: Connection, batch: _WriteBatch, event: DeliveryEvent) -> None:
        owner = self._owner.token
        match event:
            case AttemptStarted():
                if not claims.start_attempt(tx, event.edition_id, owner=owner, now=event.at):
                    batch.not_sent.add(event.edition_id)
            case AttemptSettled():
                claims.settle_attempt(
                    tx,
                    event.edition_id,
                    owner=owner,
                    outcome=event.outcome,
                    now=event.at,
                    next_attempt_at=event.next_attempt_at,
                )
            case Requeued():
                claims.requeue(tx, event.edition_id, owner=owner, reason=event.reason, now=event.at)
