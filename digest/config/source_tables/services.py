"""The tables of services that are asked for the papers of some days."""

from typing import Annotated

from pydantic import AfterValidator, Field

from digest.config.source_tables.base import WebSourceConfig, web_address


class ServiceSourceConfig(WebSourceConfig):
    """The keys of a service that is asked for the papers of some days."""

    lookback: int = Field(
        default=3,
        ge=1,
        le=120,
        description="How many days are fetched each time, up to today.",
        examples=[3],
    )
    base_url: Annotated[str, AfterValidator(web_address)]


class BiorxivSourceConfig(ServiceSourceConfig):
    """The preprints of bioRxiv or medRxiv, through their API."""

    categories: list[str] = Field(
        default=[],
        description="The categories; each one is asked for separately. If empty: all.",
        examples=[["neuroscience", "cell biology"]],
    )
    base_url: Annotated[str, AfterValidator(web_address)] = Field(
        default="https://api.biorxiv.org",
        description="The address of the API.",
        examples=["https://api.biorxiv.org"],
    )
