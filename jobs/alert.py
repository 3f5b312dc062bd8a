"""The attending job: after the others, how things stand, and whoever should hear of it."""

from datetime import datetime, timedelta

from digest.app import alerts
from digest.app.application import App
from digest.pipeline.alerts import RunContext
from digest.pipeline.run_summary import RunSummary
from digest.store.reports import job_runs

PATIENCE = timedelta(hours=1)  # many runs of the other jobs, any of which may mend it
LATELY = timedelta(days=1)  # a job that is not run any more is no trouble


def alert(app: App, now: datetime) -> RunSummary:
    """Tells the operator what deserves it, and beats if all is well."""
    if not alerts.is_configured(app):
        return RunSummary(
            done="nobody to tell: DIGEST_OPERATOR and DIGEST_HEARTBEAT_URL are not set"
        )
    with app.store.read() as tx:
        last = job_runs.last(tx)
    raised = [
        f"{run.job}: {problem}"
        for run in last
        if run.outcome.startswith("failed") and now - run.started_at < LATELY
        for problem in run.problems
    ]
    broken = tuple(map(str, app.profiles().errors))
    found = alerts.notify(app, RunContext(raised=raised, broken=broken, patience=PATIENCE), now=now)
    if found is None:
        return RunSummary(done="nobody could be told; the log says why")
    told = ", and the operator was told" if found.mailed else ""
    return RunSummary(
        done=f"{len(found.troubles)} to look at{told}" if found.troubles else "all well"
    )
