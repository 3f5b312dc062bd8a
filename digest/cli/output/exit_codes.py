"""Prints the errors of a stage, and returns the exit code of the command."""

from datetime import datetime
from typing import TYPE_CHECKING

from digest.cli import stderr
from digest.cli.context import CliContext
from digest.errors import ProfileError

if TYPE_CHECKING:
    from digest.app.application import App
    from digest.core.models.batches import BatchReport
    from digest.core.subscribers.reconcile import SubscriptionChanges
    from digest.pipeline.delivery.deliver import DeliveryReport
    from digest.pipeline.editions.report import PublishReport
    from digest.pipeline.maintenance import MaintenanceReport
    from digest.pipeline.run import RunReport
    from digest.pipeline.run_summary import RunSummary

DONE, PARTLY_FAILED, WRONG_USAGE, NOTHING_DONE = 0, 1, 2, 3  # docs/reference/exit-codes.md


def exit_code_for_batches(reports: tuple["BatchReport", ...]) -> int:
    """Prints what could not be read; returns 1 if there was any."""
    from digest.core.models.batches import Verdict

    code = DONE
    for report in reports:
        for line in report.problems:
            error(line)
        if report.problems or report.verdict is Verdict.FAILED:
            code = PARTLY_FAILED
    return code


def exit_code_for_profiles(
    context: CliContext, changes: "SubscriptionChanges", broken: tuple[ProfileError, ...]
) -> int:
    """Prints the errors of profile files; returns 2 if there is any."""
    for line in changes.warnings:
        context.warn(line)
    for problem in broken:
        error(str(problem))
    return WRONG_USAGE if broken else DONE


def exit_code_for_publishing(report: "PublishReport") -> int:
    """Prints the digests that could not be made; returns 1 if there is any."""
    for line in report.problems:
        error(line)
    return PARTLY_FAILED if report.failed else DONE


def exit_code_for_delivery(report: "DeliveryReport") -> int:
    """Prints the problem of the mail server, and returns the exit code of `deliver`.

    Returns:
        3 if sending had to stop and nothing was sent; 1 if something was sent before, or if a
        message was not accepted; else 0.
    """
    from digest.core.models.delivery import Sent

    if report.problem:
        error(report.problem)
        return PARTLY_FAILED if report.count(Sent) or report.stopped else NOTHING_DONE
    return PARTLY_FAILED if report.failures else DONE


def exit_code_for_maintenance(done: "MaintenanceReport") -> int:
    """Prints the problems of `tidy`; returns 1 if there is any."""
    for line in done.problems:
        error(line)
    return PARTLY_FAILED if done.problems else DONE


def exit_code_for_run(report: "RunReport") -> int:
    """Returns 1 if the run was asked to stop; prints it unless `deliver` has printed it."""
    exit_code_for_stop(report.problem)
    return PARTLY_FAILED if report.stopped else DONE


def exit_code_for_stop(problem: str) -> int:
    """Prints that a stage was asked to stop; returns 1 if it was; an empty text: it was not."""
    if problem:
        error(problem)
    return PARTLY_FAILED if problem else DONE


def record_run(
    context: CliContext, app: "App", job: str, *, began: datetime, summary: "RunSummary"
) -> None:
    """Stores that this command ran, for `digest status`."""
    app.record_run(job, started_at=began, finished_at=context.moment(), summary=summary)


def error(line: str) -> None:
    """Prints an error on standard error."""
    stderr.error(line)


def worst(*codes: int) -> int:
    """Returns the most important code: 2 before 3, 3 before 1, 1 before 0."""
    # A wrong configuration comes first, because only the operator can end it. The next run may well
    # repair the others by itself.
    return next(
        (code for code in (WRONG_USAGE, NOTHING_DONE, PARTLY_FAILED) if code in codes), DONE
    )
