"""Settings for monitoring: alerts, heartbeat, metrics and logs."""

from typing import Annotated, Literal

from digest.config.settings import validators
from digest.config.settings.schedule import ScheduleSettings
from digest.config.tables.markers import CheckedBy, described
from digest.config.tables.text_values import SecretText
from digest.core.subscribers.email_addresses import check_address


class MonitoringSettings(ScheduleSettings, frozen=True, kw_only=True):
    """Monitoring: alerts, heartbeat, metrics and logs."""

    operator: Annotated[
        str | None,
        CheckedBy(check_address),
        described(
            "The address to which problems are reported, at most once a day: a source that is"
            " silent, a run that failed, or digests that were refused.",
            example="admin@example.org",
        ),
    ] = None
    heartbeat_url: Annotated[
        SecretText | None,
        CheckedBy(validators.heartbeat_url),
        described(
            "A web address that is fetched after each good run. Use a monitoring service that"
            " raises an alert when the requests stop.",
            example="https://monitor.example.org/ping/your-check",
        ),
    ] = None
    metrics_token: Annotated[
        SecretText | None,
        described(
            "The token that Prometheus must send to read /metrics (`Authorization: Bearer"
            " TOKEN`); at least 16 characters. Without it there is no /metrics.",
            example="at-least-16-random-characters",
            min_length=16,
        ),
    ] = None
    # "Alarm" is an old word for alerts. The name of the variable stays, as it is in `.env` files.
    queue_alarm_hours: Annotated[
        float,
        described(
            "Hours that a digest may wait to be sent. After that, /healthz answers 503 and"
            " the operator gets a mail.",
            example="6",
            gt=0,
            le=24 * 366,
        ),
    ] = 6.0
    log_format: Annotated[
        Literal["auto", "human", "json"],
        described(
            "The format of logs: human, json (one object per line), or auto (human on a"
            " terminal, json elsewhere).",
            example="json",
        ),
    ] = "auto"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"] | None,
        described(
            "The lowest level that is logged: debug, info, warning or error. By default info"
            " in the scheduler and `digest serve`, and warning in other commands.",
            example="info",
        ),
    ] = None
    log_addresses: Annotated[
        bool,
        described(
            "Show readers' addresses in full in logs and reports, not as ***@example.org.",
            example="false",
        ),
    ] = False
