"""The results of the stages as lines of text."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from digest.core.text.plurals import count

if TYPE_CHECKING:
    from digest.core.enrichment.origins import PaperPart
    from digest.core.models.batches import BatchReport
    from digest.core.subscribers.reconcile import SubscriptionChanges
    from digest.pipeline.delivery.deliver import DeliveryReport
    from digest.pipeline.editions.report import PublishReport
    from digest.pipeline.enrichment.report import EnrichReport
    from digest.pipeline.publishing.due import PublishResult
    from digest.pipeline.run import RunReport

MAX_LISTED = 20  # the most lines of one list; longer lists would hide the lines that matter


def batches(reports: Sequence["BatchReport"]) -> Iterator[str]:
    """Yields a summary of `collect`, then one line for each batch.

    Rejected papers are not among them: they are printed as errors.
    """
    if not reports:
        yield "Collected  nothing: the sources have nothing new"
        return
    new = sum(report.new for report in reports)
    read = sum(report.papers for report in reports)
    yield (
        f"Collected  {count(read, 'paper')} in {count(len(reports), 'batch', 'batches')}: "
        f"{new:,} new, {read - new:,} seen before"
    )
    for report in reports:
        yield f"  {_batch(report)}"


def parts(items: Iterable["PaperPart"]) -> str:
    """Returns parts of a paper's record in words; of links, their kinds alone."""
    return ", ".join(
        dict.fromkeys(item.value if item.what == "identifier" else item.what for item in items)
    )


def _batch(report: "BatchReport") -> str:
    from digest.core.models.batches import Verdict

    name = f"{report.source} {Path(report.origin).name}"
    if report.verdict is Verdict.FAILED:
        return f"{name}: failed"
    day = f", {report.announced:%-d %B %Y}" if report.announced else ""
    parts = [count(report.papers, "paper"), f"{report.new} new"]
    parts += [f"{report.listed} listed again elsewhere"] if report.listed else []
    parts += [f"{report.revised} revised"] if report.revised else []
    return f"{name}{day}: {', '.join(parts)} ({report.verdict})"


def enriched(report: "EnrichReport", *, off: bool = False) -> Iterator[str]:
    """Yields a summary of `enrich`, then one line for each service that was asked."""
    if not report.services:
        yield f"Enriched   nothing: {'DIGEST_ENRICH is off' if off else 'no paper has to be looked up'}"
        return
    yield (
        f"Enriched   {count(report.found, 'paper')} identified,"
        f" {count(report.waiting, 'paper')} without a link or an abstract to be asked for again"
    )
    for item in report.services:
        described = f", {item.described:,} described" if item.described else ""
        problem = f"; stopped: {item.problem}" if item.problem else ""
        yield (
            f"  {item.service}: {count(item.requests, 'request')}, {item.found:,} of"
            f" {count(item.asked, 'paper')} identified{described}{problem}"
        )


def subscription_changes(changes: "SubscriptionChanges") -> Iterator[str]:
    """Yields one line about the subscriptions that the profile files changed, if any."""
    parts = [
        f"{count(len(items), 'subscription')} {done}"
        for items, done in (
            (changes.start, "started"),
            (changes.updated, "changed"),
            (changes.resume, "resumed"),
            (changes.end, "ended"),
        )
        if items
    ]
    if parts:
        yield f"Profiles   {', '.join(parts)}"


def published(report: "PublishReport") -> Iterator[str]:
    """Yields a summary of `publish`, then one line for each subscription."""
    if not report.subscriptions:
        yield "Published  nothing: there are no subscriptions; add a profile to profiles/"
        return
    subscriptions = count(report.subscriptions, "subscription")
    yield f"Published  {count(report.made, 'digest')} for {subscriptions}"
    yield from cut([_subscription(item) for item in report.results], of=report.subscriptions)
    if report.next_due is not None:
        waiting = count(report.waiting, "subscription")
        yield f"Waiting    {waiting}; {next_run_hint(report.next_due)} (docs/due-times.md)"


def _subscription(item: "PublishResult") -> str:
    if item.edition_id is None:
        return f"{item.email} ({item.subscription}): none, {item.reason}"
    papers = f"{item.papers} of {count(item.considered, 'paper')}"
    return f"{item.email} ({item.subscription}): {papers}"


def cut(lines: Sequence[str], *, rest: str = "", of: int = 0) -> Iterator[str]:
    """Yields the first lines of a list, indented, and how many more there are.

    Args:
        lines: one line for each item.
        of: how many lines there are, if not all of them are given.
        rest: added after the number of the other lines, for example how to see them.
    """
    yield from (f"  {line}" for line in lines[:MAX_LISTED])
    number = max(of, len(lines))
    if number > MAX_LISTED:
        yield f"  and {number - MAX_LISTED:,} more{rest}"


def next_run_hint(next_due: datetime) -> str:
    """Says when the next run is needed, for those who start runs themselves."""
    return f"a run after {next_due:%Y-%m-%d %H:%M} UTC makes the next digest"


def delivery(report: "DeliveryReport") -> Iterator[str]:
    """Yields a summary of `deliver`, then one line for each message that was not sent."""
    from digest.core.models.delivery import Deferred, InDoubt, Refused, Sent

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
        counts.append(f"{report.recovered:,} taken over from a killed run")
    yield f"Delivered  {', '.join(counts)}"
    yield from cut(report.failures)
    if report.expired:
        yield f"  {count(report.expired, 'digest')} expired: too late to be sent"
    if report.held:
        yield f"  {count(report.held, 'digest')} in doubt, and held until you decide: digest status"
    if report.suppressed:
        yield (
            f"  {count(report.suppressed, 'address', 'addresses')} suppressed: no such mailbox; details:"
            " digest subscribers show ADDRESS"
        )
    if report.problem:
        yield "  the rest stays queued for the next run"


def run(report: "RunReport", *, dry_run: bool = False) -> Iterator[str]:
    """Yields the lines of all stages."""
    if dry_run:
        yield "A dry run: this is what would happen. Nothing was changed or sent."
    yield from batches(report.batches)
    if report.enriched.services:
        yield from enriched(report.enriched)
    yield from subscription_changes(report.subscription_changes)
    yield from published(report.published)
    yield from delivery(report.delivery)


def table(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yields the rows with aligned columns."""
    kept = list(rows)
    widths = [max(len(row[index]) for row in kept) for index in range(len(kept[0]))] if kept else []
    for row in kept:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
