"""Settings for the times of the jobs of `digest schedule`."""

from typing import Annotated

from digest.config.settings import validators
from digest.config.settings.site import SiteSettings
from digest.config.tables.markers import CheckedBy, described

# When each job starts by default. The job itself decides what is due at that time.
USUAL = {
    "collect": "*/5 * * * *",
    "publish": "*/5 * * * *",
    "deliver": "*/5 * * * *",
    "tidy": "17 * * * *",
    "webhooks": "*/5 * * * *",
    "attend": "*/15 * * * *",  # always all day, because it sends the heartbeat
}

_Crontab = Annotated[str | None, CheckedBy(validators.crontab)]


class ScheduleSettings(SiteSettings, frozen=True, kw_only=True):
    """The scheduler: when each job runs."""

    schedule: Annotated[
        _Crontab,
        described(
            "When `digest schedule` collects papers and makes digests, as a crontab"
            " expression. By default all day, at the times that profiles and sources ask for."
            " New digests are sent at once.",
            example="0 7 * * 1-5",
        ),
    ] = None
    schedule_collect: Annotated[
        _Crontab,
        described(
            "When it collects from all sources; by default DIGEST_SCHEDULE. Without either,"
            " each source is fetched when it may have something new, which is checked at"
            f" {USUAL['collect']}.",
            example="30 6,18 * * *",
        ),
    ] = None
    schedule_publish: Annotated[
        _Crontab,
        described(
            f"When it makes digests; by default DIGEST_SCHEDULE, or {USUAL['publish']} without"
            " that.",
            example=USUAL["publish"],
        ),
    ] = None
    schedule_deliver: Annotated[
        _Crontab,
        described(
            "When it tries again to send what could not be sent at once; by default"
            f" {USUAL['deliver']}.",
            example=USUAL["deliver"],
        ),
    ] = None
    schedule_tidy: Annotated[
        _Crontab,
        described(f"When it removes old data; by default {USUAL['tidy']}.", example=USUAL["tidy"]),
    ] = None
    schedule_zone: Annotated[
        str | None,
        CheckedBy(validators.zone),
        described(
            "The time zone of these expressions; by default that of the machine, as for cron.",
            example="Europe/Paris",
        ),
    ] = None
    schedule_listen: Annotated[
        str | None,
        CheckedBy(validators.listen_at),
        described(
            "The address and port on which `digest schedule` also does the work of `digest"
            " serve`, so that one process is enough. By default it does not listen.",
            example="127.0.0.1:8025",
        ),
    ] = None

    worker_shards: Annotated[
        int,
        described(
            "How many shards the scheduler divides publish and deliver into, for `digest worker`"
            " processes on any number of machines. Twice the number of workers is a good choice."
            " 0: the scheduler does the work itself. Needs PostgreSQL.",
            example="16",
            ge=0,
            le=256,
        ),
    ] = 0

    @property
    def polls_sources_separately(self) -> bool:
        """Whether each source is fetched by its own timetable, because no setting says when."""
        return self.schedule_collect is None and self.schedule is None

    @property
    def crontabs(self) -> dict[str, str]:
        """The crontab expression of each job, by the name of the job."""
        return {
            "collect": self.schedule_collect or self.schedule or USUAL["collect"],
            # It looks up what was collected, and is not needed at other times.
            "enrich": self.schedule_collect or self.schedule or USUAL["collect"],
            "publish": self.schedule_publish or self.schedule or USUAL["publish"],
            "deliver": self.schedule_deliver or USUAL["deliver"],
            "tidy": self.schedule_tidy or USUAL["tidy"],
            "webhooks": USUAL["webhooks"],
            "attend": USUAL["attend"],
        }
