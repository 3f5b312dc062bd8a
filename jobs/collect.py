"""The `collect` job: reads the sources that are due."""

from datetime import datetime

from digest.app.application import App
from digest.pipeline import collect as stage
from digest.pipeline.run_summary import RunSummary, summarize_collect
from digest.pipeline.source_health import check_sources


def collect(app: App, now: datetime) -> RunSummary:
    """Reads the sources that are due; all of them if a setting says when to collect."""
    reports = stage.collect(
        app.store,
        app.stop.take_until_stopped(app.build_sources()),
        now=now,
        due_only=app.settings.polls_sources_separately,
    )
    silent = (state.warning for state in check_sources(app.store, app.monitored_sources(), now=now))
    return summarize_collect(reports, silent)
