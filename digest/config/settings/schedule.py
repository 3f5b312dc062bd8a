"""The settings that say when `digest schedule` does what."""

from typing import Annotated

from pydantic import AfterValidator, Field

from digest.config.settings import validators
from digest.config.settings.delivery import HomeSettings

# When a job looks for work if no setting says so; what is due then, the stages decide.
USUAL = {
    "collect": "*/5 * * * *",
    "publish": "*/5 * * * *",
    "deliver": "*/5 * * * *",
    "tidy": "17 * * * *",
    "attend": "*/15 * * * *",  # all day, whatever the hours of the others: it is the heartbeat
}

_Crontab = Annotated[str, AfterValidator(validators.crontab)]


class ScheduleSettings(HomeSettings):
    """When `digest schedule` does what."""

    schedule: _Crontab | None = Field(
        default=None,
        description=(
            "When `digest schedule` collects papers and makes digests, as in a crontab; by"
            " default all day, as profiles and sources ask for it. What is made is sent at once."
        ),
        examples=["0 7 * * 1-5"],
    )
    schedule_collect: _Crontab | None = Field(
        default=None,
        description=(
            "When it collects from all sources; by default as DIGEST_SCHEDULE, or else from each"
            f" when it may have something, asked {USUAL['collect']}."
        ),
        examples=["30 6,18 * * *"],
    )
    schedule_publish: _Crontab | None = Field(
        default=None,
        description=(
            f"When it makes digests; by default as DIGEST_SCHEDULE, or else {USUAL['publish']}."
        ),
        examples=[USUAL["publish"]],
    )
    schedule_deliver: _Crontab | None = Field(
        default=None,
        description=(
            f"When it tries again what could not be sent at once; by default {USUAL['deliver']}."
        ),
        examples=[USUAL["deliver"]],
    )
    schedule_tidy: _Crontab | None = Field(
        default=None,
        description=f"When it tidies; by default {USUAL['tidy']}.",
        examples=[USUAL["tidy"]],
    )
    schedule_zone: Annotated[str, AfterValidator(validators.zone)] | None = Field(
        default=None,
        description="The time zone of these; by default that of the machine, as for cron.",
        examples=["Europe/Paris"],
    )
    schedule_listen: Annotated[str, AfterValidator(validators.listen_at)] | None = Field(
        default=None,
        description=(
            "Where `digest schedule` answers what `digest serve` answers, so that one process"
            " does all; by default nowhere."
        ),
        examples=["127.0.0.1:8025"],
    )

    @property
    def collects_what_is_due(self) -> bool:
        """Whether sources are looked at by timetables of their own, as no setting says when."""
        return self.schedule_collect is None and self.schedule is None

    @property
    def schedules(self) -> dict[str, str]:
        """The crontab expression of each job."""
        return {
            "collect": self.schedule_collect or self.schedule or USUAL["collect"],
            "publish": self.schedule_publish or self.schedule or USUAL["publish"],
            "deliver": self.schedule_deliver or USUAL["deliver"],
            "tidy": self.schedule_tidy or USUAL["tidy"],
            "attend": USUAL["attend"],
        }
