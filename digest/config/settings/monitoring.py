"""The settings that say what the operator sees and hears of the program's work."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from digest.config.settings import validators
from digest.config.settings.delivery import HomeSettings
from digest.core.subscribers.email_addresses import check_address


class MonitoringSettings(HomeSettings):
    """Logs, the operator's mail, the heartbeat, and what monitoring may read."""

    operator: Annotated[str, AfterValidator(check_address)] | None = Field(
        default=None,
        description=(
            "Who is told, at most once a day, when a source falls silent, a run fails or digests"
            " are refused."
        ),
        examples=["admin@example.org"],
    )
    heartbeat_url: Annotated[SecretStr, AfterValidator(validators.heartbeat_url)] | None = Field(
        default=None,
        description=(
            "An address to fetch after each good run, at a service that raises the alarm when"
            " it stays away."
        ),
        examples=["https://monitor.example.org/ping/your-check"],
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description=(
            "What Prometheus has to show to read /metrics: `Authorization: Bearer TOKEN`; at least"
            " 16 characters. Without it there is no /metrics."
        ),
        examples=["at-least-16-random-characters"],
    )
    queue_alarm_hours: float = Field(
        default=6.0,
        gt=0,
        le=24 * 366,
        allow_inf_nan=False,
        description=(
            "Hours that a digest may wait to be sent; after them /healthz answers 503 and the"
            " operator is told."
        ),
        examples=["6"],
    )
    log_format: Literal["auto", "human", "json"] = Field(
        default="auto",
        description=(
            "How logs look: human, json (an object a line), or auto: human on a terminal, json"
            " elsewhere."
        ),
        examples=["json"],
    )
    log_level: Literal["debug", "info", "warning", "error"] | None = Field(
        default=None,
        description=(
            "The least that is logged: debug, info, warning or error. By default info by the"
            " scheduler and `digest serve`, warning by single commands."
        ),
        examples=["info"],
    )
    log_addresses: bool = Field(
        default=False,
        description="Show readers' addresses in logs and reports whole, not as a***@example.org.",
        examples=["false"],
    )
