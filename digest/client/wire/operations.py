"""Runs of jobs and webhooks, as the HTTP API shows them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from digest.client.wire.common import ApiAnswer, ApiModel

EventName = Literal["sent", "bounced", "subscribed", "left"]


class ApiRun(ApiAnswer):
    """A run of a job."""

    id: int = Field(description="Its number.")
    job: str = Field(description="`collect`, `publish`, `deliver` ...")
    slot: datetime | None = Field(description="When it was due; null: a command started it.")
    started_at: datetime = Field(description="When it started.")
    finished_at: datetime | None = Field(description="Null: it is running, or its process died.")
    outcome: str = Field(description="A short summary.")
    problems: list[str] = Field(description="Addresses in them are masked.")


class ApiRunRequest(ApiModel):
    """A job to run as soon as possible."""

    job: str = Field(pattern="^[a-z][a-z-]{0,39}$", description="Such as `collect`.")


class ApiRequestedRun(ApiAnswer):
    """A job that the scheduler was asked to run."""

    job: str = Field(description="The job.")
    state: Literal["requested"] = Field(description="The scheduler runs it within a minute.")


class ApiWebhook(ApiAnswer):
    """An address that is told about events."""

    id: int = Field(description="Its number.")
    url: str = Field(description="Where the messages go.")
    events: list[EventName] = Field(description="What it is told.")
    created_at: datetime = Field(description="When it was added.")
    waiting: int = Field(description="Messages that were not taken yet.")
    failing_since: datetime | None = Field(description="Null: the last message was taken.")
    problem: str = Field(description="Why the last message was not taken; empty: it was.")
    disabled_at: datetime | None = Field(description="When it was switched off; null: it is on.")


class ApiWebhookList(ApiAnswer):
    """All webhooks."""

    items: list[ApiWebhook] = Field(description="The oldest first.")


class ApiNewWebhook(ApiModel):
    """A webhook to add."""

    url: str = Field(
        max_length=500,
        description="A web address on the public internet.",
        examples=["https://hooks.example.org/digest"],
    )
    events: list[EventName] = Field(min_length=1, max_length=4, description="What it is told.")


class ApiCreatedWebhook(ApiAnswer):
    """A webhook that was added."""

    id: int = Field(description="Its number.")
    secret: str = Field(description="Signs its messages. It is shown only now.")
