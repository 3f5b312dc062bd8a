"""The sources on the operator's pages: how they are, and what a fetch would bring now."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice

from msgspec import Struct

from digest.core.models.batches import Verdict
from digest.errors import DigestError, UsageError
from digest.pipeline.collect import Source
from digest.pipeline.source_health import MonitoredSource, SourceHealth, check_sources
from digest.store.admin import daily_figures, source_stops
from digest.store.database.store import Store
from digest.store.enrichment import request_counts
from digest.store.enrichment.lookups import LookupStatus, lookup_status
from digest.store.enrichment.request_counts import RequestCount
from digest.store.papers import source_state

MONTH = timedelta(days=30)
_MOST_BATCHES = 3  # of a test
_TITLES = 8


class SourceMonth(Struct, frozen=True, kw_only=True):
    """A source, and what it brought in the last 30 days."""

    health: SourceHealth
    fetches: int
    failed: int
    papers: int
    new: int
    days: int  # on which it brought something new

    @property
    def name(self) -> str:
        """Its name in sources.toml."""
        return self.health.name


class SourceTest(Struct, frozen=True, kw_only=True):
    """What a fetch brought that stored nothing."""

    name: str
    papers: int
    titles: Sequence[str]  # of the first papers
    without_abstract: int
    rejected: Sequence[str]
    problem: str = ""  # why it could not be read


def months(
    store: Store, sources: Sequence[MonitoredSource], *, now: datetime
) -> Sequence[SourceMonth]:
    """Returns the sources in their order, with the figures of 30 days."""
    states = check_sources(store, sources, now=now)
    with store.read() as tx:
        collected = daily_figures.batches(tx, since=now - MONTH)
    result = []
    for state in states:
        own = [item for item in collected if item.source == state.name]
        result.append(
            SourceMonth(
                health=state,
                fetches=len(own),
                failed=sum(item.verdict is Verdict.FAILED for item in own),
                papers=sum(item.papers for item in own),
                new=sum(item.new for item in own),
                days=len({item.at.date() for item in own if item.new}),
            )
        )
    return result


def lookups(store: Store, *, now: datetime) -> LookupStatus:
    """Returns how often the services were asked for papers without a link."""
    with store.read() as tx:
        return lookup_status(tx, now=now)


def budgets(store: Store, *, now: datetime) -> Sequence[RequestCount]:
    """Returns the requests of today (UTC) to each service."""
    with store.read() as tx:
        return request_counts.counts_of(tx, now.date())


def set_stopped(
    store: Store, name: str, *, stopped: bool, known: Sequence[str], now: datetime
) -> str:
    """Stops a source, or lets it be read again; returns what was done.

    Raises:
        UsageError: sources.toml has no such source.
    """
    if name not in known:
        raise UsageError(f"{name}: sources.toml has no such source")
    with store.write() as tx:
        if stopped:
            source_stops.stop(tx, name, now=now)
        else:
            source_stops.start(tx, name)
    return "stopped" if stopped else "read again"


def try_source(store: Store, source: Source, *, now: datetime) -> SourceTest:
    """Fetches and parses what a source has now, and stores nothing.

    Args:
        store: The database, which knows up to where the source was read.
        source: The source.
        now: The current time.
    """
    with store.read() as tx:
        cursor = source_state.load_cursor(tx, source.name)
    titles: list[str] = []
    rejected: list[str] = []
    papers = without_abstract = 0
    problem = ""
    try:
        for read in islice(source.fetch(cursor, now=now), _MOST_BATCHES):
            if read.problem is not None:
                problem = read.problem.reason
            if read.batch is not None:
                papers += len(read.batch.papers)
                without_abstract += sum(not paper.abstract for paper in read.batch.papers)
                titles += [paper.title for paper in read.batch.papers[:_TITLES]]
                rejected += [item.reason for item in read.batch.rejected]
    except DigestError as error:
        problem = str(error)
    except Exception as error:  # noqa: BLE001 - a bug of a plug-in is the result of the test
        problem = f"{type(error).__name__}: {error}"
    return SourceTest(
        name=source.name,
        papers=papers,
        titles=titles[:_TITLES],
        without_abstract=without_abstract,
        rejected=rejected[:_TITLES],
        problem=problem,
    )
