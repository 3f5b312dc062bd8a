"""Runs one slot of one job, once among all schedulers, and stores its result."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import Struct

from digest.app.application import App
from digest.core.schedule.crontab import CronSchedule
from digest.errors import DigestError, StoreError
from digest.logs import get_logger
from digest.pipeline.cancellation import STOPPED, StopToken
from digest.pipeline.run_summary import RunSummary
from digest.store.database.store import Connection
from digest.store.reports import job_runs

Job = Callable[[App, datetime], RunSummary]

# A missed slot is still run for so long, if it is the latest of its job.
_GRACE = timedelta(hours=48)
_GRACE_BEFORE_FIRST_RUN = timedelta(hours=1)  # the same for a job that no scheduler ran before

_log = get_logger("digest.jobs")


class RetryLater(Struct, frozen=True):
    """The run has to be tried again: the database could not be used."""


class JobRunner:
    """Runs the jobs of one scheduler.

    Each run opens the home again, so that changed settings are used.

    Args:
        home: the home folder.
        environ: the environment variables.
        clock: returns the current time.
        owner: the name of this scheduler, unique among all.
        is_leader: returns whether this scheduler still has the lock.
        stop: stops the running jobs.
        jobs: the jobs by name.
        followers: by job name, the jobs that run after it if it did something.
    """

    def __init__(
        self,
        home: Path,
        *,
        environ: Mapping[str, str],
        clock: Callable[[], datetime],
        owner: str,
        is_leader: Callable[[], bool],
        stop: StopToken,
        jobs: Mapping[str, Job],
        followers: Mapping[str, tuple[str, ...]],
    ) -> None:
        self._home = home
        self._environ = environ
        self._clock = clock
        self._owner = owner
        self._is_leader = is_leader
        self._stop = stop
        self._jobs = jobs
        self._followers = followers

    def run(self, name: str, schedule: CronSchedule) -> tuple[str, ...] | RetryLater:
        """Runs the latest slot of a job, unless it was run before.

        Args:
            name: the name of the job.
            schedule: when the job runs.

        Returns:
            The names of the jobs that have to run next; RetryLater if the database could not be used.
        """
        if self._stop.requested or not self._is_leader():
            return ()
        now = self._clock()
        try:
            with App.open(self._home, environ=self._environ) as app:
                # The token of the scheduler, which also stops the run when the lock is lost.
                app.stop = self._stop
                started = self._start(app, name, schedule, now)
                if started is None:
                    return ()
                summary = _run_job(self._jobs[name], name, app, now)
                # Without work, the next jobs would find nothing either.
                followers = self._followers.get(name, ()) if summary.items else ()
                self._finish(app, name, started, summary, followers)
        except StoreError as error:
            _log.error("job failed", job=name, reason=str(error))
            return RetryLater()
        except DigestError as error:  # the home or a setting is wrong now
            _log.error("job failed", job=name, reason=str(error))
            return ()
        _log.info("job", job=name, text=f"{name}: {summary.headline}")
        for problem in summary.problems:
            _log.warning("problem", job=name, text=f"{name}: {problem}")
        return followers

    def _start(
        self, app: App, name: str, schedule: CronSchedule, now: datetime
    ) -> job_runs.StartedRun | None:
        slot = schedule.latest(now, within=_GRACE)
        with app.store.write() as tx:
            # A new installation waits for its next slot, and makes up for none from before its
            # first start.
            if (
                slot is not None
                and now - slot > _GRACE_BEFORE_FIRST_RUN
                and not job_runs.was_scheduled(tx, name)
            ):
                slot = None
            started = self._start_slot(tx, name, slot, now)
            # If the latest slot was run, another one may be unfinished, or requested by a job.
            if started is None:
                started = self._start_slot(tx, name, job_runs.last_unfinished_slot(tx, name), now)
        if started is not None and started.taken_over:
            _log.warning("slot taken over", job=name)  # from a scheduler that did not finish it
        return started

    def _start_slot(
        self, tx: Connection, name: str, slot: datetime | None, now: datetime
    ) -> job_runs.StartedRun | None:
        if slot is None:
            return None
        return job_runs.begin(tx, job=name, slot=slot, owner=self._owner, now=now)

    def _finish(
        self,
        app: App,
        name: str,
        started: job_runs.StartedRun,
        summary: RunSummary,
        followers: tuple[str, ...],
    ) -> None:
        # A stopped run stays unfinished, so that the next scheduler completes its slot.
        stopped = self._stop.requested
        now = self._clock()
        with app.store.write() as tx:
            still_ours = job_runs.finish(
                tx,
                started.number,
                owner=self._owner,
                outcome=f"{summary.headline}; {STOPPED}" if stopped else summary.headline,
                problems=summary.stored_problems,
                now=None if stopped else now,
            )
            # In the transaction of `finish`: after a crash, the followers are requested exactly if
            # this run counts as finished.
            for follower in followers:
                job_runs.request_run(tx, follower, now=now)
        if not still_ours:
            _log.warning("slot lost", job=name)  # another scheduler took it over meanwhile


def _run_job(job: Job, name: str, app: App, now: datetime) -> RunSummary:
    """Runs a job. A failure becomes a summary too, so that it does not end the scheduler."""
    try:
        return job(app, now)
    # The caller tries again later: a database that cannot be used cannot store a result either.
    except StoreError:
        raise
    except DigestError as error:
        problem = str(error)
    except Exception as error:  # noqa: BLE001 - a bug in one job must not end the others
        _log.exception("job failed", job=name)
        problem = f"{type(error).__name__} (a bug; the log has the details)"
    return RunSummary(headline="failed", problems=(problem,), stored_problems=(problem,))
