"""The `webhooks` job: tells webhooks what happened."""

from datetime import datetime

from digest.app.application import App
from digest.core.text.plurals import count
from digest.pipeline.run_summary import RunSummary


def webhooks(app: App, now: datetime) -> RunSummary:
    """Sends the messages of webhooks that are due."""
    report = app.tell_webhooks(now)
    return RunSummary(
        headline=f"{count(report.sent, 'message')} of webhooks sent",
        problems=report.problems,
        stored_problems=report.problems,
        items=report.sent,
    )
