"""Subscriptions, feedback and digests, as the HTTP API shows them."""

from datetime import date, datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from digest.client.wire.common import ApiAnswer, ApiModel
from digest.client.wire.papers import MAX_PROFILE, ApiPaper


class ApiSubscription(ApiAnswer):
    """One profile for one address."""

    id: int = Field(description="Its number.")
    reader: int = Field(description="The number of the address; all its subscriptions share it.")
    email: str = Field(description="The address.")
    name: str = Field(description="Unique among the live subscriptions of the address.")
    origin: str = Field(description="`file`, `web` or `import`; the API adds with `import`.")
    status: str = Field(description="Of the address: `active`, `paused`, `unsubscribed` ...")
    paused: bool = Field(description="Whether this subscription alone is paused.")
    mailing_list: str | None = Field(description="The mailing list that it belongs to.")
    follows_file: bool = Field(description="Whether a profile file decides about its profile.")
    created_at: datetime = Field(description="When it began.")
    ended_at: datetime | None = Field(description="When it ended; null: it is live.")
    next_due: datetime | None = Field(description="When its next digest is looked for.")


class ApiNewSubscription(ApiModel):
    """A subscription to start."""

    email: str = Field(max_length=254, description="The address.", examples=["ada@reader.example"])
    name: str = Field("digest", max_length=80, description="What the digest is called.")
    profile: str = Field(
        max_length=MAX_PROFILE,
        description="The text of a profile, TOML. `email` may be left out.",
        examples=['[[topics]]\nname = "Agents"\nkeywords = ["language agents"]\n'],
    )
    consent: str = Field(
        max_length=500,
        description="How and when the reader agreed, with one date. It is kept as evidence.",
        examples=["sign-up form, 2026-05-11"],
    )


class ApiStarted(ApiAnswer):
    """A subscription that was started, or was there before. It names no reader."""

    id: int = Field(description="The number of the subscription.")
    created: bool = Field(description="False: the address had this subscription.")


class ApiPause(ApiModel):
    """How long a subscription is paused."""

    until: AwareDatetime | None = Field(
        None, description="When it is resumed by itself; null: not by itself."
    )


class ApiChanged(ApiAnswer):
    """The new state of a subscription. It names no reader."""

    id: int = Field(description="The number of the subscription.")
    state: Literal["active", "paused", "stopped"] = Field(description="Its state now.")


class ApiStoredProfile(ApiAnswer):
    """The profile of a subscription."""

    profile: str = Field(description="TOML, as its author wrote it.")


class ApiProfileText(ApiModel):
    """Another profile for a subscription."""

    profile: str = Field(
        max_length=MAX_PROFILE,
        description="The text of a profile, TOML. `email` may be left out.",
        examples=['[[topics]]\nname = "Agents"\nkeywords = ["language agents"]\n'],
    )


class ApiFeedback(ApiAnswer):
    """What a reader said about a paper."""

    paper: int = Field(description="The number of the paper.")
    title: str = Field(description="Its title.")
    kind: str = Field(description="`more`, `less`, `saved` or `opened`.")
    at: datetime = Field(description="When.")


class ApiFeedbackList(ApiAnswer):
    """What a reader said about papers."""

    items: list[ApiFeedback] = Field(description="Newest first.")


class ApiSaidFeedback(ApiModel):
    """What a reader says about a paper."""

    kind: Literal["more", "less", "saved"] = Field(
        description="More like this, less like this, or save."
    )


class ApiEditionSummary(ApiAnswer):
    """A digest that was made, without its papers."""

    id: int = Field(description="Its number.")
    subscription: int = Field(description="The number of the subscription.")
    date: date
    state: str = Field(description="`queued`, `sent`, `deferred`, `refused` ...")
    matched: int = Field(description="Papers that matched the profile.")
    composed_at: datetime = Field(description="When it was made.")
    settled_at: datetime | None = Field(description="When the last attempt to send it ended.")


class ApiEntry(ApiAnswer):
    """A paper in a digest."""

    paper: ApiPaper = Field(description="The paper, as it was when the digest was made.")
    kind: str = Field(description="`new`, `listed`, `revised` ...")
    score: float | None = Field(description="0 to 100; null in the trending section.")


class ApiSection(ApiAnswer):
    """A part of a digest."""

    topic: str = Field(description="The topic of the profile.")
    entries: list[ApiEntry] = Field(description="The best paper first.")


class ApiEdition(ApiEditionSummary):
    """A digest with its papers."""

    sections: list[ApiSection] = Field(description="One for each topic; empty: it was pruned.")
    trending: list[ApiEntry] = Field(description="Papers that did not match, and others liked.")
    surplus: list[ApiEntry] = Field(description="Papers that matched beyond `max_papers`.")
