"""What a job has to say for itself: in the log with all names, in the database without readers'.

Who is erased must be gone from the database, so what is kept there of a run names nobody.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from digest.core.models.batches import BatchReport
from digest.core.models.delivery import Deferred, InDoubt, Refused, Sent
from digest.core.subscribers.reconcile import SubscriptionChanges
from digest.core.text.plurals import count
from digest.pipeline.delivery.deliver import DeliveryReport
from digest.pipeline.maintenance import MaintenanceReport
from digest.pipeline.publishing.due import PublishResult
from digest.pipeline.run import RunReport


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """One run of a job."""

    done: str  # in a few words
    problems: tuple[str, ...] = ()  # a line each, for the log; somebody should mend them
    kept: tuple[str, ...] = ()  # the same, without readers; none: it was a good run
    work: int = 0  # new papers, digests made, letters sent: what the next job can go on with


def summarize_collect(reports: Collection[BatchReport], silent: Iterable[str] = ()) -> RunSummary:
    """Of reading the sources."""
    new = sum(report.new for report in reports)
    problems = (*(line for report in reports for line in report.problems), *filter(None, silent))
    return RunSummary(
        done=f"{count(new, 'new paper')} in {count(len(reports), 'batch', 'batches')}",
        problems=problems,
        kept=problems,
        work=new,
    )


def summarize_publish(
    roster: SubscriptionChanges, broken: Collection[Exception], made: Collection[PublishResult]
) -> RunSummary:
    """Of making digests."""
    number = sum(item.edition_id is not None for item in made)
    failed = [item.problem for item in made if item.problem]
    kept = (
        _kept(len(roster.warnings), "warning about a subscription", "warnings about subscriptions"),
        _kept(len(broken), "profile file cannot be read", "profile files cannot be read"),
        _kept(len(failed), "digest could not be made", "digests could not be made"),
    )
    return RunSummary(
        done=f"{count(number, 'digest')} made",
        problems=(*roster.warnings, *map(str, broken), *failed),
        kept=tuple(filter(None, kept)),
        work=number,
    )


def summarize_deliver(report: DeliveryReport) -> RunSummary:
    """Of sending letters."""
    late = _kept(report.expired, "digest was too late to be sent", "digests were too late")
    held = _kept(report.held, "digest is in doubt; see digest status", "digests are in doubt")
    kept = (
        _kept(report.count(Refused), "letter was refused", "letters were refused"),
        _kept(
            report.count(Deferred), "letter is to be tried again", "letters are to be tried again"
        ),
        _kept(report.count(InDoubt), "letter is in doubt", "letters are in doubt"),
        late,
        held,
        report.problem,
    )
    return RunSummary(
        done=f"{report.count(Sent):,} sent",
        problems=(*report.failures, *filter(None, [late, held, report.problem])),
        kept=tuple(filter(None, kept)),
        work=report.count(Sent),
    )


def summarize_tidy(recovered: int, upkept: MaintenanceReport) -> RunSummary:
    """Of settling what dead processes left, and of what came back."""
    read = count(len(upkept.read), "bounce")
    return RunSummary(
        done=f"{count(recovered, 'claim')} given back, {read} read",
        problems=upkept.problems,
        kept=upkept.problems,
    )


def summarize_run(report: RunReport) -> RunSummary:
    """Of all in a row."""
    parts = (
        summarize_collect(report.batches, report.silent),
        summarize_publish(report.roster, report.broken, report.published),
        summarize_deliver(report.delivery),
    )
    care = summarize_tidy(report.tidied, report.upkept)
    stopped = (report.problem,) if report.problem else ()
    return RunSummary(
        done="; ".join(part.done for part in parts),
        problems=(*(line for part in (*parts, care) for line in part.problems), *stopped),
        kept=(*(line for part in (*parts, care) for line in part.kept), *stopped),
        work=sum(part.work for part in parts),
    )


def _kept(number: int, noun: str, plural: str) -> str:
    return count(number, noun, plural) if number else ""
