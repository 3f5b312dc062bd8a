"""How the stages' commands end: warnings, errors, and the exit code."""

from datetime import datetime
from typing import TYPE_CHECKING

from digest.cli import stderr
from digest.cli.context import CliContext
from digest.core.models.batches import BatchReport, Verdict
from digest.core.models.delivery import Sent
from digest.core.subscribers.reconcile import SubscriptionChanges
from digest.errors import ProfileError
from digest.pipeline.delivery.deliver import DeliveryReport
from digest.pipeline.maintenance import MaintenanceReport
from digest.pipeline.publishing.due import PublishResult
from digest.pipeline.run import RunReport
from digest.pipeline.run_summary import RunSummary

if TYPE_CHECKING:
    from digest.app.application import App

DONE, IN_PART, WRONG, NOTHING = 0, 1, 2, 3  # the exit codes of the contract


def exit_code_for_batches(reports: tuple[BatchReport, ...]) -> int:
    """Reports what could not be read; 1 if there was any."""
    code = DONE
    for report in reports:
        for line in report.problems:
            error(line)
        if report.problems or report.verdict is Verdict.FAILED:
            code = IN_PART
    return code


def exit_code_for_profiles(
    call: CliContext, changes: SubscriptionChanges, broken: tuple[ProfileError, ...]
) -> int:
    """Reports profile files that cannot be used; 2 if there was any."""
    for line in changes.warnings:
        call.warn(line)
    for problem in broken:
        error(str(problem))
    return WRONG if broken else DONE


def exit_code_for_publishing(items: tuple[PublishResult, ...]) -> int:
    """1 if a stored profile cannot be read."""
    problems = [item.problem for item in items if item.problem]
    for line in problems:
        error(line)
    return IN_PART if problems else DONE


def exit_code_for_delivery(report: DeliveryReport) -> int:
    """3 if the mail server as a whole failed and nothing was sent, 1 if something was, or if a letter was not taken."""
    if report.problem:
        error(report.problem)
        return IN_PART if report.count(Sent) or report.stopped else NOTHING
    return IN_PART if report.failures else DONE


def exit_code_for_maintenance(done: MaintenanceReport) -> int:
    """1 if bounces cannot be read, or old data cannot be removed."""
    for line in done.problems:
        error(line)
    return IN_PART if done.problems else DONE


def exit_code_for_run(report: RunReport) -> int:
    """1 if it was stopped before the end, which is told here unless the delivery tells it."""
    if report.problem:
        error(report.problem)
    return IN_PART if report.stopped else DONE


def keep(call: CliContext, app: "App", job: str, *, began: datetime, account: RunSummary) -> None:
    """Writes down that this command ran, for `digest status`."""
    app.keep_run(job, started_at=began, finished_at=call.moment(), account=account)


def error(line: str) -> None:
    """One line on standard error."""
    stderr.error(line)


def worst(*codes: int) -> int:
    """The code that says most: configuration first, then nothing done, then in part."""
    return next((code for code in (WRONG, NOTHING, IN_PART) if code in codes), DONE)
