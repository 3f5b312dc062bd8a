"""Stage "enrich": looks up papers without a link or an abstract, within a time budget.

Dumps and lists of titles have no links, and feeds of journals often no abstracts. The services are asked one after the other, each for the
papers that none before it has identified, so that within the budget every paper is looked up in the
first service before any is looked up in the second one. arXiv also describes the papers that other
services identified: many in one request; so it does for those without an abstract.
"""

from collections.abc import Sequence
from datetime import datetime

from digest.core.enrichment.outcomes import WantedPaper
from digest.pipeline.enrichment.report import EnrichOptions, EnrichReport, Service, ServiceReport
from digest.store.database.store import Store
from digest.store.enrichment import lookups
from digest.store.papers import source_state

MAX_PAPERS = 2_000  # that are looked up in one service in one run


def enrich(
    store: Store, services: Sequence[Service], *, now: datetime, options: EnrichOptions
) -> EnrichReport:
    """Looks up the papers without a link or an abstract, and stores what was found.

    What was stored stays if the run is interrupted; the next one continues.

    Args:
        store: The database.
        services: The services, in the order in which they are asked.
        now: The current time.
        options: The limits of this run.
    """
    if not services:
        return EnrichReport()
    deadline = options.clock() + options.budget
    reports: list[ServiceReport] = []
    with store.read() as tx:
        resting = source_state.not_due(tx, now)
        paper_ids = lookups.wanted_ids(tx, now=now)
    for service in services:
        if service.source in resting:
            continue
        wanted, undescribed = _due(store, service, paper_ids, now=now)
        if not (wanted or undescribed):
            continue
        # Imported here: most runs have nothing to look up.
        from digest.pipeline.enrichment.service_run import ServiceRun

        run = ServiceRun(store, service, now=now, options=options, deadline=deadline)
        report = run.run(wanted, undescribed)
        if report.requests:
            reports.append(report)
        if report.found or report.described:
            with store.read() as tx:
                paper_ids = lookups.wanted_ids(tx, now=now)
    if not reports:
        return EnrichReport()
    with store.read() as tx:
        waiting = lookups.lookup_status(tx, now=now).waiting
    return EnrichReport(services=tuple(reports), waiting=waiting)


def _due(
    store: Store, service: Service, paper_ids: Sequence[int], *, now: datetime
) -> tuple[list[WantedPaper], list[tuple[int, str]]]:
    """Returns what a service has to be asked for."""
    with store.read() as tx:
        wanted = lookups.wanted_papers(tx, service.name, paper_ids, now=now, limit=MAX_PAPERS)
        undescribed = (
            lookups.undescribed_papers(tx, service.name, now=now, limit=MAX_PAPERS)
            if service.describes
            else []
        )
    described = {paper_id for paper_id, _ in undescribed}
    return [item for item in wanted if item.paper_id not in described], undescribed
