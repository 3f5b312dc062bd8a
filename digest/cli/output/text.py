"""What the stages did, in words for a person."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from digest.core.models.batches import BatchReport, Verdict
from digest.core.models.delivery import Deferred, InDoubt, Refused, Sent
from digest.core.subscribers.reconcile import SubscriptionChanges
from digest.core.text.plurals import count
from digest.pipeline.delivery.deliver import DeliveryReport
from digest.pipeline.publishing.due import PublishResult
from digest.pipeline.run import RunReport

LISTED = 20  # longer lists are cut, so that the lines that matter stay in sight


def batches(reports: Sequence[BatchReport]) -> Iterator[str]:
    """A line a batch; what was rejected is reported as an error, with its place."""
    if not reports:
        yield "Collected  nothing: no source has anything new"
        return
    new = sum(report.new for report in reports)
    read = sum(report.papers for report in reports)
    yield (
        f"Collected  {count(read, 'paper')} in {count(len(reports), 'batch', 'batches')}: "
        f"{new:,} new, {read - new:,} seen before"
    )
    for report in reports:
        yield f"  {_batch(report)}"


def _batch(report: BatchReport) -> str:
    name = f"{report.source} {Path(report.origin).name}"
    if report.verdict is Verdict.FAILED:
        return f"{name}: failed"
    day = f", {report.announced:%-d %B %Y}" if report.announced else ""
    parts = [count(report.papers, "paper"), f"{report.new} new"]
    parts += [f"{report.listed} listed again elsewhere"] if report.listed else []
    parts += [f"{report.revised} revised"] if report.revised else []
    return f"{name}{day}: {', '.join(parts)} ({report.verdict})"


def roster(changes: SubscriptionChanges) -> Iterator[str]:
    """What the profile files changed, if anything."""
    parts = [
        f"{count(len(items), 'subscription')} {done}"
        for items, done in (
            (changes.start, "started"),
            (changes.update, "changed"),
            (changes.resume, "resumed"),
            (changes.end, "ended"),
        )
        if items
    ]
    if parts:
        yield f"Profiles   {', '.join(parts)}"


def published(items: Sequence[PublishResult]) -> Iterator[str]:
    """A line for each subscription, digest or not."""
    made = [item for item in items if item.edition_id is not None]
    if not items:
        yield "Published  nothing: there are no subscriptions; add a profile to profiles/"
        return
    yield f"Published  {count(len(made), 'digest')} for {count(len(items), 'subscription')}"
    yield from cut([_subscription(item) for item in items])
    yield from _waiting(items)


def _subscription(item: PublishResult) -> str:
    if item.edition_id is None:
        return f"{item.email} ({item.subscription}): none, {item.reason}"
    papers = f"{item.papers} of {count(item.considered, 'paper')}"
    return f"{item.email} ({item.subscription}): {papers}"


def cut(lines: Sequence[str], *, rest: str = "") -> Iterator[str]:
    """Yields the lines, indented; of a long list the first ones, and how many there are more.

    Args:
        lines: one for each item.
        rest: how to see the others, after their number.
    """
    yield from (f"  {line}" for line in lines[:LISTED])
    if len(lines) > LISTED:
        yield f"  and {len(lines) - LISTED:,} more{rest}"


def _waiting(items: Sequence[PublishResult]) -> Iterator[str]:
    hours = [item.next_due for item in items if item.edition_id is None and item.next_due]
    if hours:
        waiting = count(len(hours), "subscription")
        yield f"Waiting    {waiting}; {after(min(hours))} (docs/due-times.md)"


def after(next_due: datetime) -> str:
    """When a run is needed, for whoever has one of their own to plan."""
    return f"a run after {next_due:%Y-%m-%d %H:%M} UTC makes the next digest"


def delivery(report: DeliveryReport) -> Iterator[str]:
    """How the queue fared; a line for each letter that did not go out."""
    counts = [
        f"{report.count(kind):,} {name}"
        for kind, name in (
            (Sent, "sent"),
            (Deferred, "to be tried again"),
            (Refused, "refused"),
            (InDoubt, "in doubt"),
        )
        if report.count(kind) or kind is Sent
    ]
    if report.recovered:
        counts.append(f"{report.recovered:,} taken over from a run that died")
    yield f"Delivered  {', '.join(counts)}"
    yield from cut(report.failures)
    if report.expired:
        yield f"  {count(report.expired, 'digest')} expired: too late to be sent"
    if report.held:
        yield f"  {count(report.held, 'digest')} in doubt, to be decided on: digest status"
    if report.suppressed:
        yield (
            f"  {count(report.suppressed, 'address', 'addresses')} suppressed: the mailbox is dead;"
            " digest subscribers show ADDRESS"
        )
    if report.problem:
        yield "  the rest stays queued for the next run"


def run(report: RunReport, *, rehearsed: bool = False) -> Iterator[str]:
    """The lines of all stages."""
    if rehearsed:
        yield "A dry run: this is what would happen. Nothing was changed or sent."
    yield from batches(report.batches)
    yield from roster(report.roster)
    yield from published(report.published)
    yield from delivery(report.delivery)


def table(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Rows in aligned columns."""
    kept = list(rows)
    widths = [max(len(row[index]) for row in kept) for index in range(len(kept[0]))] if kept else []
    for row in kept:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
