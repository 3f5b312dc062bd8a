"""Starts the jobs at their times, with APScheduler, in the scheduler that has the lock.

A trigger only starts a job. The database says which slot of the job is next, and whether it was
run. The stages decide what is due in it.
"""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from threading import Lock

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from digest.core.schedule.crontab import CronSchedule
from digest.scheduler.job_runner import JobRunner, RetryLater

RETRY_SECONDS = 30  # until a slot is tried again for which the database could not be used

_GAP = timedelta(milliseconds=50)  # between jobs of the same time, to keep their order
_CLOCK_JUMP = 1.0  # seconds between the clock and the monotonic time that mean: it was set


class JobTriggers:
    """Starts the jobs at their times, from `start` to `stop`.

    The jobs run one after another, in the order of `schedules`. Only `deliver` runs beside them,
    because a slow mail server must not delay the next papers.

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
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(1), "deliver": ThreadPoolExecutor(1)},
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
        for position, (name, schedule) in enumerate(self._schedules.items()):
            self._scheduler.add_job(
                self._run,
                CronTrigger(schedule, self._clock, delay=position * _GAP),
                args=[name],
                id=name,
                name=name,
                executor="deliver" if name == "deliver" else "default",
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
        """Waits for the running jobs, and starts no more."""
        self._scheduler.shutdown(wait=True)

    def _run(self, name: str) -> None:
        # Do not call APScheduler here: `shutdown` waits for this thread while it holds its locks.
        with self._early_lock:
            self._early.pop(name, None)
        next_step = self._runner.run(name, self._schedules[name])
        if next_step is None:
            return
        with self._early_lock:
            if isinstance(next_step, RetryLater):
                self._early[name] = time.monotonic() + RETRY_SECONDS
            else:
                self._early[next_step] = time.monotonic()


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
