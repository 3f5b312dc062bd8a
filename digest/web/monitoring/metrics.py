"""/metrics: figures for Prometheus, read from the database at the time of the request.

The figures come from the database, not from this process. So they are the same in every process,
and include runs by cron. docs/watching.md documents names and labels, which must not change.
"""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from digest.core.models.delivery import EditionState
from digest.store.database.schema import HEAD
from digest.version import __version__
from digest.web.monitoring.health import HealthSnapshot

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_PREFIX = "paper_digest_"


def exposition(snapshot: Callable[[], HealthSnapshot | None]) -> bytes:
    """Returns the figures in the Prometheus text format 0.0.4.

    Args:
        snapshot: reads the database; returns None if it cannot be reached.
    """
    registry = CollectorRegistry(auto_describe=False)  # not the registry of the process
    registry.register(_Collector(snapshot))
    return generate_latest(registry)


class _Collector:
    def __init__(self, snapshot: Callable[[], HealthSnapshot | None]) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        snapshot = self._snapshot()
        yield _info(
            "build_info",
            "Version of this program and of its database schema.",
            {"version": __version__, "schema": HEAD},
        )
        yield _single_value(
            "database_up", "1 if the database can be reached.", float(snapshot is not None)
        )
        if snapshot is not None:
            yield from _editions(snapshot)
            yield from _sources(snapshot)
            yield from _jobs(snapshot)
            yield from _workers(snapshot)


def _editions(snapshot: HealthSnapshot) -> Iterator[Metric]:
    figures = snapshot.figures
    editions = _family("editions", "Digests in the ledger, by state.", ["state"])
    for state, number in figures.editions.items():
        editions.add_metric([state.value.replace(" ", "_")], number)
    yield editions
    # "Letters" is an old word for messages. Names of figures must not change, so it stays.
    sent = CounterMetricFamily(
        f"{_PREFIX}letters_sent", "Digests that a mail server accepted; pruning lowers it."
    )
    sent.add_metric([], figures.editions[EditionState.SENT])
    yield sent
    waiting = figures.waiting_since
    yield _single_value(
        "oldest_waiting_seconds",
        "Age of the oldest digest that waits to be sent; 0 if none waits.",
        (snapshot.at - waiting).total_seconds() if waiting else 0.0,
    )
    yield _single_value(
        "subscriptions", "Subscriptions that have not ended.", figures.subscriptions
    )
    addresses = _family("addresses", "Addresses, by status.", ["status"])
    for status, number in figures.addresses.items():
        addresses.add_metric([status.value], number)
    yield addresses
    yield _single_value(
        "sending_paused",
        "1 while sending is paused because the mail server refused mail.",
        float(figures.pause is not None),
    )


def _sources(snapshot: HealthSnapshot) -> Iterator[Metric]:
    polled = _family("source_polled_timestamp_seconds", "Last fetch of a source.", ["source"])
    fresh = _family(
        "source_fresh_timestamp_seconds", "When a source last brought a new paper.", ["source"]
    )
    verdict = _family(
        "source_verdict", "1 for the verdict of its last batch.", ["source", "verdict"]
    )
    for name, poll in snapshot.sources.items():
        # No value is better than 0, which would mean the year 1970.
        if poll.polled_at is not None:
            polled.add_metric([name], poll.polled_at.timestamp())
        if poll.fresh_at is not None:
            fresh.add_metric([name], poll.fresh_at.timestamp())
        if poll.verdict is not None:
            verdict.add_metric([name, poll.verdict.value.replace(" ", "_")], 1)
    yield from (polled, fresh, verdict)


def _jobs(snapshot: HealthSnapshot) -> Iterator[Metric]:
    started = _family("job_started_timestamp_seconds", "Last start of a job.", ["job"])
    finished = _family(
        "job_finished_timestamp_seconds", "End of the last run of a job, if it has ended.", ["job"]
    )
    problems = _family("job_problems", "Problems of the last run of a job.", ["job"])
    for run in snapshot.jobs:
        started.add_metric([run.job], run.started_at.timestamp())
        if run.finished_at is not None:
            finished.add_metric([run.job], run.finished_at.timestamp())
        problems.add_metric([run.job], len(run.problems))
    yield from (started, finished, problems)


def _workers(snapshot: HealthSnapshot) -> Iterator[Metric]:
    state = snapshot.workers
    if state is None:
        return
    yield _single_value("workers", "Workers that are alive.", state.workers)
    waiting = _family("worker_shards_waiting", "Shards that wait for a worker.", ["task"])
    for task, number in state.waiting.items():
        waiting.add_metric([task], number)
    yield waiting
    yield _single_value("worker_shards_running", "Shards that a worker runs.", state.running)
    yield _single_value("worker_shards_failed", "Shards that were given up.", state.failed)
    yield _single_value(
        "worker_lag_seconds",
        "How long the oldest shard has waited for a worker; 0 if none waits.",
        state.lag(snapshot.at).total_seconds(),
    )


def _family(name: str, description: str, labels: list[str]) -> GaugeMetricFamily:
    return GaugeMetricFamily(_PREFIX + name, description, labels=labels)


def _single_value(name: str, description: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(_PREFIX + name, description, value=value)


def _info(name: str, description: str, labels: dict[str, str]) -> GaugeMetricFamily:
    family = _family(name, description, list(labels))
    family.add_metric(list(labels.values()), 1)
    return family
