"""Today at a glance: what came, what was made and sent, what waits, what is wrong."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct, field

from digest.core.models.batches import Verdict
from digest.core.models.delivery import EditionState
from digest.core.problems import Problem
from digest.pipeline.alerts import RunContext, current_problems
from digest.pipeline.source_health import MonitoredSource
from digest.store.admin import daily_figures
from digest.store.admin.daily_figures import CollectedBatch, EditionTotals
from digest.store.database.store import Store
from digest.store.editions import delivery_pause
from digest.store.editions.delivery_pause import DeliveryPause
from digest.store.reports import job_runs
from digest.store.reports.job_runs import JobRun
from digest.store.reports.status import Status, status
from digest.store.subscribers import due


class SourceDay(Struct, kw_only=True):
    """What one source brought today."""

    name: str
    batches: int = 0
    papers: int = 0
    new: int = 0
    verdict: Verdict | None = None  # of the last batch
    at: datetime | None = None  # of the last batch


class Overview(Struct, frozen=True, kw_only=True):
    """Today at a glance."""

    since: datetime  # when the day began, UTC
    sources: Sequence[SourceDay]
    editions: EditionTotals  # of today
    status: Status  # of all time
    problems: Sequence[Problem]
    pause: DeliveryPause | None
    jobs: Sequence[JobRun]  # the last run of each job
    next_due: datetime | None
    waiting: Mapping[EditionState, int] = field(default_factory=dict)


def overview(
    store: Store,
    sources: Sequence[MonitoredSource],
    *,
    now: datetime,
    queue_limit: timedelta,
    hold: bool,
) -> Overview:
    """Returns the overview of the day (UTC).

    Args:
        store: The database.
        sources: The sources of sources.toml.
        now: The current time.
        queue_limit: How long an edition may wait before this is a problem.
        hold: Editions in doubt wait for a decision of the operator.
    """
    since = now.replace(hour=0, minute=0, second=0, microsecond=0)
    problems = current_problems(
        store, sources, RunContext(), now=now, queue_limit=queue_limit, hold=hold
    )
    with store.read() as tx:
        state = status(tx, now)
        collected = daily_figures.batches(tx, since=since)
        return Overview(
            since=since,
            sources=_by_source(collected, [source.name for source in sources]),
            editions=daily_figures.edition_totals(tx, since=since),
            status=state,
            problems=problems,
            pause=delivery_pause.current_pause(tx),
            jobs=job_runs.last_runs(tx),
            next_due=due.next_due_at(tx),
            waiting={
                kind: state.editions.get(kind, 0)
                for kind in (EditionState.QUEUED, EditionState.DEFERRED, EditionState.IN_DOUBT)
            },
        )


def _by_source(collected: Sequence[CollectedBatch], names: Sequence[str]) -> Sequence[SourceDay]:
    days = {name: SourceDay(name=name) for name in names}
    for item in collected:
        day = days.setdefault(item.source, SourceDay(name=item.source))
        day.batches += 1
        day.papers += item.papers
        day.new += item.new
        day.verdict, day.at = item.verdict, item.at
    return tuple(days.values())
