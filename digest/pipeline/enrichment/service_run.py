"""Asks one service in one run of the stage "enrich".

A service that fails is not asked again in this run, and rests before the next one.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import TypeVar

from msgspec.structs import asdict

from digest.core.enrichment.matching import choose
from digest.core.enrichment.outcomes import LookupAnswer, LookupOutcome, WantedPaper
from digest.core.enrichment.pauses import next_use
from digest.errors import DigestError
from digest.logs import get_logger
from digest.pipeline.enrichment.recording import Found, record_descriptions, record_found
from digest.pipeline.enrichment.report import (
    DescribingLookup,
    EnrichOptions,
    PaperLookup,
    Service,
    ServiceReport,
)
from digest.store.database.store import Store
from digest.store.enrichment import lookups
from digest.store.papers import source_state

T = TypeVar("T")

LONGEST_REQUEST = 20.0  # seconds
SHORTEST_REQUEST = 1.0  # seconds: with less left, none is begun

_MAX_FAILURES = 2  # in a row, of requests that may fail for themselves
_RECORDED_AT_ONCE = 20  # requests whose answers are stored in one transaction
# The service refuses this request, whoever sends it: another paper may be asked for.
_REFUSED = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.REQUEST_URI_TOO_LONG)

_log = get_logger("digest.enrich")


class _ServiceStoppedError(Exception):
    """The service is not asked any more in this run. The text says why; empty: no failure."""


class ServiceRun:
    """Asks one service for papers, as long as it answers and the budget lasts.

    Args:
        store: The database.
        service: The service.
        now: The current time.
        options: The limits of this run.
        deadline: When the budget is used up, on the clock of the options.
    """

    def __init__(
        self,
        store: Store,
        service: Service,
        *,
        now: datetime,
        options: EnrichOptions,
        deadline: float,
    ) -> None:
        self._store = store
        self._service = service
        self._now = now
        self._options = options
        self._deadline = deadline
        self._requests = self._asked = self._found = self._described = 0
        self._failures = 0  # in a row
        self._retry_after: float | None = None
        self._matches: list[Found] = []
        self._outcomes: dict[int, LookupOutcome] = {}

    def run(
        self, wanted: Sequence[WantedPaper], undescribed: Sequence[tuple[int, str]]
    ) -> ServiceReport:
        """Asks the service as far as it answers and the budget lasts, and stores what it says.

        Args:
            wanted: papers to be found by their titles.
            undescribed: ids of papers of which more is wanted, with their arXiv ids.
        """
        problem = ""
        try:
            lookup = self._service.build()
            if isinstance(lookup, DescribingLookup):
                self._describe(lookup, undescribed)
            self._search(lookup, wanted)
        except _ServiceStoppedError as stopped:
            problem = str(stopped)
        self._store_answers()
        self._rest(problem)
        report = ServiceReport(
            service=self._service.name,
            requests=self._requests,
            asked=self._asked,
            found=self._found,
            described=self._described,
            problem=problem,
        )
        if report.requests:
            _log.info("lookup", **asdict(report))
        return report

    def _describe(self, lookup: DescribingLookup, wanted: Sequence[tuple[int, str]]) -> None:
        """Asks for the other data of papers whose arXiv ids are known."""
        for part in _parts(wanted, lookup.ids_at_once):
            ids = [arxiv_id for _, arxiv_id in part]
            answer = self._ask(lookup, partial(lookup.describe, ids))
            if answer is None:
                continue
            with self._store.write() as tx:
                self._described += record_descriptions(
                    tx, self._service, dict(part), answer, now=self._now
                )

    def _search(self, lookup: PaperLookup, wanted: Sequence[WantedPaper]) -> None:
        """Asks for papers by their titles."""
        if not wanted:
            return
        with self._store.read() as tx:
            seen = lookups.first_seen(tx, [item.paper_id for item in wanted])
        for part in _parts(wanted, lookup.titles_at_once):
            titles = [item.paper.title for item in part]
            answer = self._ask(lookup, partial(lookup.search, titles))
            for item in part:
                self._asked += 1
                self._outcomes[item.paper_id] = LookupOutcome.ABSENT
                # A request that was refused is not sent again for these papers before their pause.
                records = answer.papers if answer is not None else ()
                chosen = choose(item.paper, records, seen=seen[item.paper_id])
                record = chosen.paper
                if answer is None or record is None or (item.is_identified and not record.abstract):
                    continue
                self._matches.append(
                    Found(
                        wanted=item, record=record, address=answer.address, evidence=chosen.reason
                    )
                )
            if self._requests % _RECORDED_AT_ONCE == 0:
                self._store_answers()

    def _ask(
        self, lookup: PaperLookup, request: Callable[..., LookupAnswer]
    ) -> LookupAnswer | None:
        """Sends one request; returns None if it failed, but another one may not.

        Raises:
            _ServiceStoppedError: no further request must be sent.
        """
        left = self._deadline - self._options.clock() - lookup.interval
        if left < SHORTEST_REQUEST or self._options.stopped():
            raise _ServiceStoppedError
        if self._requests >= lookup.max_requests:
            raise _ServiceStoppedError
        self._requests += 1
        try:
            answer = request(seconds=min(left, LONGEST_REQUEST))
        except DigestError as error:
            self._failures += 1
            self._retry_after = getattr(error, "retry_after", None)
            status = getattr(error, "status", None)
            # The address of an error may contain a key, so only its reason is shown.
            reason = str(getattr(error, "reason", error))
            # Too many requests, no access, or no network: the next request would fail too.
            if status not in _REFUSED or self._failures >= _MAX_FAILURES:
                raise _ServiceStoppedError(reason) from error
            return None
        except Exception as error:
            # A bug in reading an answer must not keep anybody's digest from being made.
            _log.exception("lookup failed", service=self._service.name)
            self._failures += 1
            bug = f"{type(error).__name__} (a bug; the log has the details)"
            raise _ServiceStoppedError(bug) from error
        if self._service.trust.at((answer.address,)) is not self._service.trust:
            self._failures += 1
            raise _ServiceStoppedError("the answer came from another host; it is not believed")
        self._failures = 0
        return answer

    def _store_answers(self) -> None:
        """Stores what was found and what was not, in one transaction."""
        if not self._outcomes:
            return
        with self._store.write() as tx:
            found, described = record_found(
                tx, self._service, self._matches, self._outcomes, now=self._now
            )
        self._found += found
        self._described += described
        self._matches, self._outcomes = [], {}

    def _rest(self, problem: str) -> None:
        """Stores when the service may be asked again, if it failed now or before."""
        name = self._service.source
        with self._store.read() as tx:
            before = source_state.load(tx, name)
        if not self._requests or not (problem or before.failures):
            return
        with self._store.write() as tx:
            failures = before.failures + 1 if problem else 0
            source_state.save(
                tx,
                name,
                now=self._now,
                next_poll_at=next_use(failures, now=self._now, retry_after=self._retry_after)
                if problem
                else None,
                failures=failures,
                failing_since=(before.failing_since or self._now) if problem else None,
            )


def _parts(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yields the items in parts of this size; the last part may be smaller."""
    return (items[start : start + size] for start in range(0, len(items), size))
