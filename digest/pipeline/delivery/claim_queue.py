"""One run's claims: handed out to its connections, and what became of them written down."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from digest.core.models.delivery import ClaimedEdition, Outcome
from digest.errors import DigestError, StoreError, StoreUnavailable
from digest.pipeline.cancellation import StopToken
from digest.store.database.prepared_writes import PreparedWriter, RowUpdate
from digest.store.database.sqlite_write_queue import SqliteWriteLock
from digest.store.database.store import Connection, Store
from digest.store.editions import attempt_statements, claims
from digest.store.locks.delivery_lock import DeliveryLock

CLAIM = 50  # editions a claim: few enough that a hung or slow run holds back little
MOST_CLAIMED = 400  # where letters go out so fast that these last for seconds only
SOON = timedelta(seconds=5)
FEW = 10  # commits, for which a lane is not worth its opening


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptStarted:
    """From here on the letter may be on its way."""

    edition_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptSettled:
    """What became of it."""

    edition_id: int
    outcome: Outcome
    at: datetime
    again: datetime | None  # when it is tried again; None: it is not


@dataclass(frozen=True, slots=True, kw_only=True)
class Requeued:
    """It was not taken, and neither would others be."""

    edition_id: int
    reason: str
    at: datetime


DeliveryEvent = AttemptStarted | AttemptSettled | Requeued


class _WriteBatch:
    """Entries of one connection, and whether they were committed."""

    def __init__(self, entries: tuple[DeliveryEvent, ...]) -> None:
        self.entries = entries
        self.done = False
        self.may_go = True  # what was started
        self.error: Exception | None = None


class ClaimQueue:
    """For all connections of a run, each in a thread of its own.

    Args:
        store: holds the ledger.
        owner: whose claims these are.
        moment: the clock.
        oldest: tells which editions are too old, given the moment.
        durable: what is written survives a power cut, not only the process.
        only: an address; None: all.
        stop: asks the run to come to its end.
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
        self._pages: list[_WriteBatch] = []
        self._adding = Lock()
        self._writing = Lock()
        self._size = CLAIM
        self._claimed_at: datetime | None = None
        self._commits = 0
        self._lane: PreparedWriter | None = None
        self._one_writer = SqliteWriteLock(store.engine.url)
        self._stopped = False
        self._stop = stop

    @property
    def stopped(self) -> bool:
        """Whether no further edition is handed out."""
        return self._stopped or self._stop.requested

    def waiting(self) -> int:
        """How many claims are at hand; claims some if there are none."""
        with self._claiming:
            if not self._claims and not self.stopped:
                now = self._moment()
                limit = self._next_size(now)
                # Others' lanes wait their turn, where they would sleep for too long.
                with self._writing, self._one_writer, self._store.write(durable=True) as tx:
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

    def take(self) -> ClaimedEdition | None:
        """The next edition to send; None when there is none, or the run stops."""
        while not self.stopped:
            if not self.waiting():
                return None
            with self._claiming:
                if self._claims and not self.stopped:
                    return self._claims.popleft()
        return None

    def give_back(self, claimed: ClaimedEdition) -> None:
        """What was taken and not begun is handed out again."""
        with self._claiming:
            self._claims.appendleft(claimed)

    def write(self, *entries: DeliveryEvent) -> bool:
        """Enters in the ledger, committed on return.

        Whoever comes first commits what the others have added meanwhile, all at once.

        Returns:
            False if what was started must not be sent: its reader has left, or paused.

        Raises:
            StoreError: this run does not hold a claim any more, or the database fails.
        """
        if not entries:
            return True
        page = _WriteBatch(entries)
        with self._adding:
            self._pages.append(page)
        with self._writing:
            if not page.done:
                with self._adding:
                    pages, self._pages = self._pages, []
                self._commit(pages)
        if page.error is not None:
            raise page.error
        return page.may_go

    def stop(self) -> None:
        """No further edition is handed out."""
        self._stopped = True

    def release(self, *, reason: str | None) -> None:
        """What was claimed and not begun goes back into the queue; nothing is written after."""
        self._leave_lane()
        self._one_writer.close()
        with self._store.write() as tx:
            claims.release(tx, owner=self._owner.token, reason=reason, now=self._moment())

    def _next_size(self, now: datetime) -> int:
        """How many to claim: more if the last ones did not last long."""
        before, self._claimed_at = self._claimed_at, now
        if before is not None:
            quick = now - before < SOON
            self._size = min(2 * self._size, MOST_CLAIMED) if quick else CLAIM
        return self._size

    def _commit(self, pages: list[_WriteBatch]) -> None:
        self._commits += 1
        try:
            if not self._by_lane(pages):
                self._by_store(pages)
        except Exception as error:  # noqa: BLE001 - raised again in each one's own thread
            spoilt = isinstance(error, StoreError) and not isinstance(error, StoreUnavailable)
            for page in pages:
                if spoilt:  # by one of them, for all
                    self._one_by_one(page)
                else:
                    page.error = error
        for page in pages:
            page.done = True

    def _by_lane(self, pages: list[_WriteBatch]) -> bool:
        """Whether all of it was written, and on the short way; if not, nothing was.

        A letter whose reader has left, or paused, takes the long way, which says so.
        """
        if self._lane is None and self._commits == FEW:
            self._lane = self._store.lane(durable=self._durable)
        if self._lane is None:
            return False
        changes = []
        for page in pages:
            for entry in page.entries:
                if isinstance(entry, Requeued):
                    return False
                changes.append(self._change(entry))
        try:
            return self._lane.write(changes)
        except DigestError:
            self._leave_lane()
            raise

    def _by_store(self, pages: list[_WriteBatch]) -> None:
        with self._store.write(durable=self._durable) as tx:
            for page in pages:
                for entry in page.entries:
                    self._enter(tx, page, entry)

    def _one_by_one(self, page: _WriteBatch) -> None:
        try:
            for entry in page.entries:
                with self._store.write(durable=self._durable) as tx:
                    self._enter(tx, page, entry)
        except Exception as error:  # noqa: BLE001 - as above
            page.error = error

    def _leave_lane(self) -> None:
        lane, self._lane = self._lane, None
        if lane is not None:
            lane.close()

    def _change(self, entry: AttemptStarted | AttemptSettled) -> RowUpdate:
        owner = self._owner.token
        if isinstance(entry, AttemptStarted):
            return attempt_statements.starting(entry.edition_id, owner=owner, now=entry.at)
        return attempt_statements.settling(
            entry.edition_id,
            owner=owner,
            outcome=entry.outcome,
            now=entry.at,
            next_attempt_at=entry.again,
        )

    def _enter(self, tx: Connection, page: _WriteBatch, entry: DeliveryEvent) -> None:
        owner = self._owner.token
        match entry:
            case AttemptStarted(edition_id=number, at=at):
                page.may_go = claims.start(tx, number, owner=owner, now=at)
            case AttemptSettled(edition_id=number, outcome=outcome, at=at, again=again):
                claims.settle(
                    tx, number, owner=owner, outcome=outcome, now=at, next_attempt_at=again
                )
            case Requeued(edition_id=number, reason=reason, at=at):
                claims.put_back(tx, number, owner=owner, reason=reason, now=at)
