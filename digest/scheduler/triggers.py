"""APScheduler over the jobs, in the process that has the turn.

It only ticks. Which slot of its timetable a tick is for, and whether that was run, is asked
of the database; what is due then, the stages decide.
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

RETRY_SECONDS = 30  # until a slot is tried again that the database did not let finish

_APART = timedelta(milliseconds=50)
_JUMP = 1.0  # seconds by which the clock went otherwise than time


class JobTriggers:
    """The jobs, ticking from `start` to `end`.

    Jobs that read sources and make digests run one after another, in the order of `timetables`;
    letters go out beside them, as a slow mail server must not keep the next papers waiting.

    Args:
        timetables: when each job is to run.
        slots: runs them.
        clock: the moment.
    """

    def __init__(
        self,
        timetables: Mapping[str, CronSchedule],
        slots: JobRunner,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._timetables = timetables
        self._slots = slots
        self._clock = clock
        # When a job is to look for work before its next moment, in seconds that only grow.
        self._early: dict[str, float] = {}
        self._noting = Lock()
        self._seen = clock(), time.monotonic()
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(1), "deliver": ThreadPoolExecutor(1)},
            job_defaults={
                # The default of one second would drop a job that waited for another one.
                "misfire_grace_time": None,
                "coalesce": True,
                "max_instances": 1,
            },
        )

    def start(self) -> None:
        """Looks for work in every job at once, and then at its moments."""
        # That a job still runs at its next moment is no news: it goes on where it is.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        for place, (name, timetable) in enumerate(self._timetables.items()):
            self._scheduler.add_job(
                self._tick,
                CronTrigger(timetable, self._clock, behind=place * _APART),
                args=[name],
                id=name,
                name=name,
                executor="deliver" if name == "deliver" else "default",
                next_run_time=datetime.now(UTC),
            )
        self._scheduler.start()

    def look(self) -> None:
        """To be called every second: lets jobs look for work before their next moment.

        Those that were asked to go on, those that could not finish, and all of them if the
        clock was set or the machine slept.
        """
        before, then = self._seen
        now, ticks = self._seen = self._clock(), time.monotonic()
        if abs((now - before).total_seconds() - (ticks - then)) > _JUMP:
            early = set(self._timetables)
        else:
            with self._noting:
                early = {name for name, at in self._early.items() if at <= ticks}
        at = datetime.now(UTC)
        for place, name in enumerate(self._timetables):
            soon = at + place * _APART
            if name in early and self._scheduler.get_job(name).next_run_time > soon:
                self._scheduler.modify_job(name, next_run_time=soon)

    def end(self) -> None:
        """Waits for what is under way; nothing is begun any more."""
        self._scheduler.shutdown(wait=True)

    def _tick(self, name: str) -> None:
        # Nothing here may ask APScheduler: it waits for this thread, holding its locks, at the end.
        with self._noting:
            self._early.pop(name, None)
        done = self._slots.run(name, self._timetables[name])
        if done is None:
            return
        with self._noting:
            if isinstance(done, RetryLater):
                self._early[name] = time.monotonic() + RETRY_SECONDS
            else:
                self._early[done] = time.monotonic()


class CronTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """A timetable as APScheduler asks for it: by the machine's clock, however ours goes."""

    def __init__(
        self, timetable: CronSchedule, clock: Callable[[], datetime], *, behind: timedelta
    ) -> None:
        self._timetable = timetable
        self._clock = clock
        self._behind = behind  # so that jobs of one moment come in their order

    def get_next_fire_time(
        self,
        previous_fire_time: datetime | None,  # noqa: ARG002 - slots are counted by the database
        now: datetime,
    ) -> datetime:
        """When the next moment of the timetable comes."""
        moment = self._clock()
        return now + (self._timetable.after(moment) - moment) + self._behind
