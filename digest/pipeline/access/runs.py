"""Asks the scheduler for runs of jobs."""

from datetime import datetime

from digest.pipeline.access.refusals import RefusalKind, RequestRefused
from digest.store.database.store import Store
from digest.store.reports import job_runs


def request(store: Store, job: str, *, now: datetime) -> None:
    """Asks for a run of a job as soon as possible, by the process with the scheduler lock.

    Args:
        store: The database.
        job: The name of the job.
        now: The current time.

    Raises:
        RequestRefused: No scheduler has ever run this job here.
    """
    with store.write() as tx:
        if not job_runs.was_scheduled(tx, job):
            raise RequestRefused(
                RefusalKind.CONFLICT,
                "no scheduler has run such a job on this database; start `digest schedule`",
            )
        job_runs.request_run(tx, job, now=now)
