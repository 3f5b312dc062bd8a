"""APScheduler over the jobs. It only ticks: what is due is decided by the stages.

Jobs run one after another in one thread, each over a fresh App, so that a changed
setting or profile counts from the next tick on.
"""

import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import FrameType

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.interval import IntervalTrigger

from digest.app import App
from digest.errors import DigestError
from jobs.collect import collect
from jobs.deliver import deliver
from jobs.outcome import Outcome
from jobs.publish import publish
from jobs.tidy import tidy

Job = Callable[[App, datetime], Outcome]

# How often each job looks for work, in the order of the first round.
TICKS: Mapping[Job, timedelta] = {
    collect: timedelta(minutes=30),
    publish: timedelta(minutes=5),
    deliver: timedelta(minutes=5),
    tidy: timedelta(hours=1),
}

_log = logging.getLogger("digest.jobs")


def serve(home: Path) -> None:
    """Runs the jobs over this home until SIGTERM or SIGINT; the current job is finished.

    Raises:
        HomeError: the folder is no home.
        SettingsError: a setting is wrong, or sending is not configured.
    """
    with App.open(home, environ=os.environ) as app:
        app.require_delivery()
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    scheduler = build(home)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        _log.info("stopping after the current job")
        scheduler.shutdown(wait=True)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    _log.info("scheduler started over %s", home.resolve())
    scheduler.start()


def build(home: Path) -> BlockingScheduler:
    """A scheduler with all jobs, not started yet; each runs at once and then by its tick."""
    scheduler = BlockingScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={
            # The default of one second would drop a job that waited for another one.
            "misfire_grace_time": None,
            "coalesce": True,
            "max_instances": 1,
        },
    )
    for job, tick in TICKS.items():
        scheduler.add_job(
            partial(run_job, job, home),
            IntervalTrigger(seconds=int(tick.total_seconds()), timezone=UTC),
            id=job.__name__,
            name=job.__name__,
            next_run_time=datetime.now(UTC),
        )
    return scheduler


def run_job(job: Job, home: Path) -> None:
    """One tick: an expected failure is logged, and the next tick tries again."""
    try:
        with App.open(home, environ=os.environ) as app:
            outcome = job(app, datetime.now(UTC))
    except DigestError as error:
        _log.error("%s: %s", job.__name__, error)
    else:
        _log.info("%s: %s", job.__name__, outcome.done)
        for problem in outcome.problems:
            _log.warning("%s: %s", job.__name__, problem)
