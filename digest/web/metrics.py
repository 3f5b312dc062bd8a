"""/metrics: what Prometheus reads, from the database at the time of the request.

Every figure is that of the database, not of this process, so all processes over it agree, and
one-shot runs by cron are counted too. Names and labels are part of the program's interface:
docs/watching.md.
"""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from digest.core.models.delivery import EditionState
from digest.store.database.schema import HEAD
from digest.version import __version__
from digest.web.health import HealthSnapshot

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_PREFIX = "paper_digest_"


def exposition(look: Callable[[], HealthSnapshot | None]) -> bytes:
    """The page: Prometheus' text format 0.0.4."""
    registry = CollectorRegistry(auto_describe=False)  # of this answer, not of the process
    registry.register(_Collector(look))
    return generate_latest(registry)


class _Collector:
    def __init__(self, look: Callable[[], HealthSnapshot | None]) -> None:
        self._look = look

    def collect(self) -> Iterator[Metric]:
        seen = self._look()
        yield _gauge("build_info", "This program.", {"version": __version__, "schema": HEAD})
        yield _one("database_up", "1 if the database can be reached.", float(seen is not None))
        if seen is not None:
            yield from _editions(seen)
            yield from _sources(seen)
            yield from _jobs(seen)


def _editions(seen: HealthSnapshot) -> Iterator[Metric]:
    figures = seen.vitals
    editions = _family("editions", "Digests in the ledger, by state.", ["state"])
    for state, number in figures.editions.items():
        editions.add_metric([state.value.replace(" ", "_")], number)
    yield editions
    sent = CounterMetricFamily(
        f"{_PREFIX}letters_sent", "Digests that a mail server has taken; pruning sets it back."
    )
    sent.add_metric([], figures.editions[EditionState.SENT])
    yield sent
    waiting = figures.waiting_since
    yield _one(
        "oldest_waiting_seconds",
        "Age of the oldest digest that could go out and has not; 0 without one.",
        (seen.at - waiting).total_seconds() if waiting else 0.0,
    )
    yield _one("subscriptions", "Live subscriptions.", figures.subscriptions)
    addresses = _family("addresses", "Addresses, by status.", ["status"])
    for status, number in figures.addresses.items():
        addresses.add_metric([status.value], number)
    yield addresses
    yield _one(
        "sending_paused",
        "1 while sending is paused, as the mail server refuses mail.",
        float(figures.pause is not None),
    )


def _sources(seen: HealthSnapshot) -> Iterator[Metric]:
    polled = _family("source_polled_timestamp_seconds", "Last look at a source.", ["source"])
    fresh = _family(
        "source_fresh_timestamp_seconds", "When a source last brought a new paper.", ["source"]
    )
    verdict = _family("source_verdict", "1: of its last batch.", ["source", "verdict"])
    for name, poll in seen.sources.items():
        if poll.polled_at is not None:
            polled.add_metric([name], poll.polled_at.timestamp())
        if poll.fresh_at is not None:
            fresh.add_metric([name], poll.fresh_at.timestamp())
        if poll.verdict is not None:
            verdict.add_metric([name, poll.verdict.value.replace(" ", "_")], 1)
    yield from (polled, fresh, verdict)


def _jobs(seen: HealthSnapshot) -> Iterator[Metric]:
    started = _family("job_started_timestamp_seconds", "Last start of a job.", ["job"])
    finished = _family("job_finished_timestamp_seconds", "End of that run, if it has one.", ["job"])
    problems = _family("job_problems", "Problems of that run; 0: it was good.", ["job"])
    for run in seen.jobs:
        started.add_metric([run.job], run.started_at.timestamp())
        if run.finished_at is not None:
            finished.add_metric([run.job], run.finished_at.timestamp())
        problems.add_metric([run.job], len(run.problems))
    yield from (started, finished, problems)


def _family(name: str, words: str, labels: list[str]) -> GaugeMetricFamily:
    return GaugeMetricFamily(_PREFIX + name, words, labels=labels)


def _one(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(_PREFIX + name, words, value=value)


def _gauge(name: str, words: str, labels: dict[str, str]) -> GaugeMetricFamily:
    family = _family(name, words, list(labels))
    family.add_metric(list(labels.values()), 1)
    return family
