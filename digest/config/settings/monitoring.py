"""Settings for monitoring: alerts, heartbeat, metrics and logs."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from digest.config.settings import validators
from digest.config.settings.delivery import HomeSettings
from digest.core.subscribers.email_addresses import check_address


class MonitoringSettings(HomeSettings):
    """Monitoring: alerts, heartbeat, metrics and logs."""

    operator: Annotated[str, AfterValidator(check_address)] | None = Field(
        default=None,
        description=(
            "The address to which problems are reported, at most once a day: a source that is"
            " silent, a run that failed, or digests that were refused."
        ),
        examples=["admin@example.org"],
    )
    heartbeat_url: Annotated[SecretStr, AfterValidator(validators.heartbeat_url)] | None = Field(
        default=None,
        description=(
            "A web address that is fetched after each good run. Use a monitoring service that"
            " raises an alert when the requests stop."
        ),
        examples=["https://monitor.example.org/ping/your-check"],
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description=(
            "The token that Prometheus must send to read /metrics (`Authorization: Bearer"
            " TOKEN`); at least 16 characters. Without it there is no /metrics."
        ),
        examples=["at-least-16-random-characters"],
    )
    # "Alarm" is an old word for alerts. The name of the variable stays, as it is in `.env` files.
    queue_alarm_hours: float = Field(
        default=6.0,
        gt=0,
        le=24 * 366,
        allow_inf_nan=False,
        description=(
            "Hours that a digest may wait to be sent. After that, /healthz answers 503 and"
            " the operator gets a mail."
        ),
        examples=["6"],
    )
    log_format: Literal["auto", "human", "json"] = Field(
        default="auto",
        description=(
            "The format of logs: human, json (one object per line), or auto (human on a"
            " terminal, json elsewhere)."
        ),
        examples=["json"],
    )
    log_level: Literal["debug", "info", "warning", "error"] | None = Field(
        default=None,
        description=(
            "The lowest level that is logged: debug, info, warning or error. By default info"
            " in the scheduler and `digest serve`, and warning in other commands."
        ),
        examples=["info"],
    )
    log_addresses: bool = Field(
        default=False,
        description="Show readers' addresses in full in logs and reports, not as ***@example.org.",
        examples=["false"],
    )
