"""Summary of a job run: one for the log, and one for the database.

The lines in the log may contain addresses of readers. Those in the database must not, because
nothing about a reader may remain there after the address was erased.
"""

from collections.abc import Collection, Iterable

from msgspec import Struct
from msgspec.structs import replace

from digest.core.models.batches import BatchReport
from digest.core.models.delivery import Deferred, InDoubt, Refused, Sent
from digest.core.subscribers.reconcile import SubscriptionChanges
from digest.core.text.plurals import count
from digest.pipeline.delivery.deliver import DeliveryReport
from digest.pipeline.editions.report import PublishReport
from digest.pipeline.enrichment.report import EnrichReport
from digest.pipeline.maintenance import MaintenanceReport
from digest.pipeline.run import RunReport


class RunSummary(Struct, frozen=True, kw_only=True):
    """The summary of one run of a job."""

    headline: str  # what the run did, in a few words
    problems: tuple[str, ...] = ()  # for the log, one line each; may contain addresses
    stored_problems: tuple[str, ...] = ()  # for the database, without addresses; empty: no problems
    items: int = 0  # new papers, digests made, messages sent: work for the next job

    def with_problem(self, line: str) -> "RunSummary":
        """Returns the summary with one more problem, which names no reader; empty: no change."""
        if not line:
            return self
        return replace(
            self,
            problems=(line, *self.problems),
            stored_problems=(line, *self.stored_problems),
        )


def summarize_collect(reports: Collection[BatchReport], silent: Iterable[str] = ()) -> RunSummary:
    """Summarises a run of "collect"; `silent` are warnings about silent sources."""
    new = sum(report.new for report in reports)
    problems = (*(line for report in reports for line in report.problems), *filter(None, silent))
    return RunSummary(
        headline=f"{count(new, 'new paper')} in {count(len(reports), 'batch', 'batches')}",
        problems=problems,
        stored_problems=problems,
        items=new,
    )


def summarize_enrich(report: EnrichReport) -> RunSummary:
    """Summarises a run of "enrich". A service that fails is no problem: later runs ask again."""
    requests = count(report.requests, "request")
    return RunSummary(
        headline="; ".join(
            (f"{count(report.found, 'paper')} identified in {requests}", *report.problems)
        )
    )


def summarize_publish(
    changes: SubscriptionChanges, broken: Collection[Exception], report: PublishReport
) -> RunSummary:
    """Summarises a run of "publish".

    Args:
        changes: The changes of the subscriptions that come from profile files.
        broken: The errors of profile files that cannot be read.
        report: What was made.
    """
    stored = (
        _counted(
            len(changes.warnings), "warning about a subscription", "warnings about subscriptions"
        ),
        _counted(len(broken), "profile file cannot be read", "profile files cannot be read"),
        _counted(report.failed, "digest could not be made", "digests could not be made"),
    )
    summary = RunSummary(
        headline=f"{count(report.made, 'digest')} made",
        problems=(*changes.warnings, *map(str, broken), *report.problems),
        stored_problems=tuple(filter(None, stored)),
        items=report.made,
    )
    return summary.with_problem(report.model_problem)


def summarize_deliver(report: DeliveryReport) -> RunSummary:
    """Summarises a run of "deliver"."""
    late = _counted(report.expired, "digest was too late to be sent", "digests were too late")
    in_doubt = _counted(
        report.held, "digest is in doubt; see digest status", "digests are in doubt"
    )
    stored = (
        _counted(report.count(Refused), "message was refused", "messages were refused"),
        _counted(
            report.count(Deferred), "message will be tried again", "messages will be tried again"
        ),
        _counted(report.count(InDoubt), "message is in doubt", "messages are in doubt"),
        late,
        in_doubt,
        report.problem,
    )
    return RunSummary(
        headline=f"{report.count(Sent):,} sent",
        # The lines for the log name readers. What is stored has counts only.
        problems=(*report.failures, *filter(None, [late, in_doubt, report.problem])),
        stored_problems=tuple(filter(None, stored)),
        items=report.count(Sent),
    )


def summarize_tidy(recovered: int, upkept: MaintenanceReport) -> RunSummary:
    """Summarises a run of "tidy"; `recovered` is the number of released claims."""
    read = count(len(upkept.processed), "bounce")
    pages = f", {count(upkept.pages, 'page')} of the archive made" if upkept.pages else ""
    return RunSummary(
        headline=f"{count(recovered, 'claim')} given back, {read} read{pages}",
        problems=upkept.problems,
        stored_problems=upkept.problems,
    )


def summarize_run(report: RunReport) -> RunSummary:
    """Summarises a run of all stages."""
    parts = (
        summarize_collect(report.batches, report.source_warnings),
        *((summarize_enrich(report.enriched),) if report.enriched.services else ()),
        summarize_publish(report.subscription_changes, report.profile_errors, report.published),
        summarize_deliver(report.delivery),
    )
    tidy = summarize_tidy(report.released_claims, report.maintenance)
    stopped = (report.problem,) if report.problem else ()
    return RunSummary(
        headline="; ".join(part.headline for part in parts),
        problems=(*(line for part in (*parts, tidy) for line in part.problems), *stopped),
        stored_problems=(
            *(line for part in (*parts, tidy) for line in part.stored_problems),
            *stopped,
        ),
        items=sum(part.items for part in parts),
    ).with_problem(report.clock_warning)


def _counted(number: int, noun: str, plural: str) -> str:
    return count(number, noun, plural) if number else ""
