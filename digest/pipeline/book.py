"""One run's claims: handed out to its connections, and what became of them written down."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from digest.core.model import Claimed, Outcome
from digest.store import claims
from digest.store.engine import Connection, Store
from digest.store.owners import Owner

CLAIM = 50  # editions a claim: few enough that a hung run holds back little


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """From here on the letter may be on its way."""

    edition_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of it."""

    edition_id: int
    outcome: Outcome
    at: datetime
    again: datetime | None  # when it is tried again; None: it is not


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBack:
    """It was not taken, and neither would others be."""

    edition_id: int
    reason: str
    at: datetime


Entry = Started | Settled | PutBack


class _Page:
    """Entries of one connection, and whether they were committed."""

    def __init__(self, entries: tuple[Entry, ...]) -> None:
        self.entries = entries
        self.done = False
        self.may_go = True  # what was started
        self.error: Exception | None = None


class Book:
    """For all connections of a run, each in a thread of its own.

    Args:
        store: holds the ledger.
        owner: whose claims these are.
        moment: the clock.
        oldest: tells which editions are too old, given the moment.
        durable: what is written survives a power cut, not only the process.
        only: an address; None: all.
    """

    def __init__(
        self,
        store: Store,
        owner: Owner,
        *,
        moment: Callable[[], datetime],
        oldest: Callable[[datetime], datetime],
        durable: bool,
        only: str | None,
    ) -> None:
        self._store = store
        self._owner = owner
        self._moment = moment
        self._oldest = oldest
        self._durable = durable
        self._only = only
        self._claims: deque[Claimed] = deque()
        self._claiming = Lock()
        self._pages: list[_Page] = []
        self._adding = Lock()
        self._writing = Lock()
        self.stopped = False

    def waiting(self) -> int:
        """How many claims are at hand; claims some if there are none."""
        with self._claiming:
            if not self._claims and not self.stopped:
                now = self._moment()
                with self._writing, self._store.write(durable=True) as tx:
                    claimed = claims.claim(
                        tx,
                        owner=self._owner.token,
                        now=now,
                        limit=CLAIM,
                        email=self._only,
                        oldest=self._oldest(now),
                    )
                self._claims.extend(claimed)
            return len(self._claims)

    def take(self) -> Claimed | None:
        """The next edition to send; None when there is none, or the run stops."""
        while not self.stopped:
            if not self.waiting():
                return None
            with self._claiming:
                if self._claims and not self.stopped:
                    return self._claims.popleft()
        return None

    def give_back(self, claimed: Claimed) -> None:
        """What was taken and not begun is handed out again."""
        with self._claiming:
            self._claims.appendleft(claimed)

    def write(self, *entries: Entry) -> bool:
        """Enters in the ledger, committed on return.

        Whoever comes first commits what the others have added meanwhile, all at once.

        Returns:
            False if what was started must not be sent: its reader has left, or paused.

        Raises:
            StoreError: this run does not hold a claim any more, or the database fails.
        """
        if not entries:
            return True
        page = _Page(entries)
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
        self.stopped = True

    def release(self, *, reason: str | None) -> None:
        """What was claimed and not begun goes back into the queue."""
        with self._store.write() as tx:
            claims.release(tx, owner=self._owner.token, reason=reason, now=self._moment())

    def _commit(self, pages: list[_Page]) -> None:
        try:
            with self._store.write(durable=self._durable) as tx:
                for page in pages:
                    page.may_go = self._enter(tx, page.entries)
        except Exception as error:  # noqa: BLE001 - raised again in each one's own thread
            if len(pages) == 1:
                pages[0].error = error
            else:  # one of them spoils it for all: each by itself
                for page in pages:
                    self._commit([page])
        for page in pages:
            page.done = True

    def _enter(self, tx: Connection, entries: tuple[Entry, ...]) -> bool:
        owner = self._owner.token
        may_go = True
        for entry in entries:
            match entry:
                case Started(edition_id=number, at=at):
                    may_go = claims.start(tx, number, owner=owner, now=at)
                case Settled(edition_id=number, outcome=outcome, at=at, again=again):
                    claims.settle(
                        tx, number, owner=owner, outcome=outcome, now=at, next_attempt_at=again
                    )
                case PutBack(edition_id=number, reason=reason, at=at):
                    claims.put_back(tx, number, owner=owner, reason=reason, now=at)
        return may_go
