"""The `enrich` job: looks up the papers behind titles without links."""

from datetime import datetime

from digest.app.application import App
from digest.pipeline.enrichment import enrich as stage
from digest.pipeline.run_summary import RunSummary, summarize_enrich


def enrich(app: App, now: datetime) -> RunSummary:
    """Looks up the papers that have no link, within the budget of the settings."""
    report = stage.enrich(app.store, app.lookup_services, now=now, options=app.enrich_options)
    return summarize_enrich(report)
