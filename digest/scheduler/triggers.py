"""Starts the jobs at their times, with APScheduler, in the scheduler that has the lock.

A trigger only starts a job. The database says which slot of the job is next, and whether it was
run. The stages decide what is due in it.
"""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from threading import Condition, Lock
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from digest.core.schedule.crontab import CronSchedule
from digest.scheduler.job_runner import JobRunner, RetryLater

RETRY_SECONDS = 30  # until a slot is tried again for which the database could not be used

# How long a digest waits for papers that are still being read or looked up. A source may never
# answer.
COLLECT_PATIENCE = 120.0  # seconds
# How long a scheduler that lost its lock waits for its jobs, before it stands by without them.
ABANDON_AFTER = 10.0  # seconds

# The jobs that a job waits for, because it needs what they store.
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "enrich": ("collect",),
    "publish": ("collect", "enrich"),
}

_GAP = timedelta(milliseconds=50)  # between jobs of the same time, to keep their order
_CLOCK_JUMP = 1.0  # seconds between the clock and the monotonic time that mean: it was set


class JobTriggers:
    """Starts the jobs at their times, from `start` to `stop`.

    Each job has a thread of its own, so that one that is stuck, for example at a source that never
    answers, does not stop the others. `publish` waits for a `collect` and an `enrich` that started
    before it, so that the digests have the papers of the same time, but not longer than
    `COLLECT_PATIENCE` after each started.

    Args:
        schedules: when each job runs, by name.
        runner: runs the jobs.
        clock: returns the current time.
    """

    def __init__(
        self,
        schedules: Mapping[str, CronSchedule],
        runner: JobRunner,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._schedules = schedules
        self._runner = runner
        self._clock = clock
        # Jobs that have to run before their next time: when, in seconds of time.monotonic().
        self._early: dict[str, float] = {}
        self._early_lock = Lock()
        self._last_check = clock(), time.monotonic()
        self._running = _RunningJobs()
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={name: _Executor(self._running) for name in schedules},
            job_defaults={
                # The default of one second would skip a job that waited for another one.
                "misfire_grace_time": None,
                "coalesce": True,
                "max_instances": 1,
            },
        )

    def start(self) -> None:
        """Starts every job now, and from then on at its times."""
        # APScheduler warns if a job still runs at its next time, which is normal here.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        # Every job starts at once, because its last slot may have been missed while no scheduler
        # ran. The database knows.
        for position, (name, schedule) in enumerate(self._schedules.items()):
            self._scheduler.add_job(
                self._run,
                CronTrigger(schedule, self._clock, delay=position * _GAP),
                args=[name],
                id=name,
                name=name,
                executor=name,
                next_run_time=datetime.now(UTC),
            )
        self._scheduler.start()

    def check(self) -> None:
        """Starts jobs that have to run before their next time. To be called every second.

        These are jobs that follow another job, and jobs that have to be tried again. If the clock
        was set or the machine slept, it starts all jobs.
        """
        last_now, last_seconds = self._last_check
        now, seconds = self._last_check = self._clock(), time.monotonic()
        if abs((now - last_now).total_seconds() - (seconds - last_seconds)) > _CLOCK_JUMP:
            early = set(self._schedules)
        else:
            with self._early_lock:
                early = {name for name, at in self._early.items() if at <= seconds}
        start_at = datetime.now(UTC)
        for position, name in enumerate(self._schedules):
            soon = start_at + position * _GAP
            if name in early and self._scheduler.get_job(name).next_run_time > soon:
                self._scheduler.modify_job(name, next_run_time=soon)

    def stop(self) -> None:
        """Starts no more jobs; does not wait for those that run."""
        self._running.close()
        self._scheduler.shutdown(wait=False)

    def wait(self, *, seconds: float | None = None) -> bool:
        """Waits until no job runs any more; returns whether that is so.

        Args:
            seconds: how long it waits at most; None: as long as it takes.
        """
        return self._running.wait_for_all(seconds)

    def _run(self, name: str) -> None:
        try:
            self._run_when_ready(name)
        finally:
            self._running.remove(name)

    def _run_when_ready(self, name: str) -> None:
        # Do not call APScheduler here: it may hold its locks while it waits for this thread.
        with self._early_lock:
            self._early.pop(name, None)
        for needed in _NEEDS.get(name, ()):
            self._running.wait_for(needed, longest=COLLECT_PATIENCE)
        next_step = self._runner.run(name, self._schedules[name])
        with self._early_lock:
            if isinstance(next_step, RetryLater):
                self._early[name] = time.monotonic() + RETRY_SECONDS
            else:
                self._early.update(dict.fromkeys(next_step, time.monotonic()))


class _RunningJobs:
    """The jobs that were started and have not ended."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._started: dict[str, float] = {}  # by name: when, in seconds of time.monotonic()
        self._closed = False

    def add(self, name: str) -> None:
        """Adds a job that starts now."""
        with self._changed:
            self._started[name] = time.monotonic()

    def remove(self, name: str) -> None:
        """Removes a job that has ended."""
        with self._changed:
            self._started.pop(name, None)
            self._changed.notify_all()

    def close(self) -> None:
        """Ends the waiting for single jobs: the scheduler stops."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wait_for(self, name: str, *, longest: float) -> None:
        """Waits until a job has ended, but not after it has run for `longest` seconds."""
        with self._changed:
            started = self._started.get(name)
            if started is None:
                return
            self._changed.wait_for(
                lambda: self._closed or self._started.get(name) != started,
                timeout=max(0.0, started + longest - time.monotonic()),
            )

    def wait_for_all(self, seconds: float | None) -> bool:
        """Waits until no job runs, at most for so long; returns whether none does."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._started, timeout=seconds)


class _Executor(ThreadPoolExecutor):  # type: ignore[misc]  # APScheduler has no types
    """One thread for one job; notes the job before the thread starts, to keep the order of jobs."""

    def __init__(self, running: _RunningJobs) -> None:
        super().__init__(1)
        self._running = running

    def _do_submit_job(self, job: Any, run_times: list[datetime]) -> None:
        self._running.add(job.id)
        try:
            super()._do_submit_job(job, run_times)
        except BaseException:
            self._running.remove(job.id)
            raise


class CronTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Adapts a CronSchedule to APScheduler, which uses the clock of the machine, not ours."""

    def __init__(
        self, schedule: CronSchedule, clock: Callable[[], datetime], *, delay: timedelta
    ) -> None:
        self._schedule = schedule
        self._clock = clock
        self._delay = delay  # keeps the order of jobs of the same time

    def get_next_fire_time(
        self,
        previous_fire_time: datetime | None,  # noqa: ARG002 - the database knows what was run
        now: datetime,
    ) -> datetime:
        """Returns the next time of the schedule, on the clock of the machine."""
        our_now = self._clock()
        return now + (self._schedule.after(our_now) - our_now) + self._delay
