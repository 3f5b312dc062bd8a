"""What a run of "publish" did: counts, and the results for some subscriptions."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from digest.pipeline.publishing.due import PublishResult

MAX_RESULTS = 1000
"""So many results are kept, and so many failed ones beside them: memory must not grow with the number
of readers."""


class PublishReport(Struct, frozen=True, kw_only=True):
    """The results of "publish". Iterating over it gives the results that were kept."""

    results: tuple[PublishResult, ...] = ()  # at most twice `MAX_RESULTS`
    subscriptions: int = 0  # evaluated ones, and, if asked for, those that are not due
    made: int = 0  # editions
    failed: int = 0  # editions that could not be made
    waiting: int = 0  # subscriptions without an edition that have a time
    next_due: datetime | None = None  # the first time of those
    model_problem: str = ""  # why the language model gave no grades
    stopped: bool = False  # the stop token was requested; the next run makes the others

    def __iter__(self) -> Iterator[PublishResult]:
        """Returns the results that were kept."""
        return iter(self.results)

    def __len__(self) -> int:
        """Returns the number of results that were kept."""
        return len(self.results)

    @property
    def problems(self) -> tuple[str, ...]:
        """The errors that the operator must correct, one line each."""
        lines = [item.problem for item in self.results if item.failed]
        if self.failed > len(lines):
            lines.append(f"and {self.failed - len(lines):,} more digests could not be made")
        return tuple(lines)

    def joined(self, other: "PublishReport") -> "PublishReport":
        """Returns the report of two parts."""
        times = [item.next_due for item in (self, other) if item.next_due is not None]
        results = (*self.results, *other.results)
        return PublishReport(
            results=(
                *results[:MAX_RESULTS],
                *(item for item in results[MAX_RESULTS:] if item.failed),
            )[: 2 * MAX_RESULTS],
            subscriptions=self.subscriptions + other.subscriptions,
            made=self.made + other.made,
            failed=self.failed + other.failed,
            waiting=self.waiting + other.waiting,
            next_due=min(times, default=None),
            model_problem=self.model_problem or other.model_problem,
            stopped=self.stopped or other.stopped,
        )


class ReportBuilder:
    """Counts results, and keeps the first ones."""

    def __init__(self) -> None:
        self._results: list[PublishResult] = []
        self._failed: list[PublishResult] = []
        self._subscriptions = self._made = self._failures = self._waiting = 0
        self._next_due: datetime | None = None

    @property
    def has_room(self) -> bool:
        """Whether the next result would be kept."""
        return len(self._results) < MAX_RESULTS

    def add_all(self, results: Iterable[PublishResult]) -> None:
        """Adds results."""
        for item in results:
            self.add(item)

    def add(self, item: PublishResult) -> None:
        """Adds a result."""
        if self.has_room:
            self._results.append(item)
        elif item.failed and len(self._failed) < MAX_RESULTS:
            self._failed.append(item)
        self._subscriptions += 1
        self._failures += item.failed
        if item.edition_id is not None:
            self._made += 1
        elif item.next_due is not None:
            self._waiting += 1
            self._next_due = min(self._next_due or item.next_due, item.next_due)

    def add_made(self, count: int) -> None:
        """Adds editions whose results are not kept."""
        self._subscriptions += count
        self._made += count

    def set_waiting(self, count: int, next_due: datetime | None) -> None:
        """Replaces what is known of subscriptions that have a time."""
        self._waiting, self._next_due = count, next_due

    def add_others(self, count: int) -> None:
        """Adds subscriptions of which only the number is known."""
        self._subscriptions += count

    def add_report(self, report: PublishReport) -> None:
        """Adds the results of another process."""
        known = (item.edition_id is not None for item in report.results)
        self.add_all(report.results)
        unknown = report.made - sum(known)
        self.add_made(unknown)
        self.add_others(report.subscriptions - len(report.results) - unknown)

    def take(self) -> PublishReport:
        """Returns the report, and begins a new one."""
        report = self.report()
        self.__dict__.update(ReportBuilder().__dict__)
        return report

    def report(self) -> PublishReport:
        """Returns the report."""
        return PublishReport(
            results=(*self._results, *self._failed),
            subscriptions=self._subscriptions,
            made=self._made,
            failed=self._failures,
            waiting=self._waiting,
            next_due=self._next_due,
        )
