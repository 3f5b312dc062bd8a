"""The delivering job: what is queued, and what is due to be tried again."""

from datetime import datetime

from digest.app import App
from digest.core.model import Sent
from digest.pipeline import deliver as stage
from jobs.outcome import Outcome


def deliver(app: App, now: datetime) -> Outcome:
    """Sends what can be sent now."""
    parts = app.parts()
    report = stage.deliver(
        parts.store,
        connect=parts.connect,
        write=parts.write,
        now=now,
        time=parts.time,
        manner=parts.manner,
    )
    failed = (
        f"{item.email}: {item.outcome.reason}"
        for item in report.delivered
        if not isinstance(item.outcome, Sent)
    )
    late = f"{report.expired} digests were too late to be sent" if report.expired else ""
    held = f"{report.held} digests are in doubt; see digest status" if report.held else ""
    return Outcome(
        done=f"{report.count(Sent)} sent",
        problems=(*failed, *filter(None, [late, held, report.problem])),
    )
