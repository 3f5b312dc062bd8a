"""`digest status`: shows the sources, the queue, failures and jobs."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct
from msgspec.structs import asdict

from digest.cli.context import CliContext
from digest.cli.output import json as json_output
from digest.cli.output import text as text_output
from digest.cli.root import Command
from digest.core.text.plurals import count

if TYPE_CHECKING:
    from digest.pipeline.source_health import SourceHealth
    from digest.store.access.webhooks import Webhook
    from digest.store.editions.delivery_pause import DeliveryPause
    from digest.store.editions.recovery import HeldEdition
    from digest.store.enrichment.lookups import LookupStatus
    from digest.store.enrichment.request_counts import RequestCount
    from digest.store.reports.job_runs import JobRun
    from digest.store.reports.status import Status
    from digest.store.reports.worker_queue import WorkerQueue


@click.command("status", cls=Command)
@click.pass_obj
def command(context: CliContext) -> None:
    """Show the last batch of each source, the queue, failures and the last jobs.

    \b
    JSON: {"batches": [as collect, with "collected_at"], "sources": [{"source",
    "polled_at", "next_poll_at", "verdict", "announced", "fresh_at", "failing_since",
    "level", "warning"}], "enrichment": {"found", "waiting", "given_up", "services": [{"service",
    "found", "absent", "requests"}]}, "budgets": [{"service", "credential", "used", "limit",
    "remaining", "reported": null or {"remaining", "limit", "unit"}}], "papers", "announcements",
    "subscriptions", "next_due", "editions": {state: number}, "oldest_unsent": {"email",
    "composed_at"}, "failures": [{"email", "at", "code", "reason"}], "pause": null or
    {"since", "until", "times", "reason"}, "in_doubt": [{"edition", "email", "at",
    "message_id", "reason"}], "ended": [{"what", "subscriptions", "at"}], "jobs": [{"job",
    "slot", "started_at", "finished_at", "outcome", "problems", "owner", "takeovers"}],
    "workers": null or {"alive", "waiting": {task: number}, "running", "failed",
    "oldest_waiting"}, "webhooks": [{"id", "failing_since", "problem", "disabled_at"}]}
    """
    from digest.pipeline.source_health import check_sources
    from digest.store.access.webhooks import all_webhooks
    from digest.store.editions import delivery_pause, recovery
    from digest.store.enrichment import request_counts
    from digest.store.enrichment.lookups import lookup_status
    from digest.store.reports import job_runs
    from digest.store.reports.status import status
    from digest.store.reports.worker_queue import worker_queue
    from digest.store.subscribers import due as due_store

    now = context.moment()
    with context.open_app() as app:
        sources = check_sources(app.store, app.monitored_sources(), now=now)
        with app.store.read() as tx:
            found = _Found(
                now=now,
                sources=sources,
                status=status(tx, now),
                pause=delivery_pause.current_pause(tx),
                in_doubt=recovery.held_editions(tx),
                jobs=job_runs.last_runs(tx),
                next_due=due_store.next_due_at(tx),
                workers=worker_queue(tx),
                looked_up=lookup_status(tx, now=now),
                budgets=request_counts.counts_of(tx, now.date()),
                failing_webhooks=[item for item in all_webhooks(tx) if item.failing_since],
            )
    context.emit(_json(found), _lines(found, lookups_off=not app.settings.lookup_services))
    # On standard error, so that they do not break the JSON.
    for item in sources:
        if item.warning:
            context.warn(item.warning)
        if item.stopped_at:
            context.warn(
                f"source {item.name}: stopped since {item.stopped_at:%Y-%m-%d %H:%M} UTC, so no run"
                f" reads it; to read it again: digest sources start {item.name}"
            )


class _Found(Struct, frozen=True, kw_only=True):
    """What is shown, as text or as JSON."""

    now: datetime
    sources: "Sequence[SourceHealth]"
    status: "Status"
    pause: "DeliveryPause | None"
    in_doubt: "Sequence[HeldEdition]"
    jobs: "Sequence[JobRun]"
    next_due: datetime | None
    workers: "WorkerQueue | None"
    looked_up: "LookupStatus"
    budgets: "Sequence[RequestCount]"
    failing_webhooks: "Sequence[Webhook]"


def _json(found: _Found) -> dict[str, Any]:
    from digest.store.enrichment.request_counts import as_json

    status, oldest = found.status, found.status.oldest_unsent
    return {
        "batches": [
            {**json_output.batch(item.report), "collected_at": item.collected_at}
            for item in status.batches
        ],
        "sources": [
            {
                "source": item.name,
                **_fields(item.state, "polled_at", "next_poll_at", "verdict", "announced"),
                **_fields(item.state, "fresh_at", "failing_since"),
                "level": item.severity,
                "warning": item.warning or None,
            }
            for item in found.sources
        ],
        "enrichment": asdict(found.looked_up),
        "budgets": [as_json(item) for item in found.budgets],
        **_fields(status, "papers", "announcements", "subscriptions"),
        "next_due": found.next_due,
        "editions": status.editions,
        "oldest_unsent": _fields(oldest, "email", "composed_at") if oldest else None,
        "failures": [_fields(item, "email", "at", "code", "reason") for item in status.failures],
        "pause": _fields(found.pause, "since", "until", "times", "reason") if found.pause else None,
        "in_doubt": [
            {"edition": item.edition_id, **_fields(item, "email", "at", "message_id", "reason")}
            for item in found.in_doubt
        ],
        "ended": [
            {"what": item.what, "subscriptions": item.number, "at": item.at}
            for item in status.ended
        ],
        "jobs": [asdict(item) for item in found.jobs],
        "workers": {
            "alive": found.workers.workers,
            **_fields(found.workers, "waiting", "running", "failed", "oldest_waiting"),
        }
        if found.workers
        else None,
        "webhooks": [
            {"id": item.webhook_id, **_fields(item, "failing_since", "problem", "disabled_at")}
            for item in found.failing_webhooks
        ],
    }


def _fields(item: object, *names: str) -> dict[str, Any]:
    return {name: getattr(item, name) for name in names}


def _lines(found: _Found, *, lookups_off: bool) -> list[str]:
    return [
        *_overview(found.status, found.next_due),
        *_enrichment(found.looked_up, off=lookups_off),
        *_ended(found.status),
        *_budgets(found.budgets),
        *_in_doubt(found.in_doubt),
        *_pause(found.pause),
        *_jobs(found.jobs),
        *_workers(found.workers, found.now),
        *_webhooks(found.failing_webhooks),
    ]


def _overview(state: "Status", next_due: datetime | None) -> Iterator[str]:
    yield (f"{count(state.papers, 'paper')}, {count(state.subscriptions, 'live subscription')}")
    yield ""
    yield "Last batch of each source"
    if not state.batches:
        yield "  none yet: digest collect reads the sources of sources.toml"
    for item in state.batches:
        report = item.report
        yield (
            f"  {report.source}: {report.verdict}, {count(report.papers, 'paper')}, "
            f"{report.new} new ({item.collected_at:%Y-%m-%d %H:%M} UTC)"
        )
    yield ""
    yield "Digests"
    if not any(state.editions.values()):
        yield "  none yet"
    for name, number in state.editions.items():
        if number:
            yield f"  {number:,} {name}"
    if next_due is not None:
        yield (
            f"  {text_output.next_run_hint(next_due)}"
            if next_due > state.now
            else "  digests are due; the next run makes them"
        )
    if state.oldest_unsent:
        oldest = state.oldest_unsent
        yield f"  oldest unsent: {oldest.email}, made {oldest.composed_at:%Y-%m-%d %H:%M} UTC"
    for failure in state.failures:
        yield f"  {failure.state}: {failure.email}: {failure.reason}"


def _enrichment(looked_up: "LookupStatus", *, off: bool) -> Iterator[str]:
    if not looked_up.services and (off or not looked_up.waiting):
        return
    yield ""
    yield "Papers without a link or an abstract"
    yield (
        f"  {looked_up.found:,} identified, {looked_up.waiting:,} to be asked for again,"
        f" {looked_up.given_up:,} given up"
    )
    for item in looked_up.services:
        yield (
            f"  {item.service}: {item.found:,} identified, {item.absent:,} unknown there,"
            f" {count(item.requests, 'request')}"
        )


def _ended(state: "Status") -> Iterator[str]:
    if not state.ended:
        return
    yield ""
    yield "Ended, as their file or list was removed; they continue if it is back"
    lines = [
        f"{count(item.number, 'subscription')} of {item.what} ({item.at:%Y-%m-%d %H:%M} UTC)"
        for item in state.ended
    ]
    yield from text_output.cut(lines, rest=": digest status --json")


def _budgets(budgets: Sequence["RequestCount"]) -> Iterator[str]:
    if not budgets:
        return
    yield ""
    yield "Requests to services today (UTC)"
    for item in budgets:
        said = item.reported
        rest = (
            f"; the service says {said.remaining:g} of {said.limit:g} {said.unit} remain"
            if said
            else ""
        )
        yield (
            f"  {item.service} ({item.credential}): {item.used:,} of {item.limit:,},"
            f" {item.remaining:,} remain{rest}"
        )


def _in_doubt(in_doubt: Sequence["HeldEdition"]) -> Iterator[str]:
    if not in_doubt:
        return
    yield ""
    yield "In doubt, as they may have arrived: digest deliver --release or --drop NUMBER"
    lines = [f"{item.edition_id}  {item.email}: {item.reason}" for item in in_doubt]
    yield from text_output.cut(lines, rest=": digest status --json")


def _jobs(jobs: Sequence["JobRun"]) -> Iterator[str]:
    if not jobs:
        return
    yield ""
    yield "Last run of each job"
    for item in jobs:
        outcome = item.outcome if item.finished_at else item.outcome or "running, or interrupted"
        takeover = ", taken over from a scheduler that did not finish it" if item.takeovers else ""
        yield f"  {item.job}: {outcome} ({item.started_at:%Y-%m-%d %H:%M} UTC{takeover})"
        for problem in item.problems:
            yield f"    {problem}"


def _workers(state: "WorkerQueue | None", now: datetime) -> Iterator[str]:
    if state is None:
        return
    waiting = sum(state.waiting.values())
    yield ""
    yield "Workers"
    yield (
        f"  {count(state.workers, 'worker')} alive, {count(state.running, 'shard')} running,"
        f" {waiting:,} waiting"
    )
    if waiting:
        yield f"  the oldest has waited for {state.lag(now).total_seconds():,.0f} seconds"
    if state.failed:
        yield f"  {count(state.failed, 'shard')} failed; the logs of the workers say why"


def _webhooks(failing: Sequence["Webhook"]) -> Iterator[str]:
    if not failing:
        return
    yield ""
    yield "Webhooks"
    for item in failing:
        since = f"{item.failing_since:%Y-%m-%d %H:%M} UTC"
        yield f"  {item.webhook_id}: fails since {since}: {item.problem}"
        if item.disabled_at:
            yield f"    switched off; to switch it on: digest webhook resume {item.webhook_id}"


def _pause(pause: "DeliveryPause | None") -> Iterator[str]:
    if pause is not None:
        yield ""
        yield f"Sending had to stop, {pause.since:%Y-%m-%d %H:%M} UTC: {pause.reason}"
        yield f"  nothing is sent before {pause.until:%Y-%m-%d %H:%M} UTC; to send now: digest deliver --resume"
