"""One slot of one job: run once, however many schedulers there are, and written down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from digest.app.application import App
from digest.core.schedule.crontab import CronSchedule
from digest.errors import DigestError, StoreError
from digest.logs import get_logger
from digest.pipeline.cancellation import STOPPED, StopToken
from digest.pipeline.run_summary import RunSummary
from digest.store.database.store import Connection
from digest.store.reports import job_runs

Job = Callable[[App, datetime], RunSummary]

GRACE = timedelta(hours=48)  # in which a slot that nobody ran is caught up with, if it is the last
FIRST = timedelta(hours=1)  # the same for a job that no scheduler has run yet

_log = get_logger("digest.jobs")


@dataclass(frozen=True, slots=True)
class RetryLater:
    """The database did not let the run begin, or finish."""


class JobRunner:
    """Runs the jobs of one scheduler, each over a fresh App, so that settings may change.

    Args:
        home: the folder.
        environ: the environment.
        clock: the moment.
        owner: the name of this scheduler.
        holds: whether it still has the turn.
        stop: asks what is under way to come to its end.
        jobs: by name, in the order of the first round.
        followers: by job, the job that has to follow where it did something.
    """

    def __init__(
        self,
        home: Path,
        *,
        environ: Mapping[str, str],
        clock: Callable[[], datetime],
        owner: str,
        holds: Callable[[], bool],
        stop: StopToken,
        jobs: Mapping[str, Job],
        followers: Mapping[str, str],
    ) -> None:
        self._home = home
        self._environ = environ
        self._clock = clock
        self._owner = owner
        self._holds = holds
        self._stop = stop
        self._jobs = jobs
        self._followers = followers

    def run(self, name: str, timetable: CronSchedule) -> str | RetryLater | None:
        """Runs the job's last slot, unless that was done.

        Args:
            name: one of the jobs.
            timetable: the job's.

        Returns:
            The job that has to follow, whose slot was made.
        """
        if self._stop.requested or not self._holds():
            return None
        now = self._clock()
        try:
            with App.open(self._home, environ=self._environ) as app:
                app.stop = self._stop
                begun = self._begin(app, name, timetable, now)
                if begun is None:
                    return None
                account = _account(self._jobs[name], name, app, now)
                follower = self._followers.get(name) if account.work else None
                self._keep(app, name, begun, account, follower)
        except StoreError as error:
            _log.error("job failed", job=name, reason=str(error))
            return RetryLater()
        except DigestError as error:  # the home or a setting has become wrong
            _log.error("job failed", job=name, reason=str(error))
            return None
        _log.info("job", job=name, text=f"{name}: {account.done}")
        for problem in account.problems:
            _log.warning("problem", job=name, text=f"{name}: {problem}")
        return follower

    def _begin(
        self, app: App, name: str, timetable: CronSchedule, now: datetime
    ) -> job_runs.StartedRun | None:
        slot = timetable.latest(now, within=GRACE)
        with app.store.write() as tx:
            if slot is not None and now - slot > FIRST and not job_runs.was_scheduled(tx, name):
                slot = None
            begun = self._take(tx, name, slot, now)
            if begun is None:
                begun = self._take(tx, name, job_runs.unfinished(tx, name), now)
        if begun is not None and begun.taken_over:
            _log.warning("slot taken over", job=name)  # left unfinished by another
        return begun

    def _take(
        self, tx: Connection, name: str, slot: datetime | None, now: datetime
    ) -> job_runs.StartedRun | None:
        if slot is None:
            return None
        return job_runs.begin(tx, job=name, slot=slot, owner=self._owner, now=now)

    def _keep(
        self,
        app: App,
        name: str,
        begun: job_runs.StartedRun,
        account: RunSummary,
        follower: str | None,
    ) -> None:
        stopped = self._stop.requested
        now = self._clock()
        with app.store.write() as tx:
            mine = job_runs.finish(
                tx,
                begun.number,
                owner=self._owner,
                outcome=f"{account.done}; {STOPPED}" if stopped else account.done,
                problems=account.kept,
                now=None if stopped else now,
            )
            if follower is not None:
                job_runs.ask(tx, follower, now=now)
        if not mine:
            _log.warning("slot lost", job=name)  # another scheduler has it by now


def _account(job: Job, name: str, app: App, now: datetime) -> RunSummary:
    """What the job says; a failure of its own is said, too, and does not end the scheduler."""
    try:
        return job(app, now)
    except StoreError:
        raise
    except DigestError as error:
        problem = str(error)
    except Exception as error:  # noqa: BLE001 - a bug in one job must not end the others
        _log.exception("job failed", job=name)
        problem = f"{type(error).__name__} (a bug; the log has the details)"
    return RunSummary(done="failed", problems=(problem,), kept=(problem,))
