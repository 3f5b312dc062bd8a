"""Runs the scheduler of `digest schedule`.

Of all schedulers of one database, one runs the jobs. The others stand by.
"""

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
from digest.scheduler.triggers import ABANDON_AFTER, JobTriggers
from digest.store.locks.scheduler_lock import become_leader

POLL_SECONDS = 1.0  # between two checks of the lock and the clock

_log = get_logger("digest.jobs")


def _now() -> datetime:
    return datetime.now(UTC)


def run_scheduler(
    home: Path,
    *,
    jobs: Mapping[str, Job],
    followers: Mapping[str, tuple[str, ...]],
    clock: Callable[[], datetime] = _now,
    poll_seconds: float = POLL_SECONDS,
) -> None:
    """Runs the jobs until SIGTERM or SIGINT, and then finishes those that are running.

    Args:
        home: the home folder.
        jobs: the jobs by name.
        followers: by job name, the jobs that run after it if it did something.
        clock: returns the current time.
        poll_seconds: the time between two checks of the lock and the clock.

    Raises:
        HomeError: the folder is not a home.
        SettingsError: a setting is wrong, or sending is not configured.
        StoreError: the database cannot be used at the start. Later, that is only logged.
    """
    environ = dict(os.environ)
    with App.open(home, environ=environ) as app:
        app.require_delivery()
        app.store.close()  # opens the database first: raises if it cannot be used
        settings = app.settings
    set_up(
        form=settings.log_format,
        level=settings.log_level or "info",
        # `digest schedule --show-addresses` has set it before.
        addresses=redactor.show_addresses or settings.log_addresses,
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
    """Returns when each job runs, in the zone of the settings or that of the machine."""
    zone = ZoneInfo(settings.schedule_zone) if settings.schedule_zone else _machine_zone()
    return {
        name: crontab.parse(expression, zone=zone) for name, expression in settings.crontabs.items()
    }


def _machine_zone() -> tzinfo:
    from tzlocal import get_localzone

    return get_localzone()


class _Scheduler:
    """One scheduler. There may be several for one database."""

    def __init__(
        self,
        home: Path,
        environ: Mapping[str, str],
        settings: Settings,
        *,
        jobs: Mapping[str, Job],
        followers: Mapping[str, tuple[str, ...]],
        stop: StopToken,
        clock: Callable[[], datetime],
        poll: float,
    ) -> None:
        self._home = home
        self._environ = environ
        self._schedules = cron_schedules(settings)
        self._jobs = jobs
        self._followers = followers
        self._stop = stop
        self._clock = clock
        self._poll = poll
        # The random part, because a later process may get the same number.
        self._owner = f"{os.uname().nodename}:{os.getpid()}:{token_hex(4)}"
        self._state = "starting"
        self._left_behind: list[JobTriggers] = []  # with jobs that did not end with the lock
        self._site = EmbeddedSite(
            home,
            environ=environ,
            address=settings.schedule_listen,
            clock=clock,
            state=lambda: self._state,
        )

    def run(self) -> None:
        """Runs until it is asked to stop."""
        _log.info("scheduler", state="starting", owner=self._owner, home=self._home.resolve())
        with self._site:
            while not self._stop.requested:
                try:
                    self._lead_or_wait()
                except StoreError as error:
                    # The database may come back, so the scheduler tries again.
                    self._set_state("without a database", _log.error, reason=str(error))
                    self._pause()
            # Python would wait for these threads at its end, when no listener ends the process.
            for triggers in self._left_behind:
                triggers.wait()
        self._set_state("stopped")

    def _lead_or_wait(self) -> None:
        with (
            App.open(self._home, environ=self._environ) as app,
            become_leader(app.store, wait=self._stand_by) as is_leader,
        ):
            if is_leader is None:
                return
            self._set_state("at work")
            self._run_jobs(is_leader)

    def _stand_by(self) -> bool:
        self._set_state("standing by: another scheduler is at work")
        return self._pause()

    def _run_jobs(self, is_leader: Callable[[], bool]) -> None:
        # Requested too when the lock is lost, unlike `self._stop`.
        stop_jobs = StopToken()
        runner = JobRunner(
            self._home,
            environ=self._environ,
            clock=self._clock,
            owner=self._owner,
            is_leader=is_leader,
            stop=stop_jobs,
            jobs=self._jobs,
            followers=self._followers,
        )
        triggers = JobTriggers(self._schedules, runner, clock=self._clock)
        with self._stop.interruptible(stop_jobs):
            triggers.start()
            try:
                while self._pause():
                    if not is_leader():
                        self._set_state(
                            "the lock was lost; stopping what is under way", _log.warning
                        )
                        break
                    triggers.check()
            finally:
                stop_jobs.request()
                if self._stop.requested:
                    self._set_state("stopping; what is under way is finished")
                triggers.stop()
                # After a signal, its listener ends the process if this takes too long.
                if not triggers.wait(seconds=None if self._stop.requested else ABANDON_AFTER):
                    # Another scheduler may be at work by now, or this one may have the lock again.
                    self._left_behind.append(triggers)
                    _log.warning("scheduler", text="scheduler: a job does not end; going on")

    def _pause(self) -> bool:
        """Waits for one poll; returns false if the scheduler has to stop."""
        self._site.ensure()
        return not self._stop.wait(self._poll)

    def _set_state(self, state: str, log: Callable[..., None] = _log.info, **fields: str) -> None:
        """Changes the state, which /healthz shows to everybody, and logs the change."""
        if state != self._state:
            self._state = state
            log("scheduler", text=f"scheduler: {state}", **fields)
