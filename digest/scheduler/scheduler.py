"""`digest schedule`: of all schedulers over one database, one works, the others stand by."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from secrets import token_hex
from zoneinfo import ZoneInfo

from digest.app.application import App
from digest.app.signals import stopping_on_signals
from digest.config.settings.loader import Settings
from digest.core.schedule import crontab
from digest.core.schedule.crontab import CronSchedule
from digest.errors import StoreError
from digest.logs import get_logger, redactor, set_up
from digest.pipeline.cancellation import StopToken
from digest.scheduler.embedded_site import EmbeddedSite
from digest.scheduler.job_runner import Job, JobRunner
from digest.scheduler.triggers import JobTriggers
from digest.store.locks.scheduler_lock import become_leader

POLL_SECONDS = 1.0  # between two looks at the lock, and at the clock

_log = get_logger("digest.jobs")


def _now() -> datetime:
    return datetime.now(UTC)


def run_scheduler(
    home: Path,
    *,
    jobs: Mapping[str, Job],
    followers: Mapping[str, str],
    clock: Callable[[], datetime] = _now,
    poll_seconds: float = POLL_SECONDS,
) -> None:
    """Runs the jobs over this home until SIGTERM or SIGINT; what is under way is finished.

    Args:
        home: the folder.
        jobs: by name, in the order of the first round.
        followers: by job, the job that has to follow where it did something.
        clock: the moment.
        poll_seconds: between two looks at the lock and at the clock.

    Raises:
        HomeError: the folder is no home.
        SettingsError: a setting is wrong, or sending is not configured.
        StoreError: the database cannot be used; once it could, that is only logged.
    """
    environ = dict(os.environ)
    with App.open(home, environ=environ) as app:
        app.require_delivery()
        app.store.close()  # it was opened, and so can be
        settings = app.settings
    set_up(
        form=settings.log_format,
        level=settings.log_level or "info",
        addresses=redactor.addresses or settings.log_addresses,
    )
    stop = StopToken()
    scheduler = _Scheduler(
        home,
        environ,
        settings,
        jobs=jobs,
        followers=followers,
        stop=stop,
        clock=clock,
        poll=poll_seconds,
    )
    with stopping_on_signals(stop, code=1):
        scheduler.run()


def cron_schedules(settings: Settings) -> dict[str, CronSchedule]:
    """When each job is to run, by the settings, or else by the machine's zone."""
    zone = ZoneInfo(settings.schedule_zone) if settings.schedule_zone else _machine_zone()
    return {
        name: crontab.parse(expression, zone=zone)
        for name, expression in settings.schedules.items()
    }


def _machine_zone() -> tzinfo:
    from tzlocal import get_localzone

    return get_localzone()


class _Scheduler:
    """One of possibly several over a database."""

    def __init__(
        self,
        home: Path,
        environ: Mapping[str, str],
        settings: Settings,
        *,
        jobs: Mapping[str, Job],
        followers: Mapping[str, str],
        stop: StopToken,
        clock: Callable[[], datetime],
        poll: float,
    ) -> None:
        self._home = home
        self._environ = environ
        self._timetables = cron_schedules(settings)
        self._jobs = jobs
        self._followers = followers
        self._stop = stop
        self._clock = clock
        self._poll = poll
        self._owner = f"{os.uname().nodename}:{os.getpid()}:{token_hex(4)}"
        self._state = "starting"
        self._site = EmbeddedSite(
            home,
            environ=environ,
            place=settings.schedule_listen,
            clock=clock,
            state=lambda: self._state,
        )

    def run(self) -> None:
        """Until it is asked to stop."""
        _log.info("scheduler", state="starting", owner=self._owner, home=self._home.resolve())
        with self._site:
            while not self._stop.requested:
                try:
                    self._take_turn()
                except StoreError as error:
                    self._say("without a database", _log.error, reason=str(error))
                    self._pause()
        self._say("stopped")

    def _take_turn(self) -> None:
        with (
            App.open(self._home, environ=self._environ) as app,
            become_leader(app.store, wait=self._stand_by) as holds,
        ):
            if holds is None:
                return
            self._say("at work")
            self._work(holds)

    def _stand_by(self) -> bool:
        self._say("standing by: another scheduler is at work")
        return self._pause()

    def _work(self, holds: Callable[[], bool]) -> None:
        mine = StopToken()  # also when the turn is lost
        slots = JobRunner(
            self._home,
            environ=self._environ,
            clock=self._clock,
            owner=self._owner,
            holds=holds,
            stop=mine,
            jobs=self._jobs,
            followers=self._followers,
        )
        ticking = JobTriggers(self._timetables, slots, clock=self._clock)
        with self._stop.cutting(mine):
            ticking.start()
            try:
                while self._pause():
                    if not holds():
                        self._say("the lock was lost; stopping what is under way", _log.warning)
                        break
                    ticking.look()
            finally:
                mine.request()
                if self._stop.requested:
                    self._say("stopping; what is under way is finished")
                ticking.end()

    def _pause(self) -> bool:
        """Waits for a moment; false if it is time to stop."""
        self._site.ensure()
        return not self._stop.wait(self._poll)

    def _say(self, state: str, say: Callable[..., None] = _log.info, **fields: str) -> None:
        """In the log, if it is news, and in /healthz, where anybody may read the state."""
        if state != self._state:
            self._state = state
            say("scheduler", text=f"scheduler: {state}", **fields)
