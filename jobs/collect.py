"""The collecting job: every source that is due."""

from datetime import datetime

from digest.app import App
from digest.pipeline import collect as stage
from digest.pipeline.watch import watch
from jobs.outcome import Outcome


def collect(app: App, now: datetime) -> Outcome:
    """Reads what the sources have now that their timetables let be looked at."""
    reports = stage.collect(app.store, app.sources(), now=now, due_only=True)
    rejected = (
        f"{report.origin}{'' if item.line is None else f':{item.line}'}: {item.reason}"
        for report in reports
        for item in report.rejected
    )
    silent = (state.warning for state in watch(app.store, app.watched(), now=now))
    return Outcome(
        done=f"{sum(report.new for report in reports)} new papers in {len(reports)} batches",
        problems=(*rejected, *filter(None, silent)),
    )
