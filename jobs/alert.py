"""The `attend` job: alerts the operator, and calls the heartbeat address."""

from datetime import datetime, timedelta

from digest.app.application import App
from digest.app.messages import alerts
from digest.core.text.plurals import count
from digest.pipeline.alerts import RunContext
from digest.pipeline.run_summary import RunSummary
from digest.store.reports import job_runs

# A problem is reported if it lasts this long: until then another run may have solved it.
_REPORT_AFTER = timedelta(hours=1)
# Jobs that should end within that time. A delivery with a rate limit may take hours.
_SHORT_JOBS = ("collect", "publish", "tidy")
# A failure that is older is ignored: the job may have been switched off.
_RECENT = timedelta(days=1)


def alert(app: App, now: datetime) -> RunSummary:
    """Mails new problems to the operator; calls the heartbeat address if there are none."""
    if not alerts.is_configured(app):
        return RunSummary(headline="no check: DIGEST_OPERATOR and DIGEST_HEARTBEAT_URL are not set")
    with app.store.read() as tx:
        last_runs = job_runs.last_runs(tx)
    failures = [
        f"{run.job}: {problem}"
        for run in last_runs
        if run.outcome.startswith("failed") and now - run.started_at < _RECENT
        for problem in run.problems
    ]
    failures += [
        f"{run.job}: has not ended since it started at {run.started_at:%-d %B %Y %H:%M} UTC;"
        f" something that it waits for does not answer; restart the scheduler"
        for run in last_runs
        if run.job in _SHORT_JOBS
        and run.finished_at is None
        and run.slot is not None
        and now - run.started_at >= _REPORT_AFTER
    ]
    broken = tuple(map(str, app.load_profiles().errors))
    result = alerts.notify(
        app, RunContext(run_errors=failures, profile_errors=broken, patience=_REPORT_AFTER), now=now
    )
    if result is None:
        return RunSummary(headline="the check failed; the log says why")
    mailed = ", and an alert was sent" if result.sent else ""
    return RunSummary(
        headline=f"{count(len(result.problems), 'problem')}{mailed}"
        if result.problems
        else "all well"
    )
